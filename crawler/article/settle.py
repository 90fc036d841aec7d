"""Which text an entry's article gets: the page's, the feed's own, or the summary. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from crawler.article.sanity import find_doubt
from crawler.article.several import names_several
from crawler.model import Article, ExtractedPage, ExtractRules, FeedEntry, PendingEntry
from crawler.records.repeated import Lines, drop_repeated
from crawler.urls import is_news_redirect, trusted_canonical

FULL_TEXT_CHARS = 600  # a feed body this long is an article, not a teaser
SHORTEST_PAGE_TEXT_CHARS = 80  # less than a sentence or two: a page that says nothing
FUTURE_SLACK = timedelta(minutes=10)

NO_RULES = ExtractRules()

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
    return Article(
        canonical_url=None,
        title=entry.title,
        text=without_headline(entry.content or entry.summary, entry.title),
        language=language,
        author=entry.author,
        published=_not_future(entry.published, pending.first_seen),
        origin="feed" if _is_full(entry) else "summary",
        several=names_several(entry.title),
        publisher=entry.publisher,
    )


def _is_full(entry: FeedEntry) -> bool:
    # Atom and RSS 1.0 items without a summary come with their content in both fields.
    return len(entry.content) > len(entry.summary) or len(entry.content) >= FULL_TEXT_CHARS


def from_page(
    pending: PendingEntry,
    page: ExtractedPage,
    final_url: str,
    language: str | None,
    rules: ExtractRules = NO_RULES,
) -> Article | None:
    """Return the article with the page's text; None when the page holds no article.

    The feed's title wins: page titles were seen cut or taken from a marquee. The feed's text is used where the page
    is a stub beside it (half as long), or holds what cannot be the article while the feed's text can.
    """
    entry = pending.entry
    if _is_root(final_url):
        return None  # removed articles are redirected to the front page
    told = entry.content or entry.summary
    if len(page.text) < (rules.min_chars or SHORTEST_PAGE_TEXT_CHARS) and len(page.text) <= len(told):
        return None
    stub = len(entry.content) > 2 * len(page.text)
    doubt = find_doubt(page.text, language)
    better = len(told) >= SHORTEST_PAGE_TEXT_CHARS and find_doubt(told, language) is None
    from_feed = stub or (doubt is not None and better)
    if stub:
        doubt = f"{len(page.text)} characters, where the feed has {len(entry.content)}"
    elif doubt is None and rules.min_chars and len(page.text) < rules.min_chars:
        doubt = f"{len(page.text)} characters only, where the source is said to have {rules.min_chars}"
    title = entry.title or page.title or ""
    return Article(
        canonical_url=_canonical(entry.url, page.canonical_url, final_url),
        title=title,
        text=without_headline(told if from_feed else page.text, entry.title, page.title),
        language=(language if from_feed else page.language) or language,
        author=entry.author or page.author,
        published=_not_future(entry.published or page.published, pending.first_seen),
        origin=("feed" if _is_full(entry) else "summary") if from_feed else "page",
        truncated=page.truncated and not from_feed,
        several=page.several or names_several(title),
        doubt=doubt,
        publisher=entry.publisher,
    )


def without_repeated(article: Article, furniture: Lines) -> Article:
    """Return *article* without the lines in *furniture*, which its source prints on most of its pages.

    An article that would be empty without them stays as it is, and it is said so.
    """
    text, is_more = drop_repeated(article.text, furniture)
    if not is_more:
        return replace(
            article, doubt=article.doubt or "hardly more than lines that stand on most pages of its source"
        )
    return replace(article, text=text) if text != article.text else article


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
