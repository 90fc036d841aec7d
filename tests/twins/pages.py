"""Article pages in the themes of the outlets, furniture that names Loikaw on every one of them. Text in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from alerts.demo.outlets import load_furniture
from alerts.demo.theme import fill_template, mark_paragraphs
from tests.themes import THEMES, Page, render_page
from tests.twins.outlet import Story, Twin

TEMPLATES = Path(__file__).with_name("pages")
# What Google News answers where a feed's link leads: a program that finds the way out, no words.
SHELL = Template(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Google News</title></head>'
    '<body jsmodel="hspDDf"><c-wiz data-n-a-id="$code" data-n-a-sg="x" data-n-a-ts="1"><div></div></c-wiz>'
    "<script>window.WIZ_global_data = {};</script></body></html>"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A story as its outlet shows it at one moment."""

    twin: Twin
    story: Story
    opened: datetime

    @property
    def url(self) -> str:
        """Return the page's address."""
        return self.twin.url_of(self.story, self.opened)

    @property
    def home(self) -> str:
        """Return the front page of its site."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/"

    @property
    def published(self) -> datetime:
        """Return the instant of publication, aware UTC."""
        return self.story.published_at(self.opened)


def render_article(shown: Shown) -> str:
    """Return the story's page in its outlet's theme, the outlet's tail behind the last paragraph."""
    twin, story = shown.twin, shown.story
    page = Page(
        title=story.title,
        paragraphs=story.visible,
        author=f"{twin.name} desk",
        outlet=twin.name,
        url=shown.url,
        home_url=shown.home,
        language="en-US" if twin.declares_english else twin.language,
        furniture=twin.furniture,
        published=shown.published,
        visited=shown.opened,
    )
    own = twin.theme not in THEMES
    markup = fill_template(_template(f"page-{twin.theme}"), page) if own else render_page(twin.theme, page)
    before, last, after = markup.rpartition(mark_paragraphs(story.visible[-1:]))
    if not last:
        raise ValueError(f"{twin.theme}: the page does not hold its last paragraph")
    return f"{before}{last}\n{twin.tail}{after}"


def furniture_of(twin: Twin) -> tuple[str, ...]:
    """Return what stands around every article of *twin* and must not be stored as its text."""
    words = load_furniture(twin.furniture)
    told = (*words["most_read"], *words["related"], words["inline"], words["comment"], words["newsletter"])
    return (*told, words["footer"], *twin.unwanted)


def fill(template: str, **fields: str) -> str:
    """Return one of our templates with its fields filled in."""
    return _template(template).substitute(fields)


@cache
def _template(name: str) -> Template:
    return Template((TEMPLATES / f"{name}.html").read_text("utf-8"))
