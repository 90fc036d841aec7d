"""Edits of earlier messages: the note first in every form of the message, inert, within limits, and nothing else new.

Where the vendor lets nobody edit with our credentials the adapter must not claim that it can.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alerts.message.changenote import note_texts
from alerts.message.platform import Delivery, HttpRequest, Style
from alerts.model import ChangeNote
from tests.builders import NOW, a_digest, a_full_digest
from tests.kit.material import DIGEST_ID, fill, injections, story_of, visible
from tests.kit.profile import CANARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.model import Digest
    from tests.kit.profile import Subject

WHAT, WHEN = "a figure was changed", "22 Nov 14:10 MMT"


def edited_telegram(body: bytes) -> bytes:
    """Return the message that ``editMessageText`` makes, in the shape of a new one."""
    message = json.loads(body)
    assert isinstance(message.pop("message_id"), int)
    assert not {"message_thread_id", "reply_parameters"} & set(message), "an edit moves no message"
    return _compact(message)


def edited_matrix(body: bytes) -> bytes:
    """Return the content that readers get instead; the event around it is what old clients show."""
    event = json.loads(body)
    assert event["m.mentions"] == {}
    assert event["m.relates_to"]["rel_type"] == "m.replace"
    assert "m.relates_to" not in event["m.new_content"]
    return _compact(event["m.new_content"])


def _compact(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def check_edits(subject: Subject, *, thorough: bool = False) -> int:
    """A message whose article was changed says so first; words, links and limits stay, its request hides secrets."""
    editing, profile = subject.platform.editing, subject.profile
    assert (editing is None) == (profile.edited is None), (
        "the vendor's facts and the adapter disagree on edits"
    )
    if editing is None:
        return 1
    corpus = [text for kind in injections().values() for text in kind]
    checks = 0
    for number, digest in enumerate(_digests(corpus, thorough=thorough)):
        headline = corpus[number % len(corpus)]
        notes = [ChangeNote(1, headline, WHAT, WHEN), ChangeNote(2, f"x {headline} y", WHAT, WHEN)]
        for style in Style:
            for part in subject.render(digest, style):
                checks += _check_part(subject, part.body, notes)
                checks += _check_part(subject, subject.marked(part.body, DIGEST_ID), notes)
    return checks


def _digests(corpus: list[str], *, thorough: bool) -> Iterator[Digest]:
    yield a_full_digest()
    yield a_digest(*[story_of(i, fill("burmese", 200), fill("burmese", 900)) for i in range(1, 30)])
    for _ in range(0, len(corpus), 1 if thorough else 10):
        yield a_digest()


def _check_part(subject: Subject, body: bytes, notes: list[ChangeNote]) -> int:
    editing, profile = subject.platform.editing, subject.profile
    assert editing
    assert profile.edited
    found = ((text, editing.annotate(body, text, profile.message_id)) for text in note_texts(notes))
    note, edit = next(((text, made) for text, made in found if made is not None), ("", None))
    assert edit is not None, "our own limits leave room for a note below the hard ones"
    assert editing.annotate(body, note, profile.message_id) == edit
    message = profile.edited(edit)
    profile.verify(message)
    for limit in profile.limits:
        size = limit.measure(message)
        assert size <= limit.hard, f"{limit.what}: {size} of {limit.hard} once edited"
    before, after = profile.read(body), profile.read(message)
    for plain, noted in zip(before, after, strict=True):
        assert visible(noted.text) == visible(note) + visible(plain.text), "more than the note was put in"
        assert noted.links == plain.links
        assert noted.live == plain.live
    delivery = Delivery(edit, "digest-1-e7", NOW, edits=profile.message_id)
    request = editing.request(subject.keys(), delivery)
    assert isinstance(request, HttpRequest)
    assert request.body == edit
    assert CANARY not in repr(request)
    assert CANARY.encode() not in edit
    return 4
