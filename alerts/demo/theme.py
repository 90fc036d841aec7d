"""An article page in the dress of a theme: weather, menus, most-read rail, related posts, tags, comments, footer.

Pure: fields and a template in, markup out. Which outlets there are and where they are served is not known here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from html import escape
from string import Template
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.demo.outlets import load_furniture, read_data

if TYPE_CHECKING:
    from datetime import datetime

LOCAL = ZoneInfo("Asia/Yangon")


@dataclass(frozen=True, slots=True)
class Page:
    """One article as its outlet prints it."""

    title: str
    paragraphs: tuple[str, ...]
    author: str
    outlet: str
    url: str
    home_url: str  # with a trailing slash
    language: str  # BCP 47, as the page declares it
    furniture: str  # key in furniture.yaml: en, my, my-zawgyi
    published: datetime  # aware
    visited: datetime  # aware: many themes print the day of the visit in their header


@cache
def load_template(theme: str) -> Template:
    """Return a packaged template: tagdiv, jnews or jannah."""
    return Template(read_data(f"page-{theme}.html"))


def fill_template(template: Template, page: Page) -> str:
    """Return the page's markup. The furniture names Loikaw and Operation 1111, whatever the article is about."""
    furniture = load_furniture(page.furniture)
    home = page.home_url
    fields = {key: escape(value) for key, value in furniture.items() if isinstance(value, str)}
    fields |= {
        "lang": page.language,
        "title": escape(page.title),
        "outlet": escape(page.outlet),
        "author": escape(page.author),
        "url": page.url,
        "home": home,
        "published": page.published.isoformat(),
        "published_day": f"{page.published.astimezone(LOCAL):%d.%m.%Y}",
        "today": f"{page.visited.astimezone(LOCAL):%d.%m.%Y}",
        "json_ld": _json_ld(page),
        "menu": _links(home, furniture["menu"], '<li class="menu-item">{}</li>'),
        "tags": _links(home, furniture["tags"], "<li>{}</li>"),
        "tag_links": _links(home, furniture["tags"], "{}", rel="tag"),
        "related": _links(home, furniture["related"], '<h3 class="entry-title td-module-title">{}</h3>'),
        "related_items": _links(home, furniture["related"], "<li>{}</li>"),
        "most_read": _links(home, furniture["most_read"], '<div class="td-module-thumb"><h3>{}</h3></div>'),
        "most_read_items": _links(home, furniture["most_read"], "<li>{}</li>"),
        "most_read_titles": _links(home, furniture["most_read"], "<h3>{}</h3>"),
        "most_read_links": _links(home, furniture["most_read"], "{}"),
        "inline_link": _links(home, [furniture["inline"]], "{}"),
        "paragraphs": mark_paragraphs(page.paragraphs),
        "first_paragraph": mark_paragraphs(page.paragraphs[:1]),
        "later_paragraphs": mark_paragraphs(page.paragraphs[1:]),
        "lines": "<br /><br />\n".join(escape(paragraph) for paragraph in page.paragraphs),
    }
    return template.substitute(fields)


def mark_paragraphs(paragraphs: tuple[str, ...]) -> str:
    """Return plain paragraphs as markup."""
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def _links(home: str, labels: list[str], wrapper: str, *, rel: str = "bookmark") -> str:
    link = '<a href="{home}?p={number}" rel="{rel}">{label}</a>'
    return "\n".join(
        wrapper.format(link.format(home=home, number=900 + number, rel=rel, label=escape(label)))
        for number, label in enumerate(labels)
    )


def _json_ld(page: Page) -> str:
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.title,
        "datePublished": page.published.isoformat(),
        "inLanguage": page.language,
        "author": {"@type": "Organization", "name": page.author},
    }
    return json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")
