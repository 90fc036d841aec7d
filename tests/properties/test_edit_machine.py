"""Edits under any order of changes, failures, lost answers and kills: old messages end up saying what was changed last.

The model is what readers see in one Telegram room: each message's text, first as it was sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, create_engine, delete
from sqlalchemy.pool import StaticPool

from alerts.delivery.attempt import State, after_edit
from alerts.delivery.deliveryrow import QueuedPart
from alerts.message.platform import Outcome, Rejected, RetryLater, Sent, Unknown
from alerts.records import tables
from alerts.records.archive import Archive
from crawler.db import schema
from crawler.db.migrate import migrate
from crawler.records.store import MIGRATIONS, Store
from tests.contract.test_edit_queue import DUE, Room

pytestmark = pytest.mark.slow


@cache
def database() -> Engine:
    """Return one database in memory for all examples; each of them empties it."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    migrate(engine, MIGRATIONS, "crawler_version")
    Archive.open(engine)
    return engine


class EditMachine(RuleBasedStateMachine):
    """Articles that are told and changed, and runs that mark the messages which told them."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room(Store(database()))
        self.hours = 0
        self.runs = 1
        self.sent: dict[str, str] = {}  # by message: the text that was sent
        self.screen: dict[str, str] = {}  # by message: the text that readers see
        self.changed: dict[str, list[int]] = {}  # by message: the hours at which what it tells was changed
        self.told_by: dict[int, list[str]] = {}  # by article: the messages that tell it or a change of it
        self.refused: set[str] = set()  # messages whose last edit was refused

    @initialize()
    def empty(self) -> None:
        with database().begin() as connection:
            for metadata in (tables.metadata, schema.metadata):
                for table in reversed(metadata.sorted_tables):
                    connection.execute(delete(table))

    def see(self, part: QueuedPart, article: int) -> None:
        assert part.message_id
        text = json.loads(part.body)["text"]
        self.sent[part.message_id] = self.screen[part.message_id] = text
        self.told_by.setdefault(article, []).append(part.message_id)

    @rule()
    def article_is_told(self) -> None:
        part = self.room.tell()
        self.see(part, self.room.articles)

    @precondition(lambda self: self.room.articles)
    @rule(data=st.data())
    def article_is_changed_and_told(self, data: st.DataObject) -> None:
        article = data.draw(st.integers(1, self.room.articles))
        if len(self.told_by[article]) > 3:
            return  # nothing is read again for ever
        self.hours += 1
        self.room.freeze(self.room.change(article, self.hours))
        for message in self.told_by[article]:
            self.changed.setdefault(message, []).append(self.hours)
            self.refused.discard(message)
        self.see(self.room.send(), article)

    @rule(
        outcome=st.sampled_from(
            [
                Sent("7"),
                Sent("7"),
                RetryLater("HTTP 502"),
                RetryLater("HTTP 429", timedelta(seconds=30), rate_limited=True),
                Unknown("timed out"),
                Rejected("message can't be edited"),
            ]
        ),
        arrives=st.booleans(),
        is_killed=st.booleans(),
    )
    def edit_is_tried(self, outcome: Outcome, arrives: bool, is_killed: bool) -> None:
        """*arrives* matters only where the answer is lost, or the program with it."""
        now = DUE + timedelta(hours=self.hours)
        edit = self.room.next(self.hours)
        if edit is None:
            return
        claimed = self.room.outbox.claim(edit, f"run-{self.runs}", now)
        assert claimed
        message = str(json.loads(claimed.body)["message_id"])
        is_lost = is_killed or isinstance(outcome, Unknown)
        if (isinstance(outcome, Sent) and not is_killed) or (is_lost and arrives):
            self.screen[message] = json.loads(claimed.body)["text"]
        if is_killed:
            self.runs += 1
            self.room.outbox.recover(f"run-{self.runs}", now)
            return
        transition = after_edit(outcome, attempts=claimed.attempts, created=claimed.created, now=now)
        assert self.room.outbox.record(claimed, transition, f"run-{self.runs}", now)
        if transition.state is State.NOT_POSSIBLE:
            self.refused.add(message)

    @rule()
    def time_passes(self) -> None:
        self.hours += 1

    @invariant()
    def no_message_loses_or_changes_a_word(self) -> None:
        for message, text in self.screen.items():
            assert text.endswith(self.sent[message])
            notes = text.removesuffix(self.sent[message]).splitlines()
            assert len(notes) <= len(self.changed.get(message, []))
            assert len(set(notes)) == len(notes)
            assert all(note.startswith("Changed since, ") for note in notes)

    @invariant()
    def no_edit_keeps_news_or_another_message_back(self) -> None:
        assert self.room.outbox.next_part("tg") is None
        waiting = [part.edits for part in self.room.outbox.parts((State.PENDING, State.RETRY, State.UNKNOWN))]
        assert len(set(waiting)) == len(waiting), "one edit of a message waits at most"

    def teardown(self) -> None:
        """Let everything work again: what is left must come out."""
        for _ in range(200):
            self.hours += 1
            if self.room.next(self.hours) is None:
                break
            self.edit_is_tried(Sent("7"), arrives=True, is_killed=False)
        else:
            raise AssertionError("edits make no progress though everything works")
        for message, hours in self.changed.items():
            notes = self.screen[message].removesuffix(self.sent[message]).splitlines()
            if message not in self.refused:
                assert len(notes) == min(len(hours), 5)
                told = [note.split(" MMT")[0].rpartition(" ")[2] for note in notes]
                due = [
                    DUE + timedelta(hours=hour, minutes=390) for hour in reversed(hours)
                ]  # 6:30 ahead of UTC
                assert told == [f"{moment:%H:%M}" for moment in due[: len(told)]]
        self.no_message_loses_or_changes_a_word()


EditMachine.TestCase.settings = settings(
    deadline=None,
    max_examples=40,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],  # rows are written
)


@pytest.fixture(autouse=True, scope="module")
def _closed_at_the_end() -> Iterator[None]:
    yield
    database().dispose()
    database.cache_clear()


TestEdits: Any = EditMachine.TestCase
