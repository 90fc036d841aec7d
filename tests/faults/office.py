"""Runs of the whole program in this process that read nothing: articles are laid in, messages go to a loopback chat.

The clock is the test's, so that days of an outage pass in no time; requests, database and configuration are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.commands.status import collect, status_lines
from alerts.config import Config, load_config
from alerts.cycle import RunOptions, RunResult, Surroundings, run_cycle
from alerts.delivery.attempt import State
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.outbox import Outbox
from alerts.operators.incident import Incidents
from alerts.records.archive import Archive
from alerts.runreport import as_json
from alerts.transport.http import Timeouts
from crawler.records.store import Store
from tests.builders import NOW
from tests.chatroom import Chatroom, Post
from tests.database import keep_article
from tests.e2e.program import Program, a_source

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Office:
    """A configured program that has no source to ask. ``now`` stands still until a run moves it."""

    program: Program
    config: Config
    store: Store
    now: datetime = NOW
    articles: int = 0
    printed: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, home: Path, *channels: Mapping[str, Any], **more: Any) -> Office:
        """Write the configuration into *home* and make its database."""
        program = Program(home)
        program.configure([a_source("asleep", "http://127.0.0.1:9/", enabled=False)], channels, **more)
        config = load_config(program.config, environ={})
        store = Store.open(config.crawl.database_url)
        Archive.open(store.engine)
        return cls(program, config, store)

    def configure(self, *channels: Mapping[str, Any], **more: Any) -> None:
        """Write another list of channels."""
        self.program.configure([a_source("asleep", "http://127.0.0.1:9/", enabled=False)], channels, **more)
        self.config = load_config(self.program.config, environ={})

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.store.engine)

    @property
    def incidents(self) -> Incidents:
        return Incidents(self.store.engine)

    def news(self, count: int = 1, text: str = "") -> None:
        """Lay in articles about Loikaw, no two of one story."""
        for _ in range(count):
            self.articles += 1
            number = self.articles
            words = text or f"Number {number}: the road to Loikaw was mended at milestone {number}."
            keep_article(self.store, number, self.now, title=f"News {number:04}", text=words)

    def run(self, after: timedelta = timedelta(0), deadline_s: float | None = None) -> RunResult:
        """Move the clock by *after* and do one run; *deadline_s* is what one message may take."""
        self.now += after
        timeouts = None if deadline_s is None else Timeouts(deadline_s, deadline_s, deadline_s)
        around = Surroundings(lambda: self.now, self.printed.append, lambda _: None, timeouts=timeouts)
        result = asyncio.run(run_cycle(self.config, RunOptions(), around))
        assert result.report is not None
        return result

    def problems(self, result: RunResult) -> dict[str, str]:
        """Return what a run's report says of channels."""
        assert result.report is not None
        found = as_json(result.report)["problems"]
        return {item["channel"]: item["problem"] for item in found if "channel" in item}

    def status(self) -> str:
        """Return what ``newswatch status`` prints."""
        return "\n".join(status_lines(collect(self.config, self.now), self.now))

    def parts(self, channel_id: str, *states: State) -> tuple[QueuedPart, ...]:
        """Return a channel's messages, oldest first."""
        return tuple(reversed(self.outbox.parts(states, channel_id, limit=10_000)))


def receiver(chatroom: Chatroom, name: str = "hook", **more: Any) -> dict[str, Any]:
    """Return an unsigned webhook: a signature of another day than today is refused, and this clock is the test's."""
    return {
        "id": name,
        "platform": "webhook",
        "url": chatroom.url(f"/hooks/{name}"),
        "unsigned": True,
        **more,
    }


def posts_to(chatroom: Chatroom, name: str) -> list[Post]:
    """Return what came for the channel *name*, whatever its platform."""
    return [post for post in chatroom.posts if name in post.request.path]


def text_of(post: Post) -> str:
    """Return a message's bytes as text."""
    return post.request.body.decode("utf-8")
