"""Send what the outbox holds: one sender a channel, all channels at once, every step committed around the request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.delivery.attempt import State, Transition, after_edit, after_outcome
from alerts.delivery.deliveryrow import QueuedPart
from alerts.delivery.edit import CLOCK_FAULT, Edits, sent_body
from alerts.delivery.outbox import Outbox
from alerts.message.platform import Delivery, Outcome, Part, Rejected, RetryLater, Sent, Style
from alerts.model import Digest
from alerts.operators.incident import Incidents
from alerts.transport import adapter
from alerts.transport.adapter import DefectError
from alerts.transport.remedy import find_remedy
from crawler import failpoint

if TYPE_CHECKING:
    from alerts.config import Channel
    from alerts.transport.carrier import Carrier

LONGEST_WAIT = timedelta(seconds=60)  # for a rate limit inside a run; a longer one is the next run's
RATE_WAITS_A_RUN = 2
TRIES_A_RUN = 2
EDITS_A_RUN = 10  # of earlier messages, paced like news: the rest has time
PAUSE_BETWEEN_TRIES_S = 1.0


@dataclass(slots=True)
class DeliveryReport:
    """Counts of one run's deliveries."""

    sent: int = 0
    failed: int = 0
    mishaps: list[tuple[str, str]] = field(default_factory=list)  # channel and reason
    tried_channels: set[str] = field(default_factory=set)
    working_channels: set[str] = field(default_factory=set)


class Sender:
    """Everything that sending needs; one per run."""

    def __init__(
        self,
        outbox: Outbox,
        incidents: Incidents,
        carrier: Carrier,
        clock: Callable[[], datetime],
        owner: str,
        write: Callable[[str], None],
        stop: asyncio.Event,
    ) -> None:
        self._outbox = outbox
        self._edits = Edits(outbox.engine)
        self._incidents = incidents
        self._carrier = carrier
        self._clock = clock
        self._owner = owner
        self._write = write
        self._stop = stop
        self._left: set[int] = set()  # parts that this run does not touch again
        self._paused: set[str] = set()  # channels that refused a message in this run
        self.report = DeliveryReport()

    async def deliver(
        self, channels: Sequence[Channel], refill: Callable[[Channel], int] | None = None
    ) -> None:
        """Send every open part of *channels*; a stuck channel delays no other.

        *refill* freezes what a channel is owed that has just got rid of everything, and returns how much that was.
        """

        async def serve(channel: Channel) -> None:
            await self._drain(channel)
            if refill is not None and not self._stop.is_set() and refill(channel):
                await self._drain(channel)
            await self._edit(channel)

        ended = await asyncio.gather(*map(serve, channels), return_exceptions=True)
        faults = [fault for fault in ended if isinstance(fault, BaseException)]
        for fault in faults:  # only now: the other channels have had their messages
            raise fault

    async def _drain(self, channel: Channel) -> None:
        rate_waits = 0
        while not self._stop.is_set():
            part = self._outbox.next_part(channel.id)
            if part is None or part.delivery_id in self._left:
                return
            if part.state is State.UNKNOWN and self._keeps_doubtful(channel, part):
                self._keep(channel, part)
                continue
            if not await self._turn(channel, part):
                return
            claimed = self._outbox.claim(part, self._owner, self._clock())
            if claimed is None:
                return
            outcome = await self._attempt(channel, claimed)
            transition = self._settle(channel, claimed, outcome)
            if transition.state is State.UNKNOWN and self._keeps_doubtful(channel, claimed):
                continue
            if transition.state in (State.HELD, State.UNKNOWN):
                self._left.add(part.delivery_id)
                return
            if transition.state is State.RETRY:
                rate_waits += not transition.counts
                if rate_waits > RATE_WAITS_A_RUN:
                    self._left.add(part.delivery_id)
                    return
                if transition.counts and claimed.attempts % TRIES_A_RUN == 0:
                    self._left.add(part.delivery_id)
                    return
                if transition.counts and not await self._sleep(PAUSE_BETWEEN_TRIES_S):
                    return

    async def _turn(self, channel: Channel, part: QueuedPart) -> bool:
        """Wait until *part* may be sent; False when that is a later run's.

        The pace is measured from the last message that the channel took, in this run or in another.
        """
        now = self._clock()
        wait = (part.not_before or now) - now
        if not timedelta(0) < wait < CLOCK_FAULT or self._is_recognised(channel, part):
            wait = timedelta(0)
        elif wait > LONGEST_WAIT or part.state is State.UNKNOWN:
            return False
        pace, last = channel.platform.pace, self._outbox.sent_at(channel.id)
        if pace and last is not None:
            wait = max(wait, min(pace, last + pace - now))  # the clock may have gone back
        return wait <= timedelta(0) or await self._sleep(wait.total_seconds())

    def _is_recognised(self, channel: Channel, part: QueuedPart) -> bool:
        """Tell whether a doubtful message may be repeated without a wait: nobody will see it twice."""
        return part.state is State.UNKNOWN and self._is_idempotent(channel, part)

    def _keeps_doubtful(self, channel: Channel, part: QueuedPart) -> bool:
        return channel.on_unknown == "hold" and not self._is_idempotent(channel, part)

    def _keep(self, channel: Channel, part: QueuedPart) -> None:
        """Leave it to a person whether a message that may have arrived is sent again."""
        now = self._clock()
        if self._outbox.keep_doubtful(part, now):
            reason = part.reason or "the answer was lost"
            self.report.mishaps.append((channel.id, f"message {part.delivery_id} is held: {reason}"))
            text = (
                f"Message {part.delivery_id} to {channel.id} may or may not have arrived: {reason}. It is held, as "
                f"on_unknown says. Look for digest {part.digest_id} there, then `newswatch outbox drop "
                f"{part.delivery_id}` or `newswatch outbox retry {part.delivery_id}`."
            )
            self._incidents.begin(f"doubtful:{channel.id}", text, now)

    async def _attempt(self, channel: Channel, part: QueuedPart) -> Outcome:
        """Return how one attempt went; an adapter's defect costs its own channel only, and is told."""
        try:
            return await self._send(channel, part)
        except DefectError as defect:
            text = f"Channel {channel.id}: {defect}. Its messages wait until the adapter is mended."
            self._incidents.begin(f"adapter:{channel.id}", text, self._clock())
            return defect.outcome

    async def _send(self, channel: Channel, part: QueuedPart) -> Outcome:
        platform = channel.platform
        self.report.tried_channels.add(channel.id)
        body = sent_body(platform, part, self._clock())
        failpoint.reach("before_send")
        if platform.local:
            try:
                self._write(body.decode("utf-8"))
            except OSError as error:  # the terminal is gone or the disk behind it is full
                return RetryLater(f"cannot print: {error.strerror}")
            outcome: Outcome = Sent()
        else:
            delivery = Delivery(body, part.idempotency_key, self._clock(), attempt=part.attempts)
            outcome = await self._carrier.carry(channel, delivery)
        failpoint.reach("after_send")
        return outcome

    def _settle(self, channel: Channel, part: QueuedPart, outcome: Outcome) -> Transition:
        now = self._clock()
        transition = after_outcome(
            outcome,
            attempts=part.attempts,
            repeats=part.repeats,
            idempotent=self._is_idempotent(channel, part),
            created=part.created,
            now=now,
        )
        if transition.state is State.REFUSED:
            reason = transition.reason or "refused"
            try:
                smaller = self._plainer(channel, part)
            except DefectError as defect:
                smaller, reason = (), f"{reason}; its plainer form cannot be written: {defect}"
            if smaller:
                self._outbox.replace(part, smaller, Style.PLAIN, reason, self._owner, now)
                return replace(transition, state=State.SUPERSEDED)
            transition = replace(transition, state=State.DEAD, reason=reason)
        self._outbox.record(part, transition, self._owner, now)
        subject = f"channel:{channel.id}"
        if transition.state is State.SENT:
            self.report.sent += 1
            self.report.working_channels.add(channel.id)
            self._incidents.end(subject, now)
            # only once told: or nobody would hear of a message that others came after
            self._incidents.end(f"undelivered:{channel.id}", now, silently=True, once_told=True)
            self._incidents.end(f"adapter:{channel.id}", now)
        elif transition.state is State.HELD:
            self.report.failed += 1
            self._tell_paused(channel, transition, now)
        elif transition.state is State.DEAD:
            self.report.failed += 1
            self.report.mishaps.append(
                (channel.id, f"message {part.delivery_id} given up: {transition.reason}")
            )
            text = f"Message {part.delivery_id} to {channel.id} was given up: {transition.reason}. "
            remedy = f"See `newswatch outbox show {part.delivery_id}`."
            self._incidents.begin(f"undelivered:{channel.id}", text + remedy, now)
        return transition

    def _tell_paused(self, channel: Channel, transition: Transition, now: datetime) -> None:
        self._paused.add(channel.id)
        text = f"Channel {channel.id} ({channel.platform.name}) refuses messages: {transition.reason}. "
        remedy = find_remedy(channel.platform, transition.reason or "") or "Mend it."
        then = f" Then `newswatch outbox retry --channel {channel.id}`."
        self._incidents.begin(f"channel:{channel.id}", text + remedy + then, now)

    async def _edit(self, channel: Channel) -> None:
        """Mark earlier messages of *channel*, once no news waits; after one that fails the rest is a later run's."""
        if channel.id in self._paused or self._outbox.next_part(channel.id) is not None:
            return
        pace_s = channel.platform.pace.total_seconds()
        for turn in range(EDITS_A_RUN):
            edit = self._edits.next(channel.id, self._clock(), self._left)
            if self._stop.is_set() or edit is None or (turn and not await self._sleep(pace_s)):
                return
            claimed = self._outbox.claim(edit, self._owner, self._clock())
            if claimed is None:
                return
            self._left.add(edit.delivery_id)
            outcome, now = await self._attempt_edit(channel, claimed), self._clock()
            transition = after_edit(outcome, attempts=claimed.attempts, created=claimed.created, now=now)
            self._outbox.record(claimed, transition, self._owner, now)
            if transition.state is State.HELD:
                self._tell_paused(channel, transition, now)
            if transition.state not in (State.SENT, State.NOT_POSSIBLE):
                return

    async def _attempt_edit(self, channel: Channel, edit: QueuedPart) -> Outcome:
        editing, target = channel.platform.editing, self._outbox.part(edit.edits or 0)
        if editing is None or target is None or not target.message_id:
            return Rejected("nothing here can be edited")  # the channel is on another platform since
        port = replace(channel.platform, request=editing.request, classify=editing.classify)
        delivery = Delivery(
            edit.body, edit.idempotency_key, self._clock(), edit.attempts, edits=target.message_id
        )
        failpoint.reach("before_send")
        try:
            outcome = await self._carrier.carry(replace(channel, platform=port), delivery)
        except DefectError as defect:
            return Rejected(str(defect))
        failpoint.reach("after_send")
        return outcome

    def _is_idempotent(self, channel: Channel, part: QueuedPart) -> bool:
        """Tell whether the platform still recognises a repeat of *part*."""
        return channel.platform.recognises(part.created, self._clock())

    def _plainer(self, channel: Channel, part: QueuedPart) -> tuple[Part, ...]:
        """Return the messages to try instead of a refused one: plain first, then halves; none at the end.

        The last story and the digest's last lines are halves of their own: no story takes the notices with it.
        """
        digest = self._outbox.read_digest(part.digest_id)
        if digest is None:
            return ()
        pieces = [part.story_ids]
        is_last = part.part == part.parts
        if part.style is Style.PLAIN:
            if len(part.story_ids) < (1 if is_last and has_end(digest) else 2):
                return ()
            middle = max(len(part.story_ids) // 2, 1)
            pieces = [part.story_ids[:middle], part.story_ids[middle:]]
        parts: list[Part] = []
        for index, story_ids in enumerate(pieces):
            is_end = is_last and index == len(pieces) - 1
            fragment = digest_fragment(digest, story_ids, with_end=is_end)
            parts += adapter.render(channel.platform, fragment, channel.keys, Style.PLAIN)
        return tuple(parts)

    async def _sleep(self, seconds: float) -> bool:
        """Sleep unless the run is stopping; tell whether the time passed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return not self._stop.is_set()


def has_end(digest: Digest) -> bool:
    """Tell whether *digest* says anything beside its stories: what `digest_fragment` keeps *with_end*."""
    return bool(digest.more or digest.queued or digest.notices or digest.coverage)


def digest_fragment(digest: Digest, story_ids: Sequence[int], *, with_end: bool) -> Digest:
    """Return the part of *digest* that tells only *story_ids*; its last lines only *with_end*.

    It is in the usual layout and stands by itself: what was refused may be the channel's own layout, or the answer to
    a message that is gone (a homeserver's retention, another room since).
    """
    digest = replace(digest, template="", answers=None)
    stories = tuple(story for story in digest.stories if story.story_id in story_ids)
    brief = tuple(report for report in digest.brief if report.story_id in story_ids)
    if with_end:
        return replace(digest, stories=stories, brief=brief)
    return replace(digest, stories=stories, brief=brief, more=0, queued=0, notices=(), coverage=None)
