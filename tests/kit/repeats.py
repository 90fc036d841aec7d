"""A possible repeat: says so with the digest's short id, whatever was marked before, and still within the limits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.message.platform import Delivery, HttpRequest, Style
from tests.builders import NOW, a_digest, a_full_digest
from tests.kit.material import DIGEST_ID, SLOTS, digest_with, fill, injections, story_of, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.model import Digest
    from tests.kit.profile import Subject

OTHER_ID = "0f0f0f0f"


def _digests(*, thorough: bool) -> Iterator[Digest]:
    yield a_digest()
    yield a_digest(is_test=True)
    yield a_full_digest()
    yield a_digest(*[story_of(i, fill("burmese", 200), fill("burmese", 900)) for i in range(1, 16)])
    note = f"This may be a repeat of digest {OTHER_ID}."
    yield digest_with({"headline": note, "title": note, "notice": note})
    texts = [text for kind in injections().values() for text in kind]
    for number in range(0, len(texts), 5 if thorough else 120):
        yield digest_with({slot: texts[(number + i) % len(texts)] for i, slot in enumerate(SLOTS)})


def check_repeats(subject: Subject, *, thorough: bool = False) -> int:
    """`mark_repeat` says in every form of the message that it may be a repeat, and of which digest; twice is once."""
    checks = _check_identity(subject)
    for digest in _digests(thorough=thorough):
        for style in Style:
            for part in subject.render(digest, style):
                checks += _check_part(subject, part.body)
    return checks


def _check_identity(subject: Subject) -> int:
    """Every attempt at a message has its identity, and no other message has it, where the vendor knows one at all."""
    profile = subject.profile
    assert subject.platform.idempotent == profile.is_idempotent, (
        "adapter and vendor disagree on what a repeat is"
    )
    if profile.identity is None:
        assert not profile.is_idempotent, "the profile does not say by what a repeat is told"
        return 1
    found = []
    for key, attempt, hours in (("digest-1", 1, 0), ("digest-1", 2, 9), ("digest-2", 1, 0)):
        delivery = Delivery(b"{}", key, NOW + timedelta(hours=hours), attempt=attempt)
        request = subject.platform.request(subject.keys(), delivery)
        assert isinstance(request, HttpRequest)
        found.append(profile.identity(request))
    assert found[0] == found[1] != found[2], f"identities of two attempts and of another message: {found}"
    return 3


def _check_part(subject: Subject, body: bytes) -> int:
    marked = subject.marked(body, DIGEST_ID)
    assert marked != body, "a repeat must differ from the message"
    assert subject.marked(marked, DIGEST_ID) == marked, "a second mark changes the message"
    subject.profile.verify(marked)
    for limit in subject.profile.limits:
        size = limit.measure(marked)
        assert size <= limit.hard, f"{limit.what}: {size} of {limit.hard} once marked"
    before, after = subject.profile.read(body), subject.profile.read(marked)
    assert len(before) == len(after)
    for plain, noted in zip(before, after, strict=True):
        if b'"possible_repeat":true' in marked:
            data, other = json.loads(body), json.loads(marked)
            assert other["data"].pop("possible_repeat") is not data["data"].pop("possible_repeat")
            assert data == other
            continue
        note = visible(f"may be a repeat of digest {DIGEST_ID}")
        assert note in visible(noted.text), f"does not say that it may be a repeat: {noted.text[:200]}"
        assert visible(plain.text) in visible(noted.text) or _same_but_note(plain.text, noted.text), (
            "loses text"
        )
        assert noted.links == plain.links
        assert set(noted.live) == set(plain.live)
    return 3


def _same_but_note(plain: str, noted: str) -> bool:
    """Tell whether *noted* is *plain* with one sentence put in somewhere."""
    note = visible(f"This may be a repeat of digest {DIGEST_ID}.")
    return visible(noted).replace(note, "", 1) == visible(plain)
