"""Refusals: one bad message costs itself only; a channel that is gone is paused, told of, and loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.delivery.attempt import OPEN_STATES, State
from tests.builders import a_digest, a_report
from tests.kit.material import fill, story_of, visible
from tests.kit.rooms import CHANNEL, Desk, as_answer, open_desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.model import Digest
    from tests.chatroom import Answer
    from tests.kit.profile import Subject
    from tests.newsroom import Request

_POISON = "Kpoisonz"
HOUR = timedelta(hours=1)


def _digest(bad: int, stories: int = 5, briefs: int = 2) -> Digest:
    """Return a digest whose item number *bad* cannot be said; the last ones are brief."""
    words = [_POISON if i == bad else f"Kitem{i}z" for i in range(1, stories + briefs + 1)]
    told = [
        story_of(i, f"{words[i - 1]} {fill('burmese', 40)}", fill("burmese", 300))
        for i in range(1, stories + 1)
    ]
    brief = [
        a_report(headline=words[i - 1], story_id=i, url=None, sentence=None)
        for i in range(stories + 1, stories + briefs + 1)
    ]
    return a_digest(*told, brief=tuple(brief), notices=("Knoticez: a source is silent",), title="T")


def _shown(desk: Desk) -> str:
    """Return what readers have been shown, message after message, in the first form of each."""
    profile = desk.subject.profile
    taken = [profile.received(post.request.body) for post in desk.room.posts if post.taken]
    return "|".join(visible(profile.read(body)[0].text) for body in taken)


def check_poison(subject: Subject, *, thorough: bool = False) -> int:
    """400: plainer, then halves, then one dead letter: all other items are seen once, in order, and the end too."""
    refusal = subject.profile.refusal
    assert refusal is not None, "the profile does not say how one message is refused"

    def rule(request: Request) -> Answer | None:
        return as_answer(refusal) if _POISON.encode() in request.body else None

    checks = 0
    for bad in (1, 3, 5, 6) if thorough and not subject.profile.costly else (7,):
        with open_desk(subject, rule) as desk:
            desk.enqueue(_digest(bad))
            desk.run()
            checks += _check_told(desk, [i for i in range(1, 8) if i != bad], bad)
            posts = len(desk.room.posts)
            desk.run(HOUR)
            assert len(desk.room.posts) == posts, "what was given up is sent again"
            (incident,) = desk.incidents.untold()
            assert incident.subject == f"undelivered:{CHANNEL}"
            assert "given up" in incident.text
            checks += 3
    return checks


def _check_told(desk: Desk, wanted: Sequence[int], bad: int) -> int:
    shown = _shown(desk)
    places = [shown.find(f"Kitem{i}z") for i in wanted]
    assert -1 not in places, f"item {wanted[places.index(-1)]} is lost beside {bad}: {shown}"
    assert places == sorted(places), f"out of order: {places}"
    assert all(shown.count(f"Kitem{i}z") == 1 for i in wanted), "an item is told twice"
    assert "Knoticez" in shown, f"the notices are lost beside {bad}"
    assert _POISON not in shown
    (dead,) = desk.parts(State.DEAD)
    assert dead.story_ids == (bad,), f"{dead.story_ids} is given up, not {bad} alone"
    assert not desk.parts(*OPEN_STATES), "something still waits"
    return len(wanted) * 2 + 5


def check_revoked(subject: Subject, *, thorough: bool = False) -> int:
    """The platform's own goodbye: the channel is paused and told of, rows are kept, `outbox retry` sends them."""
    farewell = subject.profile.farewell
    assert farewell is not None, "the profile does not say how a channel ends"
    gone = [as_answer(farewell)]

    with open_desk(subject, lambda request: gone[0] if gone else None) as desk:
        messages = desk.enqueue(
            a_digest(*[story_of(i, f"Kitem{i}z", fill("burmese", 900)) for i in range(1, 15)], title="T")
        )
        desk.run()
        assert len(desk.room.posts) == 1, "asked on after it was told to go"
        kept = desk.parts(State.HELD, *OPEN_STATES)
        assert len(kept) == messages, "rows are lost"
        assert kept[0].state is State.HELD
        assert desk.states.load()[CHANNEL].paused_at is not None, "the channel is not paused"
        (incident,) = desk.incidents.untold()
        assert incident.subject == f"channel:{CHANNEL}"
        assert f"outbox retry --channel {CHANNEL}" in incident.text
        gone.clear()
        desk.outbox.set_state([part.delivery_id for part in kept], State.PENDING, "retried by hand", desk.now)
        desk.states.resume(CHANNEL, desk.now)
        desk.run(HOUR)
        assert not desk.parts(State.HELD, State.DEAD, *OPEN_STATES)
        assert desk.states.load()[CHANNEL].paused_at is None
        assert desk.incidents.open_subjects() == frozenset(), "the recovery is not noted"
        shown = _shown(desk)
        first = [story_id for part in kept for story_id in part.story_ids]
        told = [i for i in first if f"Kitem{i}z" in shown]
        assert told == sorted(told)
        assert len(told) == 14 or "notlisted" in shown, "stories are lost"
        return 9 + len(told)
