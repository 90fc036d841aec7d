"""The invented outlets of the demonstration and what they print. Data only: no HTML, no sockets, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

FeedKind = Literal["wordpress", "atom", "json", "rss"]  # "rss" carries the full text, "wordpress" excerpts
Theme = Literal["tagdiv", "jnews", "jannah"]

FEED_NAMES: dict[FeedKind, str] = {
    "wordpress": "RSS 2.0, excerpts",
    "atom": "Atom",
    "json": "JSON Feed",
    "rss": "RSS 2.0, full text",
}


@dataclass(frozen=True, slots=True)
class SampleOutlet:
    """An invented newsroom: what it is called, how it publishes, whose view it takes."""

    outlet_id: str
    name: str
    language: str  # BCP 47, as its feed declares it
    furniture: str  # key in furniture.yaml: en, my, my-zawgyi
    perspective: str
    feed: FeedKind
    feed_path: str  # below /outlet_id/
    theme: Theme
    full_text: Literal["page", "feed"] = "page"


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """An invented article. ``topics`` is what a correct reader finds in it."""

    slug: str  # unique among all outlets
    outlet_id: str
    event: str  # slug of the article that first told it: equal for agency copies
    author: str
    title: str
    paragraphs: tuple[str, ...]
    topics: tuple[str, ...]
    age: timedelta  # before the newsroom opens
    is_update: bool  # appears only with the second edition

    def published_at(self, opened: datetime) -> datetime:
        """Return the publication instant, to the second, for a newsroom that opened at *opened*."""
        return (opened - self.age).replace(microsecond=0)


OUTLETS: tuple[SampleOutlet, ...] = (
    SampleOutlet(
        "karenni-courier",
        "Karenni Courier (sample)",
        language="en",
        furniture="en",
        perspective="ethnic",
        feed="wordpress",
        feed_path="feed/",
        theme="tagdiv",
    ),
    SampleOutlet(
        "border-wire",
        "Border Wire (sample)",
        language="en",
        furniture="en",
        perspective="independent",
        feed="atom",
        feed_path="atom.xml",
        theme="jnews",
    ),
    SampleOutlet(
        "relief-bulletin",
        "Relief Bulletin (sample)",
        language="en",
        furniture="en",
        perspective="humanitarian",
        feed="json",
        feed_path="feed.json",
        theme="jannah",
    ),
    SampleOutlet(
        "hill-voice",
        "Hill Voice တောင်တန်းအသံ (sample)",
        language="my",
        furniture="my",
        perspective="ethnic",
        feed="rss",
        feed_path="rss.xml",
        theme="jnews",
        full_text="feed",
    ),
    SampleOutlet(
        "lantern-weekly",
        "Lantern Weekly (sample, Zawgyi)",
        language="my",
        furniture="my-zawgyi",
        perspective="independent",
        feed="wordpress",
        feed_path="feed/",
        theme="tagdiv",
    ),
    SampleOutlet(
        "union-gazette",
        "Union Gazette (sample)",
        language="en",
        furniture="en",
        perspective="junta",
        feed="wordpress",
        feed_path="feed/",
        theme="jannah",
    ),
)


@cache
def load_articles() -> tuple[SampleArticle, ...]:
    """Return every invented article, both editions, in the order of the data file."""
    rows: list[dict[str, Any]] = _read_yaml("articles.yaml")
    originals = {row["slug"]: row for row in rows if "copy_of" not in row}
    return tuple(_article(row, originals[row.get("copy_of", row["slug"])]) for row in rows)


def _article(row: dict[str, Any], original: dict[str, Any]) -> SampleArticle:
    return SampleArticle(
        slug=row["slug"],
        outlet_id=row["outlet"],
        event=original["slug"],
        author=row["author"],
        title=original["title"],
        paragraphs=tuple(original["text"].splitlines()),
        topics=tuple(original["topics"]),
        age=timedelta(hours=row["hours_ago"]),
        is_update=row.get("update", False),
    )


@cache
def load_furniture(key: str) -> dict[str, Any]:
    """Return the words that stand around every article of an outlet: strings, and lists of strings."""
    furniture: dict[str, dict[str, Any]] = _read_yaml("furniture.yaml")
    return furniture[key]


def read_data(name: str) -> str:
    """Return a packaged data file of the demonstration as text."""
    return (files(__package__) / "data" / name).read_text("utf-8")


def _read_yaml(name: str) -> Any:
    return yaml.safe_load(read_data(name))
