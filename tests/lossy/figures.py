"""What came of an ordeal on one channel: counted from what the server holds and what the way saw, and judged. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.lossy.ordeal import Line, Post
from tests.lossy.way import Fate

HEAD = (
    f"{'channel':<10} {'queued':>6} {'requests':>8} {'time-outs':>9} {'resets':>6} {'unheard':>7} "
    f"{'shown':>6} {'repeats':>7} {'marked':>6} {'needless':>8} {'lost':>5}"
)

# Answers that a client cannot have got. It may miss a few more: on a busy machine the time-out comes first.
MISSED = {Fate.WITHHELD, Fate.RESET_AFTER, Fate.RESET_BEFORE, Fate.BROKEN, Fate.LATE}
MOST_LATE = 0.1


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one channel; *lost* and *faults* are empty when every promise was kept."""

    channel: str
    queued: int
    requests: int
    timeouts: int  # forced after the server had acted
    resets: int  # idem, by reset
    unheard: int  # requests that the server never got
    shown: int
    repeats: int  # of messages that were shown before
    marked: int  # repeats that say so
    needless: int  # first showings that say that they may be repeats
    lost: tuple[int, ...]  # numbers of messages that nobody has seen
    faults: tuple[str, ...]

    def __str__(self) -> str:
        """Return the channel's row below `HEAD`."""
        return (
            f"{self.channel:<10} {self.queued:>6} {self.requests:>8} {self.timeouts:>9} {self.resets:>6} "
            f"{self.unheard:>7} {self.shown:>6} {self.repeats:>7} {self.marked:>6} {self.needless:>8} "
            f"{len(self.lost):>5}"
        )


def judge(line: Line, shown: Sequence[bytes]) -> Figures:
    """Compare what readers see, in its order, with what was queued for *line*.

    A fault is: a message that was not queued, one out of its order, a repeat whose first answer was not lost, and a
    repeat that does not carry its digest's id with the note.
    """
    by_body = {body: post for post in line.posts for body in (post.body, post.marked)}
    faults = [f"not what was queued: {body[:80]!r}" for body in shown if body not in by_body]
    seen = [(by_body[body], body) for body in shown if body in by_body]
    order = [post.number for post, _ in seen]
    if order != sorted(order):
        faults.append(f"out of order: {[a for a, b in pairwise(order) if b < a]}")
    times = Counter(order)
    allowed = _lost_answers(line, by_body)
    faults += [
        f"no. {number} shown {count} times, but {allowed[number]} answers were lost"
        for number, count in times.items()
        if count > 1 + allowed[number]
    ]
    repeats = list(_repeats(seen))
    faults += [f"repeat without a mark: {post.number}" for post, body in repeats if body != post.marked]
    faults += [
        f"mark without the id: {post.number}"
        for post in line.posts
        if post.digest_id.encode() not in post.marked or post.marked == post.body
    ]
    fates = Counter(crossing.fate for crossing in line.way.crossings)
    late = len(line.unanswered) - sum(times for fate, times in fates.items() if fate in MISSED)
    if late > MOST_LATE * len(line.way.crossings):
        faults.append(f"{late} answers were given and not taken")
    marked = sum(body == post.marked for post, body in repeats)
    return Figures(
        channel=line.channel_id,
        queued=len(line.posts),
        requests=len(line.way.crossings),
        timeouts=fates[Fate.WITHHELD],
        resets=fates[Fate.RESET_AFTER],
        unheard=sum(not crossing.acted for crossing in line.way.crossings),
        shown=len(shown),
        repeats=len(repeats),
        marked=marked,
        needless=sum(body == post.marked for post, body in seen) - marked,
        lost=tuple(post.number for post in line.posts if not times[post.number]),
        faults=tuple(faults),
    )


def _lost_answers(line: Line, by_body: dict[bytes, Post]) -> Counter[int]:
    """Return how many answers to each message never reached a sender that could note them."""
    return Counter(by_body[body].number for body in (*line.unanswered, *line.caught) if body in by_body)


def _repeats(seen: Sequence[tuple[Post, bytes]]) -> Iterable[tuple[Post, bytes]]:
    before: set[int] = set()
    for post, body in seen:
        if post.number in before:
            yield post, body
        before.add(post.number)
