"""The parts of a long digest: numbered, named after it, every story in exactly one; sent in order and paced."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.message.platform import Style
from tests.builders import a_digest, a_report
from tests.kit.material import DIGEST_ID, fill, story_of, visible
from tests.kit.rooms import open_desk

if TYPE_CHECKING:
    from alerts.model import Digest
    from tests.kit.profile import Subject

_PACE = timedelta(milliseconds=60)


def _long_digest(stories: int, chars: int) -> Digest:
    told = [
        story_of(i, f"Kitem{i}z {fill('burmese', 60)}", fill("burmese", chars)) for i in range(1, stories + 1)
    ]
    brief = tuple(
        a_report(headline=f"Kitem{i}z", story_id=i, url=None, sentence=None)
        for i in range(stories + 1, stories + 4)
    )
    return a_digest(*told, brief=brief, notices=("Knoticez",), title="T")


def check_order(subject: Subject, *, thorough: bool = False) -> int:
    """Every size of digest falls into parts as it should; they go out in their order, at the vendor's pace at most."""
    checks = 0
    sizes = range(1, 100, 19) if thorough else (2, 25)
    for stories in sizes:
        for style in Style:
            checks += _check_parts(subject, _long_digest(stories, 700), stories + 3, style)
    checks += _check_without_stories(subject)
    pace = subject.platform.pace.total_seconds()
    assert pace >= subject.profile.least_pace_s, (
        f"a pace of {pace} s where the vendor asks {subject.profile.least_pace_s} s"
    )
    is_sent = not subject.platform.local and (thorough or not subject.profile.costly)
    return checks + 1 + (_check_sent(subject) if is_sent else 0)


def _check_parts(subject: Subject, digest: Digest, items: int, style: Style) -> int:
    parts = subject.render(digest, style)
    most = subject.profile.most_parts
    assert most is None or len(parts) <= most, f"{len(parts)} parts of at most {most}"
    assert [i for part in parts for i in part.story_ids] == list(range(1, items + 1)), (
        "the parts name every story once"
    )
    texts = ["|".join(visible(seen.text) for seen in subject.profile.read(part.body)[:1]) for part in parts]
    for number, text in enumerate(texts, start=1):
        assert DIGEST_ID in text, f"part {number} does not say of which digest it is"
        numbered = (
            f"({number}/{len(parts)})" in text
            or f'"part":{number},"parts":{len(parts)},'.encode() in parts[number - 1].body
        )
        assert numbered or len(parts) == 1, f"part {number} of {len(parts)} is not numbered: {text[-120:]}"
    shown = [re.findall(r"Kitem(\d+)z", text) for text in texts]
    told = [int(number) for some in shown for number in some]
    assert told == sorted(set(told)), f"told twice or out of order: {told}"
    for part, numbers in zip(parts, shown, strict=True):
        assert {int(number) for number in numbers} <= set(part.story_ids), (
            "a part tells a story that it does not name"
        )
    whole = len(told) == items
    assert whole or re.search(r"\+\d+more(?:stor|report)", texts[-1]), "left out without a count"
    counted = sum(map(int, re.findall(r"\+(\d+)more(?:stor|report)", texts[-1])))
    assert whole or counted == items - len(told), f"{counted} counted, {items - len(told)} left out"
    return 4 + 3 * len(parts)


def _check_without_stories(subject: Subject) -> int:
    """A digest of something else than stories is one message that says it."""
    silent = a_digest(notices=("DVB: nothing for 3 days",))
    others = (
        a_digest(coverage=None),
        a_digest(brief=(a_report(),), coverage=None),
        a_digest(more=3),
        a_digest(),
    )
    for style in Style:
        for digest in (silent, *others):
            (part,) = subject.render(digest, style)
            subject.profile.verify(part.body)
            shown = "".join(visible(seen.text) for seen in subject.profile.read(part.body))
            assert digest is not silent or visible("nothing for 3 days") in shown
            assert not digest.coverage or visible("27") in shown
    return 20


def _check_sent(subject: Subject) -> int:
    """Send a long digest: its parts arrive in order, each at least the pace after the one before."""
    with open_desk(subject, lambda request: None) as desk:
        messages = desk.enqueue(_long_digest(14, 700))
        desk.enqueue(a_digest(story_of(99, "Kitem99z"), digest_id="b2c3d4e5"))
        desk.run(pace=_PACE)
        bodies = [subject.profile.received(post.request.body) for post in desk.room.posts]
        assert bodies == [part.body for part in desk.parts()], "not in the outbox's order"
        assert len(bodies) == messages + 1
        gaps = [after.request.at_s - before.request.at_s for before, after in pairwise(desk.room.posts)]
        assert all(gap > _PACE.total_seconds() * 0.7 for gap in gaps), f"faster than the pace: {gaps}"
        return 2 + len(gaps)
