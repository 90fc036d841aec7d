"""The outbox under any order of articles, sends, crashes and hands: nothing lost, nothing silently twice, in order.

In order: of two digests the older first, within one as it was written down.

The model is what readers of two channels saw. ``desk`` knows no idempotency; ``room`` drops what it has seen by key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, create_engine, delete, select
from sqlalchemy.pool import StaticPool

from alerts.delivery.attempt import GIVE_UP_AFTER, State, Transition, after_outcome
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Outcome, Rejected, RetryLater, Sent, Style, TargetDead, Unknown
from alerts.records import tables
from alerts.records.archive import Archive
from crawler.db import schema
from crawler.db.migrate import migrate
from crawler.records.store import MIGRATIONS, Store
from tests.builders import NOW
from tests.database import examine_all, keep_article, part_of, rows, select_digest

IDEMPOTENT = {"desk": False, "room": True}
CHANNELS = st.sampled_from(sorted(IDEMPOTENT))
MAX_STORIES = 2  # a digest tells ten stories; of more it tells eight and counts the rest


@cache
def database() -> Engine:
    """Return one database in memory for all examples; each of them empties it."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    migrate(engine, MIGRATIONS, "crawler_version")
    Archive.open(engine)
    return engine


class OutboxMachine(RuleBasedStateMachine):
    """Runs that come and go over one outbox."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = database()
        self.store, self.archive = Store(self.engine), Archive(self.engine)
        self.outbox, self.states = Outbox(self.engine), ChannelStates(self.engine)
        self.now = NOW
        self.runs = 1
        self.stories: list[int] = []
        self.counted: dict[str, set[int]] = {name: set() for name in IDEMPOTENT}
        self.seen: dict[str, list[tuple[int, bool]]] = {
            name: [] for name in IDEMPOTENT
        }  # story, marked as repeat
        self.written: dict[str, list[int]] = {name: [] for name in IDEMPOTENT}  # stories, digest after digest
        self.keys: set[str] = set()
        self.zombies: list[tuple[QueuedPart, str]] = []

    @initialize()
    def empty(self) -> None:
        with self.engine.begin() as connection:
            for metadata in (tables.metadata, schema.metadata):
                for table in reversed(metadata.sorted_tables):
                    connection.execute(delete(table))

    @property
    def owner(self) -> str:
        return f"run-{self.runs}"

    def is_paused(self, channel: str) -> bool:
        state = self.states.load().get(channel)
        return state is not None and state.paused_at is not None

    # -- what happens ---------------------------------------------------------------------------------------------

    @rule(number=st.integers(1, 6))
    def articles_match(self, number: int) -> None:
        for _ in range(number):
            keep_article(self.store, len(self.stories), self.now)
            self.stories += examine_all(
                self.archive, dict.fromkeys(IDEMPOTENT, ("loikaw",)), self.now
            ).new_stories

    @rule(channel=CHANNELS, parts=st.integers(1, 4))
    def digest_is_frozen(self, channel: str, parts: int) -> None:
        """Like `alerts.digesting`: only for a channel without unsent messages, and not for a paused one."""
        stories = self.archive.pending_stories(channel)
        if not stories or self.is_paused(channel) or self.outbox.next_part(channel) is not None:
            return
        selection = select_digest(stories, self.now, channel, MAX_STORIES)
        by_alert = {report.alert_id: story.story_id for story in stories for report in story.reports}
        told = [by_alert[alert_id] for alert_id in selection.told]
        counted = {by_alert[alert_id] for alert_id in selection.counted}
        assert {*told, *counted} == {story.story_id for story in stories}, "a digest leaves nothing behind"
        assert not self.written[channel] or min({*told, *counted}) > max(self.written[channel])
        self.written[channel] += told
        self.counted[channel] |= counted
        size = -(-len(told) // parts)
        pieces = [part_of(*told[start : start + size]) for start in range(0, len(told), size)]
        self.outbox.enqueue(channel, selection, pieces, self.now)

    @rule(
        channel=CHANNELS,
        outcome=st.sampled_from(
            [
                Sent("m-1"),
                RetryLater("HTTP 503"),
                RetryLater("HTTP 429", timedelta(seconds=30), rate_limited=True),
                Unknown("HTTP 500"),
                Unknown("timed out"),
                Rejected("HTTP 400"),
                TargetDead("HTTP 404"),
            ]
        ),
        arrives=st.booleans(),
    )
    def message_is_sent(self, channel: str, outcome: Outcome, arrives: bool) -> None:
        """*arrives* matters only where the outcome is unknown."""
        claimed = self.claim(channel)
        if claimed is None:
            return
        if claimed.idempotency_key in self.keys and isinstance(outcome, Rejected):
            outcome = Sent("m-1")  # it took these very bytes before, and answers the same again
        if isinstance(outcome, Sent) or (isinstance(outcome, Unknown) and arrives):
            self.readers_see(claimed)
        self.settle(claimed, outcome)

    @rule(channel=CHANNELS, arrives=st.booleans())
    def run_is_killed_while_sending(self, channel: str, arrives: bool) -> None:
        claimed = self.claim(channel)
        if claimed is None:
            return
        if arrives:
            self.readers_see(claimed)
        self.zombies.append((claimed, self.owner))
        self.runs += 1
        self.outbox.recover(self.owner, self.now)

    @precondition(lambda self: self.zombies)
    @rule(data=st.data())
    def killed_run_was_only_suspended(self, data: st.DataObject) -> None:
        claimed, owner = self.zombies.pop(data.draw(st.integers(0, len(self.zombies) - 1)))
        before = self.outbox.part(claimed.delivery_id), self.states.load()
        assert not self.outbox.record(claimed, Transition(State.HELD, "late"), owner, self.now)
        assert (self.outbox.part(claimed.delivery_id), self.states.load()) == before

    @rule(channel=CHANNELS)
    def hand_resumes_a_channel(self, channel: str) -> None:
        unsettled = [part.delivery_id for part in self.outbox.parts((State.HELD, State.UNKNOWN), channel)]
        self.outbox.set_state(unsettled, State.PENDING, "to be tried again", self.now)
        self.states.resume(channel, self.now)

    @rule(wait=st.sampled_from([timedelta(minutes=1), timedelta(hours=2), GIVE_UP_AFTER]))
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait

    # -- how a run does it ------------------------------------------------------------------------------------------

    def claim(self, channel: str) -> QueuedPart | None:
        self.now += timedelta(milliseconds=1)
        part = None if self.is_paused(channel) else self.outbox.next_part(channel)
        if part is None or (part.not_before is not None and part.not_before > self.now):
            return None
        claimed = self.outbox.claim(part, self.owner, self.now)
        assert claimed is not None, "nobody else is there"
        return claimed

    def settle(self, part: QueuedPart, outcome: Outcome) -> None:
        transition = after_outcome(
            outcome,
            attempts=part.attempts,
            repeats=part.repeats,
            idempotent=IDEMPOTENT[part.channel_id],
            created=part.created,
            now=self.now,
        )
        if transition.state is State.REFUSED:
            middle = len(part.story_ids) // 2
            pieces = [part.story_ids]
            if part.style is Style.PLAIN:
                pieces = [part.story_ids[:middle], part.story_ids[middle:]]
            if all(pieces):
                smaller = [part_of(*story_ids, text="plain") for story_ids in pieces]
                self.outbox.replace(part, smaller, Style.PLAIN, "HTTP 400", self.owner, self.now)
                return
            transition = Transition(State.DEAD, transition.reason)
        assert self.outbox.record(part, transition, self.owner, self.now)

    def readers_see(self, part: QueuedPart) -> None:
        if IDEMPOTENT[part.channel_id]:
            if part.idempotency_key in self.keys:
                return
            self.keys.add(part.idempotency_key)
        self.seen[part.channel_id] += [(story_id, part.repeats > 0) for story_id in part.story_ids]

    # -- what holds -------------------------------------------------------------------------------------------------

    @invariant()
    def every_alert_waits_or_stands_in_one_digest(self) -> None:
        kept = rows(self.engine, select(tables.alert.c.channel_id, tables.alert.c.story_id))
        assert sorted(map(tuple, kept)) == sorted(
            (channel, story_id) for channel in IDEMPOTENT for story_id in self.stories
        )

    @invariant()
    def nothing_is_seen_twice_unless_it_says_so(self) -> None:
        for channel, seen in self.seen.items():
            known: set[int] = set()
            for story_id, is_marked in seen:
                assert story_id not in known or (is_marked and not IDEMPOTENT[channel])
                known.add(story_id)

    @invariant()
    def readers_see_stories_in_the_order_of_their_digests(self) -> None:
        for channel, seen in self.seen.items():
            first_seen = dict.fromkeys(story_id for story_id, _ in seen)
            assert list(first_seen) == [story for story in self.written[channel] if story in first_seen]

    def teardown(self) -> None:
        """Let everything work again: what is left must come out, and the sum must be right."""
        self.runs += 1
        self.outbox.recover(self.owner, self.now)
        for channel in IDEMPOTENT:
            self.hand_resumes_a_channel(channel)
            for _ in range(1000):
                if not self.archive.pending_stories(channel) and self.outbox.next_part(channel) is None:
                    break
                self.now += timedelta(hours=1)
                self.digest_is_frozen(channel, 2)
                self.message_is_sent(channel, Sent(), arrives=True)
            else:
                raise AssertionError(f"{channel} makes no progress though everything works")
            dead = self.outbox.parts((State.DEAD,), channel)
            given_up = {story_id for part in dead for story_id in part.story_ids}
            told = {story_id for story_id, _ in self.seen[channel]}
            assert told | given_up | self.counted[channel] == set(self.stories)
            assert not (told | given_up) & self.counted[channel]
            assert all(part.reason for part in dead)
        self.every_alert_waits_or_stands_in_one_digest()
        self.nothing_is_seen_twice_unless_it_says_so()
        self.readers_see_stories_in_the_order_of_their_digests()


OutboxMachine.TestCase.settings = settings(
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


TestOutbox: Any = OutboxMachine.TestCase
