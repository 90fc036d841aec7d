"""Which text an entry's article gets: the page's, the feed's own, or the summary. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from crawler.model import Article, ExtractedPage, FeedEntry, PendingEntry
from crawler.urls import is_news_redirect, trusted_canonical

FULL_TEXT_CHARS = 600  # a feed body this long is an article, not a teaser
SHORTEST_PAGE_TEXT_CHARS = 80  # less than a sentence or two: a page that says nothing
FUTURE_SLACK = timedelta(minutes=10)

FullText = Literal["page", "feed", "auto"]


def wants_page(pending: PendingEntry, full_text: FullText) -> bool:
    """Tell whether the article's page is to be fetched."""
    entry = pending.entry
    if entry.url is None or full_text == "feed" or _is_post(entry) or is_news_redirect(entry.url):
        return False
    if _is_root(entry.url):  # a front page is no article
        return False
    return full_text == "page" or len(entry.content) < FULL_TEXT_CHARS


def _is_root(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _is_post(entry: FeedEntry) -> bool:
    """Tell whether the entry is a Telegram post that is all there is: its own page repeats it."""
    scheme, _, post = (entry.guid or "").partition(":")
    return scheme == "telegram" and bool(post) and (entry.url or "").endswith(f"/{post}")


def from_feed(pending: PendingEntry, language: str | None) -> Article:
    """Return the article as the feed alone tells it: its full text, else its summary."""
    entry = pending.entry
    # Atom and RSS 1.0 items without a summary come with their content in both fields.
    full = len(entry.content) > len(entry.summary) or len(entry.content) >= FULL_TEXT_CHARS
    return Article(
        canonical_url=None,
        title=entry.title,
        text=without_headline(entry.content or entry.summary, entry.title),
        language=language,
        author=entry.author,
        published=_not_future(entry.published, pending.first_seen),
        origin="feed" if full else "summary",
        publisher=entry.publisher,
    )


def from_page(
    pending: PendingEntry, page: ExtractedPage, final_url: str, language: str | None
) -> Article | None:
    """Return the article with the page's text; None when the page holds no article.

    The feed's title wins: page titles were seen cut or taken from a marquee. A feed body much longer than
    the page's text means that the page is a stub; then the feed's text is used.
    """
    entry = pending.entry
    if _is_root(final_url):
        return None  # removed articles are redirected to the front page
    if len(page.text) < SHORTEST_PAGE_TEXT_CHARS and len(page.text) <= len(entry.content or entry.summary):
        return None
    stub = len(entry.content) > 2 * len(page.text)
    return Article(
        canonical_url=_canonical(entry.url, page.canonical_url, final_url),
        title=entry.title or page.title or "",
        text=without_headline(entry.content if stub else page.text, entry.title, page.title),
        language=page.language or language,
        author=entry.author or page.author,
        published=_not_future(entry.published or page.published, pending.first_seen),
        origin="feed" if stub else "page",
        truncated=page.truncated and not stub,
        publisher=entry.publisher,
    )


def without_headline(text: str, *titles: str | None) -> str:
    """Return *text* without first lines that only repeat a title: copies then have the same text."""
    lines = text.split("\n")
    known = {_plain(title) for title in titles if title}
    while lines and (not lines[0].strip() or _plain(lines[0]) in known):
        lines.pop(0)
    return "\n".join(lines) or text


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _canonical(entry_url: str | None, declared: str | None, final_url: str) -> str:
    trusted = trusted_canonical(declared, final_url) if declared else None
    return trusted or final_url or entry_url or ""


def _not_future(published: datetime | None, first_seen: datetime) -> datetime | None:
    """Clamp a lying date: nothing is published after it was seen."""
    if published is not None and published > first_seen + FUTURE_SLACK:
        return first_seen
    return published
