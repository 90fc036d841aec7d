"""The loopback newsroom of the demonstration: six invented outlets with feeds, pages and validators.

It serves and remembers who asked for what. It knows nothing of topics being matched or messages being sent.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Self

import yaml

from alerts.demo.loopback import QuietHandler, serve_loopback
from alerts.demo.outlets import OUTLETS, SampleArticle, load_articles
from alerts.demo.pages import Site, render_feed, render_front, render_page

if TYPE_CHECKING:
    from pathlib import Path

ROBOTS = b"User-agent: *\nDisallow: /wp-admin/\nDisallow: /*/?s=\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that the newsroom answered."""

    path: str
    status: int
    user_agent: str


@dataclass(frozen=True, slots=True)
class _Document:
    body: bytes
    content_type: str
    etag: str
    changed_at: datetime


class SampleNewsroom:
    """Serve the sample outlets for the length of a ``with`` block.

    *opened* (aware UTC) dates every article. `publish_update` brings the second edition: a further outlet
    prints an event already told, another publishes something wholly new, and only their validators change.
    """

    def __init__(self, opened: datetime) -> None:
        self.opened = opened
        self.base_url = ""
        self._edition = 1
        self._documents: dict[str, _Document] = {}
        self._visits: list[Visit] = []
        self._lock = threading.Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        newsroom = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802 - http.server dispatches by this name
                newsroom._serve(self)

            do_HEAD = do_GET  # noqa: N815 - idem

        self.base_url = self._stack.enter_context(serve_loopback(Handler))
        self._rebuild()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @property
    def sites(self) -> tuple[Site, ...]:
        """Return every outlet with the articles of the current edition, newest first."""
        shown = sorted((article for article in load_articles() if self._is_out(article)), key=lambda a: a.age)
        return tuple(
            Site(
                outlet, self.base_url, self.opened, tuple(a for a in shown if a.outlet_id == outlet.outlet_id)
            )
            for outlet in OUTLETS
        )

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        """Return the articles of the current edition in the order of the data file."""
        return tuple(article for article in load_articles() if self._is_out(article))

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Return every request so far, in the order of the answers."""
        with self._lock:
            return tuple(self._visits)

    def publish_update(self) -> tuple[SampleArticle, ...]:
        """Publish the second edition; return what is new. A second call changes nothing."""
        before = self.articles
        self._edition = 2
        self._rebuild()
        return tuple(article for article in self.articles if article not in before)

    def _is_out(self, article: SampleArticle) -> bool:
        return self._edition == 2 or not article.is_update

    def _rebuild(self) -> None:
        documents = {
            "/robots.txt": _document(ROBOTS, "text/plain; charset=utf-8", self.opened - timedelta(days=400))
        }
        for site in self.sites:
            home = f"/{site.outlet.outlet_id}/"
            feed, feed_type = render_feed(site)
            documents[home + site.outlet.feed_path] = _document(feed, feed_type, site.changed_at())
            documents[home] = _html(render_front(site), site.changed_at())
            for article in site.articles:
                path = site.article_url(article).removeprefix(self.base_url)
                documents[path] = _html(render_page(site, article), article.published_at(self.opened))
        with self._lock:
            self._documents = documents

    def _serve(self, handler: QuietHandler) -> None:
        path = handler.path.partition("?")[0]
        with self._lock:
            document = self._documents.get(path)
        status = 404 if document is None else 304 if _is_fresh(document, handler) else 200
        with self._lock:  # before the answer: whoever has it may ask what was visited
            self._visits.append(Visit(path, status, handler.headers.get("User-Agent", "")))
        if document is None:
            handler.answer(404, "text/html; charset=utf-8", b"<!doctype html><title>Page not found</title>")
            return
        validators = {
            "ETag": document.etag,
            "Last-Modified": format_datetime(document.changed_at, usegmt=True),
        }
        handler.answer(status, document.content_type, document.body, validators)


def write_config(folder: Path, newsroom_url: str, chatroom_url: str, lexicon: Path) -> None:
    """Write a whole configuration for the demonstration into *folder*, which must exist.

    Database and lexicon copy lie in the same folder, so that nothing outlives it. *lexicon* is the product's
    own lexicon.csv, wherever it is installed.
    """
    settings = {
        "timezone": "Asia/Yangon",
        "database": f"sqlite:///{folder / 'newswatch.db'}",
        "contact": "https://example.org/newswatch",
        "network": {"allow_private_addresses": True, "delay": "0s"},
        "first_run_window": "24h",
    }
    sources = [
        {
            "id": outlet.outlet_id,
            "name": outlet.name,
            "language": outlet.language,
            "perspective": outlet.perspective,
            "every": "5m",
            "routes": [{"kind": "feed", "url": f"{newsroom_url}/{outlet.outlet_id}/{outlet.feed_path}"}],
            "full_text": outlet.full_text,
        }
        for outlet in OUTLETS
    ]
    topics = [
        {"id": "loikaw", "name": "Loikaw", "any": ["@loikaw"], "mask": ["@loi-kaw-wan"]},
        {"id": "operation-1111", "name": "Operation 1111", "any": ["@operation-1111"], "mask": ["@op-1x8"]},
    ]
    desk = {
        "id": "desk",
        "platform": "slack",
        "url": f"{chatroom_url}/services/T0SAMPLE/B0SAMPLE/demonstration",
        "topics": ["loikaw", "operation-1111"],
        "send": "instant",
    }
    documents = {
        "settings.yaml": settings,
        "sources.yaml": {"sources": sources},
        "topics.yaml": {"topics": topics},
        "channels.yaml": {"channels": [desk], "operators": ["desk"]},
    }
    for name, document in documents.items():
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, "utf-8")
    (folder / "lexicon.csv").write_bytes(lexicon.read_bytes())


def _document(body: bytes, content_type: str, changed_at: datetime) -> _Document:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return _Document(body, content_type, etag, changed_at.replace(microsecond=0))


def _html(text: str, changed_at: datetime) -> _Document:
    return _document(text.encode(), "text/html; charset=UTF-8", changed_at)


def _is_fresh(document: _Document, handler: QuietHandler) -> bool:
    """Tell whether the client's copy is current; If-None-Match outranks the date (RFC 9110 §13.2.2)."""
    tags = handler.headers.get("If-None-Match")
    if tags is not None:
        return (
            document.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
            or tags.strip() == "*"
        )
    since = handler.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        return document.changed_at <= parsedate_to_datetime(since)
    except (TypeError, ValueError):  # not a date, or one without a zone: RFC 9110 says to ignore it
        return False
