"""Digests for tests: every builder gives a complete value of which a test names only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from alerts.lead.writer import LeadWriter
from alerts.match.lexicon import read_lexicon
from alerts.model import Coverage, Digest, Hit, MarkedText, Report, Story
from crawler.model import Article, FeedEntry, PollState, Validators
from crawler.records.store import PollResult

NOW = datetime(2026, 11, 22, 5, 54, tzinfo=UTC)  # 12:24 in Yangon


def a_sentence(text: str = "Fighting near Loikaw went on.", word: str = "Loikaw") -> MarkedText:
    """Return *text* with the first *word* in it marked; without one when it is not there."""
    start = text.find(word)
    return MarkedText(text, ((start, start + len(word)),) if start >= 0 else ())


def a_report(**changes: Any) -> Report:
    """Return a report of The Irrawaddy, three hours old."""
    facts: dict[str, Any] = {
        "article_id": 1,
        "headline": "Clashes resume near Loikaw",
        "outlet": "The Irrawaddy",
        "perspective": "independent",
        "language": "en",
        "url": "https://www.irrawaddy.com/news/clashes.html",
        "first_seen": NOW - timedelta(hours=3),
        "sentence": a_sentence(),
    }
    return Report(**(facts | changes))


def a_burmese_report(**changes: Any) -> Report:
    """Return a report in Burmese."""
    facts: dict[str, Any] = {
        "article_id": 2,
        "headline": "လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်",  # fighting in Loikaw town
        "outlet": "ကန္တာရဝတီတိုင်းမ်",  # Kantarawaddy Times
        "perspective": "ethnic",
        "language": "my",
        "url": "https://kantarawaddytimes.com/လွိုင်ကော်/",  # /loikaw/
        "sentence": a_sentence("ယနေ့ လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်သည်။", "လွိုင်ကော်"),  # fighting in Loikaw today
    }
    return a_report(**(facts | changes))


def a_story(*reports: Report, **changes: Any) -> Story:
    """Return a story of the given reports, else of one."""
    facts: dict[str, Any] = {"story_id": 1, "topics": ("Loikaw",), "reports": reports or (a_report(),)}
    return Story(**(facts | changes))


def a_digest(*stories: Story, **changes: Any) -> Digest:
    """Return a digest of exactly the given stories."""
    facts: dict[str, Any] = {
        "digest_id": "a1b2c3d4",
        "title": "Loikaw watch",
        "created": NOW,
        "timezone": "Asia/Yangon",
        "stories": stories,
        "coverage": Coverage(read=27, total=28, failed=("The Irrawaddy (403 challenge page)",)),
    }
    return Digest(**(facts | changes))


def a_full_digest() -> Digest:
    """Return a digest that shows every feature at once, in both scripts."""
    return a_digest(
        a_story(a_report(), a_burmese_report(converted=True), topics=("Loikaw", "Operation 1111")),
        a_story(a_burmese_report(), story_id=2, is_update=True, known_outlets=("DVB", "Mizzima")),
        brief=(a_report(article_id=3, headline="Aid reaches Demoso", summary_only=True),),
        more=4,
        queued=2,
        notices=("DVB: nothing for 3 days",),
    )


def an_entry(number: int = 1, **changes: Any) -> FeedEntry:
    """Return a feed entry of an hour ago; entries of two numbers have nothing in common but their source."""
    facts: dict[str, Any] = {
        "title": f"Clashes resume near Loikaw, day {number}",
        "url": f"https://news.example/2026/11/clashes-{number}.html",
        "guid": f"https://news.example/?p={number}",
        "summary": f"Residents of Loikaw fled on day {number}.",
        "published": NOW - timedelta(hours=1),
    }
    return FeedEntry(**(facts | changes))


def an_article(**changes: Any) -> Article:
    """Return an article whose page was read and names no other address than the feed."""
    facts: dict[str, Any] = {
        "canonical_url": None,
        "title": "Clashes resume near Loikaw",
        "text": "Fighting near Loikaw went on.",
        "language": "en",
        "author": "Staff",
        "published": NOW - timedelta(hours=1),
        "origin": "page",
    }
    return Article(**(facts | changes))


def a_poll(*entries: FeedEntry, source_id: str = "irrawaddy-en", **changes: Any) -> PollResult:
    """Return the answer of a feed with *entries*; *changes* are those of its `PollState`."""
    facts: dict[str, Any] = {
        "url": f"https://news.example/{source_id}/feed",
        "validators": Validators('"v1"', None, "0" * 64),
        "last_ok_at": NOW,
    }
    return PollResult(PollState(source_id, **(facts | changes)), entries)


def a_hit(text: str = "Fighting near Loikaw went on.", word: str = "Loikaw") -> Hit:
    """Return the hit of *word* in a document's text."""
    start = text.find(word)
    return Hit(f"@{word.lower()}", word, "text", start, start + len(word), word, text)


@cache
def a_writer() -> LeadWriter:
    """Return the writer of leads with the shipped lexicon, made once: it remembers nothing of what it reads."""
    return LeadWriter(read_lexicon(Path(__file__).resolve().parent.parent / "config" / "lexicon.csv"))
