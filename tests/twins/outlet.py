"""The twins as data: which outlet is played how, and what it has published. No markup, no sockets, no clock.

Texts are invented (``data/english.yaml``, ``data/burmese.yaml``); how an outlet is made, refuses and clutters its pages
(``data/twins.yaml``) is as public pages say. Addresses are those of ``config/sources.yaml``: a twin has none of its own
but its articles'.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.zawgyi_writer import write_zawgyi

DATA = Path(__file__).with_name("data")
LOCAL = ZoneInfo("Asia/Yangon")
PLAIN = ("cms", "theme", "list_theme", "address", "tail", "declares_english")  # keys taken over as they are
UNREADABLE = ("404", "refuses")
SEARCH = "https://news.google.com/"
REDIRECT = "https://news.google.com/rss/articles/{code}?oc=5"


@dataclass(frozen=True, slots=True)
class Story:
    """One invented article, or what of it an aggregator or a channel shows.

    Keys of the YAML beyond the obvious: ``copy_of`` prints another source's words; ``shown`` paragraphs stand before
    the paywall; ``page`` is what its page does instead of showing it; ``twice`` lists it under its number, too;
    ``announces``, ``quotes``, ``forwarded`` and ``album`` are ways of a Telegram post; ``publisher`` is whom Google
    News names.
    """

    source_id: str
    slug: str
    title: str
    paragraphs: tuple[str, ...]
    topics: tuple[str, ...]
    age: timedelta
    zawgyi: bool = False
    shown: int | None = None
    page: str | None = None
    number: int | None = None
    twice: bool = False
    announces: str | None = None
    quotes: str | None = None
    forwarded: str | None = None
    album: int = 0
    publisher: str = ""

    @property
    def key(self) -> str:
        """Return the name under which other twins refer to it."""
        return self.slug if "/" in self.slug and self.publisher else f"{self.source_id}/{self.slug}"

    @property
    def visible(self) -> tuple[str, ...]:
        """Return the paragraphs that the outlet lets everybody read."""
        return self.paragraphs[: self.shown]

    @property
    def serial(self) -> int:
        """Return the number that the CMS gave it."""
        return self.number or 10_000 + int(hashlib.sha256(self.key.encode()).hexdigest()[:6], 16) % 80_000

    @property
    def redirect(self) -> str:
        """Return the address that Google News gives it, in whichever search it is found.

        As since July 2024: a protocol buffer that holds no address but a key to it.
        """
        held = f"AU_yqL{hashlib.sha256(self.key.encode()).hexdigest()}".encode()
        message = b"\x08\x13\x22" + bytes([len(held)]) + held
        return REDIRECT.format(code=base64.urlsafe_b64encode(message).decode().rstrip("="))

    def published_at(self, opened: datetime) -> datetime:
        """Return the instant of publication, to the second."""
        return (opened - self.age).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Twin:
    """One default source as it is played."""

    source_id: str
    name: str
    language: str
    route_urls: tuple[str, ...]  # as the shipped configuration has them
    routes: tuple[str, ...]  # what each of them answers
    cms: str
    stories: tuple[Story, ...]  # as it lists them: newest first, unless its feed jumbles them
    theme: str = ""
    list_theme: str = ""
    address: str = ""
    tail: str = ""
    full_text: str = "page"  # as the configuration wants it
    declares_english: bool = False
    unwanted: tuple[str, ...] = ()
    robots: Mapping[str, str] = field(default_factory=dict)
    wants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stale: tuple[str, ...] = ()

    @property
    def serves(self) -> int:
        """Return the index of the route that is expected to serve."""
        return next(index for index, does in enumerate(self.routes) if does not in UNREADABLE)

    @property
    def falls_to(self) -> int | None:
        """Return the route that serves when that one is gone, None where it is but a search for headlines."""
        others = enumerate(self.routes[self.serves + 1 :], self.serves + 1)
        following = next((index for index, does in others if does not in UNREADABLE), None)
        return None if following is None or self.route_urls[following].startswith(SEARCH) else following

    @property
    def furniture(self) -> str:
        """Return the key of the words around its articles: those of `alerts.demo.outlets.load_furniture`."""
        if self.language == "my" and self.stories and all(story.zawgyi for story in self.stories):
            return "my-zawgyi"
        return self.language

    def url_of(self, story: Story, opened: datetime) -> str:
        """Return where the outlet shows *story*."""
        local = story.published_at(opened).astimezone(LOCAL)
        return self.address.format(
            slug=story.slug,
            number=story.serial,
            year=f"{local:%Y}",
            month=f"{local:%m}",
            day=f"{local:%d}",
        )


@cache
def load_twins(sources: Path) -> tuple[Twin, ...]:
    """Return the twins of the sources of a ``sources.yaml``, in its order.

    Raises ``ValueError`` when one has no twin, a twin no source, or a twin another number of routes.
    """
    configured = yaml.safe_load(sources.read_text("utf-8"))["sources"]
    played = _read("twins")
    rows = _read("english") | _read("burmese")
    ids = [source["id"] for source in configured]
    if set(ids) != set(played) or set(ids) != set(rows):
        odd = sorted(set(ids) ^ set(played) | set(ids) ^ set(rows))
        raise ValueError(f"sources and twins differ: {', '.join(odd)}")
    return tuple(_twin(source, played[source["id"]], rows) for source in configured)


def _twin(source: Mapping[str, Any], played: Mapping[str, Any], rows: Mapping[str, Any]) -> Twin:
    source_id = source["id"]
    urls = tuple(route["url"] for route in source["routes"])
    if len(urls) != len(played["routes"]):
        raise ValueError(f"{source_id} has {len(urls)} routes, its twin plays {len(played['routes'])}")
    stories = [_story(source_id, row, rows) for row in rows[source_id]]
    lists = {key: tuple(played[key]) for key in ("routes", "unwanted", "stale") if key in played}
    texts = {key: played[key] for key in PLAIN if key in played}
    maps = {key: played[key] for key in ("robots", "wants") if key in played}
    return Twin(
        source_id=source_id,
        name=source["name"],
        language=source["language"],
        full_text=source.get("full_text", "page"),
        route_urls=urls,
        stories=tuple(stories if played.get("jumbled") else sorted(stories, key=lambda story: story.age)),
        **lists,
        **texts,
        **maps,
    )


def _story(source_id: str, row: Mapping[str, Any], rows: Mapping[str, Any]) -> Story:
    said = dict(row)
    said["slug"] = str(said["slug"])
    said["age"] = timedelta(hours=said.pop("hours"))
    for copied in (said.pop("copy_of", None), said.get("announces")):
        if copied:
            original = _find(copied, rows)
            said |= {key: original[key] for key in ("title", "text", "topics") if key in original}
    title, text = said.pop("title"), said.pop("text", "")
    paragraphs = text.splitlines()
    if said.get("zawgyi"):
        title, paragraphs = write_zawgyi(title), [write_zawgyi(paragraph) for paragraph in paragraphs]
    topics = tuple(said.pop("topics"))
    return Story(source_id, title=title, paragraphs=tuple(paragraphs), topics=topics, **said)


def _find(key: str, rows: Mapping[str, Any]) -> Mapping[str, Any]:
    source_id, _, slug = key.partition("/")
    found: Mapping[str, Any] = next(row for row in rows[source_id] if str(row["slug"]) == slug)
    return found


def _read(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((DATA / f"{name}.yaml").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded
