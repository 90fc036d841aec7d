"""Pages of headlines and sitemaps as the outlets' systems print them, rails of other stories included. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlsplit

from alerts.demo.outlets import load_furniture
from tests.twins.feeds import excerpt
from tests.twins.outlet import LOCAL
from tests.twins.pages import Shown, fill

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def render_list(shown: Sequence[Shown], url: str) -> str:
    """Return the outlet's page of headlines at *url*: menus, a rail of old stories that name Loikaw, a pager."""
    twin = shown[0].twin
    words = load_furniture(twin.furniture)
    look = twin.list_theme or twin.theme
    rail = "\n".join(
        f'<div class="td_module_6"><h3 class="entry-title"><a href="/2024/{number}-told-before/">{title}</a></h3></div>'
        for number, title in enumerate(words["most_read"])
    )
    menu = "\n".join(
        f'<li class="menu-item"><a href="/category/{number}">{word}</a></li>'
        for number, word in enumerate(words["menu"])
    )
    return fill(
        f"list-{look}",
        outlet=escape(twin.name),
        weather=words["weather"],
        heading=words["most_read_heading"],
        menu=menu,
        rail=rail,
        trunk=url.rstrip("/"),
        path=urlsplit(url).path,
        cards="".join(_card(one, look) for one in shown),
    )


def _card(one: Shown, look: str) -> str:
    local = one.published.astimezone(LOCAL)
    return fill(
        f"card-{look}",
        outlet=escape(one.twin.name),
        title=escape(one.story.title),
        excerpt=escape(excerpt(one.story)),
        url=one.url,
        path=urlsplit(one.url).path,
        published=local.isoformat(),
        weekday=f"{local:%A}",
        day=f"{local:%B %d, %Y}",
        day_first=f"{local:%d %B %Y}",
        day_short=f"{local:%d %b %Y}",
    )


def news_sitemap(shown: Sequence[Shown], others: Sequence[tuple[str, str]] = ()) -> str:
    """Return a Google News sitemap; *others* are addresses and titles of other editions."""
    listed = [(one.url, one.story.title, one.published, one.twin.language) for one in shown]
    listed += [(url, title, shown[0].published, "en") for url, title in others]
    name = escape(shown[0].twin.name)
    urls = "".join(
        f"<url><loc>{escape(url)}</loc><news:news><news:publication><news:name>{name}</news:name>"
        f"<news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(title)}</news:title></news:news></url>\n"
        for url, title, published, language in listed
    )
    return f'{_HEAD}<urlset xmlns="{_SITEMAP}" xmlns:news="{_NEWS}">\n{urls}</urlset>\n'


def shards(shown: Sequence[Shown], url: str, opened: datetime) -> dict[str, str]:
    """Return an index of sitemaps and its parts by address: articles with the date of their last edit, then tags."""
    folder = url.rpartition("/")[0]
    newest, older, tags = (f"{folder}/sitemap/{number}.xml" for number in (14, 13, 15))
    past = opened - timedelta(days=900)
    parts = {
        older: [(f"{folder}/post/{number}", past) for number in (101, 102, 103)],
        newest: [(one.url, one.published + timedelta(minutes=5)) for one in shown],
        tags: [(f"{folder}/tags/{number}", opened) for number in (7, 8)],
    }
    index = "".join(
        f"<sitemap><loc>{part}</loc><lastmod>{max(moment for _, moment in listed).isoformat()}</lastmod></sitemap>"
        for part, listed in parts.items()
    )
    documents = {part: _HEAD + _urlset(listed) for part, listed in parts.items()}
    return {url: f'{_HEAD}<sitemapindex xmlns="{_SITEMAP}">{index}</sitemapindex>', **documents}


def _urlset(listed: Sequence[tuple[str, datetime]]) -> str:
    urls = "".join(
        f"<url><loc>{url}</loc><lastmod>{moment.isoformat()}</lastmod></url>" for url, moment in listed
    )
    return f'<urlset xmlns="{_SITEMAP}">{urls}</urlset>'
