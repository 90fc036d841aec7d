"""From the twins to what every address answers: feeds, lists, pages, robots.txt, refusals. It opens no socket."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from crawler.spiders.wordpress import alternatives, ask
from tests.newsroom import Document
from tests.twins import feeds, lists, telegram
from tests.twins.outlet import Twin
from tests.twins.pages import SHELL, Shown, render_article
from tests.twins.server import World

RSS, XML, JSON, HTML = (
    "application/rss+xml; charset=UTF-8",
    "text/xml",
    "application/json; charset=UTF-8",
    "text/html; charset=utf-8",
)
REFUSAL, GONE = "/403-challenge", "/404"


def build_world(twins: Sequence[Twin], opened: datetime) -> World:
    """Return what the twins answer, all of it published before *opened* (aware UTC)."""
    world = World()
    links = {
        story.key: other.url_of(original, opened)
        for twin in twins
        for story in twin.stories
        for other in twins
        for original in other.stories
        if story.announces == original.key
    }
    redirects: set[str] = set()
    for twin in twins:
        shown = [Shown(twin, story, opened) for story in twin.stories]
        for url, does in zip(twin.route_urls, twin.routes, strict=True):
            _add_route(world, twin, shown, url, does, links, opened)
        for story in twin.stories:
            redirects.add(story.redirect)
        if twin.theme:
            _add_pages(world, twin, shown)
        for url in twin.stale:
            world.add(url, _document(feeds.stale_feed(twin), RSS, opened))
        for host, text in twin.robots.items():
            world.add(f"https://{host}/robots.txt", _document(text, "text/plain", opened))
        world.wanted_headers |= twin.wants
    for url in sorted(redirects):
        world.add(url, _document(SHELL.substitute(code=url[-60:-5]), HTML, opened))
    return world


def _add_route(
    world: World, twin: Twin, shown: list[Shown], url: str, does: str, links: dict[str, str], opened: datetime
) -> None:
    host, address = urlsplit(url).hostname or "", url.partition("#")[0]
    changed = opened - min(story.age for story in twin.stories)
    if does == "refuses":
        world.whole_hosts[host] = REFUSAL
    elif does == "404":
        world.behave(address, GONE)
    elif does == "feed":
        world.add(address, _document(feeds.wordpress_feed(address, shown), RSS, changed))
    elif does == "excerpts":
        world.add(address, _document(feeds.plain_feed(shown), XML, changed, etag=None))
    elif does == "google":
        world.add(
            address,
            _document(feeds.google_news(twin, address, changed), "application/xml; charset=utf-8", None),
        )
    elif does == "rest":
        for asked in (ask(address), *alternatives(ask(address))):
            world.add(asked, _document(feeds.rest_posts(shown), JSON, None, etag=None))
    elif does == "listing":
        world.add(address, _document(lists.render_list(shown, address), HTML, None, etag=None))
    elif does == "news-sitemap":
        others = [
            (f"https://{host}/english/articles/loikaw-{number}", "Loikaw in English") for number in (1, 2)
        ]
        text = lists.news_sitemap(shown, others if "#" in url else ())
        body = gzip.compress(text.encode(), mtime=0) if address.endswith(".gz") else text.encode()
        world.add(address, _document(body, "application/x-gzip" if address.endswith(".gz") else XML, changed))
    elif does == "shards":
        for part, text in lists.shards(shown, address, opened).items():
            world.add(part, _document(text, XML, None))
    elif does == "telegram":
        if twin.theme:  # a channel that announces the outlet's articles
            links = {one.story.key: one.url for one in shown}
        world.add(
            address, _document(telegram.render_channel(twin, address, links, opened), HTML, None, etag=None)
        )
    elif does != "elsewhere":
        raise ValueError(f"{twin.source_id}: no twin answers {does!r}")


def _add_pages(world: World, twin: Twin, shown: Sequence[Shown]) -> None:
    for one in shown:
        if one.story.page:
            world.behave(one.url, one.story.page)
            continue
        page = _document(render_article(one), HTML, one.published)
        world.add(one.url, page)
        if one.story.twice:
            world.add(f"{one.home}?p={one.story.serial}", page)


def _document(
    body: str | bytes, content_type: str, changed: datetime | None, *, etag: str | None = ""
) -> Document:
    """Return a document; *etag* "" makes one from the body, None and *changed* None leave that validator out."""
    data = body.encode() if isinstance(body, str) else body
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"' if etag == "" else etag
    return Document(data, content_type, {}, 200, tag, changed)
