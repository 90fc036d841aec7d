"""Article pages of every theme that the default outlets use, full of furniture; all words in them are invented.

`render_page` takes a theme and an article's fields. Three templates are the demonstration's own, the others stand
here. Class names are the themes' real ones; a page's furniture names Loikaw and Operation 1111 on purpose.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from alerts.demo.theme import Page, fill_template, load_template
from crawler.model import ExtractRules

__all__ = ["RULES", "THEMES", "Page", "render_page"]

FOLDER = Path(__file__).parent
PACKAGED = ("tagdiv", "jnews", "jannah")
THEMES = (*PACKAGED, "elementor", "drupal", "blogger", "arc", "pangea", "nextjs")
# What a source in such a theme writes under `extract`: class names of utilities say nothing about the story.
RULES = {"nextjs": ExtractRules(keep=(".full_content",))}


def render_page(theme: str, page: Page) -> str:
    """Return the markup of an article page in one of `THEMES`."""
    return fill_template(load_template(theme) if theme in PACKAGED else _own_template(theme), page)


@cache
def _own_template(theme: str) -> Template:
    return Template((FOLDER / f"page-{theme}.html").read_text(encoding="utf-8"))
