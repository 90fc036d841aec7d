"""Hostile text in every slot of a digest: shown whole, and inert; hostile addresses: encoded, or not linked at all.

A digest holds another string of the corpus in each slot, so that after as many digests as there are strings every
string has been in every slot. A word of ours stands beside each one, by turns behind and before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from alerts.message.platform import Style
from tests.kit.material import SLOTS, addresses, digest_with, injections, visible

if TYPE_CHECKING:
    from alerts.model import Digest
    from tests.kit.profile import Subject
    from tests.kit.reading import Seen

OURS = "https://news.example/a"
BUILDERS = "https://www.irrawaddy.com/news/clashes.html"  # of the harmless report beside them
_IPV6 = re.compile(r"//\[[\da-f:]+\]")
_HOSTILE_SCHEME = re.compile(r"(?i)(?:javascript|data|tg|vbscript|file|mailto|matrix):")


def check_injection(subject: Subject, *, thorough: bool = False) -> int:
    """Every string of the corpus in every slot: nothing of it is lost, nothing turns live, no link is not ours."""
    corpus = tuple(text for kind in injections().values() for text in kind)
    checks = 0
    for number in range(0, len(corpus), 1 if thorough else 11):
        slots = {}
        for i, slot in enumerate(SLOTS):
            text, word = corpus[(number + i) % len(corpus)], f"q{i}x"
            slots[slot] = f"{text} {word}" if (number + i) % 2 else f"{word} {text}"
        digest = digest_with(slots, OURS)
        checks += _check_digest(subject, digest, slots, {OURS, BUILDERS})
        if thorough and number % 12 == 0:
            checks += _verify(subject, digest)
    for number, address in enumerate(addresses()):
        slots = {"headline": f"q0x {corpus[number * 7 % len(corpus)]}"}
        checks += _check_digest(subject, digest_with(slots, address), slots, None)
    return checks


def _check_digest(subject: Subject, digest: Digest, slots: dict[str, str], targets: set[str] | None) -> int:
    checks = 0
    for style in Style:
        parts = subject.render(digest, style)
        forms = [subject.profile.read(part.body) for part in parts]
        for form in zip(*forms, strict=True):  # each complete form of the message, over all parts
            live = [what for seen in form for what in seen.live]
            assert not live, f"{style}: live {live[:3]} of {slots}"
            shown = "".join(visible(seen.text) for seen in form)
            checks += _check_shown(subject, style, shown, slots)
            checks += _check_links(form, shown, targets)
    return checks


def _verify(subject: Subject, digest: Digest) -> int:
    bodies = [part.body for style in Style for part in subject.render(digest, style)]
    for body in bodies:
        subject.profile.verify(body)
    return len(bodies)


def _check_shown(subject: Subject, style: Style, shown: str, slots: dict[str, str]) -> int:
    checks = 0
    for slot, text in slots.items():
        if slot not in subject.profile.hides:
            assert visible(text) in shown, (
                f"{style}: {slot} lost of {text!r}: {visible(text)!r} is not in {shown}"
            )
            checks += 1
    return checks


def _check_links(form: tuple[Seen, ...], shown: str, targets: set[str] | None) -> int:
    """Every link opens a web page of ours, whose host stands in the text: IDNA form, at least its end."""
    checks = 0
    for seen in form:
        for label, target in seen.links:
            parts = urlsplit(unquote(target, errors="strict") if target.isascii() else target)
            assert parts.scheme in ("http", "https"), f"a link to {target}"
            assert "@" not in urlsplit(target).netloc, f"a link that shows another host: {target}"
            assert not re.search(r"[\s<>\"|()\[\]{}\\^`\x00-\x1f]", _IPV6.sub("//", target)), (
                f"a link that breaks out: {target!r}"
            )
            assert not _HOSTILE_SCHEME.match(target), target
            assert targets is None or target in targets, f"{target} behind {label!r} is no link of ours"
            host = (urlsplit(target).hostname or "").removeprefix("www.")
            assert host.isascii(), f"{host!r} may look like another"
            assert visible(host[-40:]) in shown, f"nobody sees that {target} leads to {host}"
            checks += 3
    return checks
