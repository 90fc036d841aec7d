"""The list of properties that every platform must keep, and the verdict on one of them for one platform.

A check returns how many things it checked and raises ``AssertionError`` at the first that does not hold. What a
platform skips stands in its profile with a reason; a skip without one, or of a property that is not here, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.kit import (
    answers,
    cuts,
    edits,
    forms,
    injection,
    limits,
    order,
    randomly,
    refusals,
    repeats,
    secrets,
    transport,
)

if TYPE_CHECKING:
    from tests.kit.profile import Subject

LEAST_REASON_CHARS = 30


class Check(Protocol):
    """Ask one platform; *thorough* is the long sweep."""

    def __call__(self, subject: Subject, *, thorough: bool = False) -> int: ...


@dataclass(frozen=True, slots=True)
class Property:
    """One thing that every platform promises."""

    name: str
    promise: str
    check: Check
    has_sweep: bool = False  # asks more when it is thorough
    sends: bool = False  # does nothing else: where sending is costly it is left to the long sweep


PROPERTIES = (
    Property(
        "answers",
        "a status or documented answer means what it should",
        answers.check_answers,
        has_sweep=True,
    ),
    Property(
        "transport",
        "failures of the way: nothing left, or only the platform knows",
        transport.check_transport,
        sends=True,
    ),
    Property("waits", "Retry-After in every form; of header and body the longer", answers.check_waits),
    Property(
        "limits",
        "n fits, one more is split or cut, in the vendor's unit",
        limits.check_limits,
        has_sweep=True,
    ),
    Property("cuts", "no cut in a syllable, cluster, number, escape or tag", cuts.check_cuts, has_sweep=True),
    Property(
        "injection", "hostile text in every slot: whole and inert", injection.check_injection, has_sweep=True
    ),
    Property(
        "secrets", "a canary in every secret, shown and kept nowhere", secrets.check_secrets, has_sweep=True
    ),
    Property(
        "poison",
        "refused: plainer, halves, one dead letter, others told",
        refusals.check_poison,
        has_sweep=True,
        sends=True,
    ),
    Property(
        "revoked",
        "a channel that is gone: paused, told of, rows kept, resumed",
        refusals.check_revoked,
        sends=True,
    ),
    Property("repeats", "a repeat says so with the digest's id, once", repeats.check_repeats, has_sweep=True),
    Property(
        "order", "parts numbered, no story lost or twice, at the pace", order.check_order, has_sweep=True
    ),
    Property(
        "digests", "random hostile digests keep the vendor's contract", randomly.check_digests, has_sweep=True
    ),
    Property(
        "edits", "an old message is marked, or its vendor lets nobody", edits.check_edits, has_sweep=True
    ),
    Property("bytes", "equal digests give equal bytes", forms.check_bytes, has_sweep=True),
    Property("labels", "every part of a test digest says that it is one", forms.check_labels),
    Property("plain", "the plain style is plainer and tells the same", forms.check_plain),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One cell of the table."""

    platform: str
    asked: str  # the property
    checks: int = 0
    skipped: str = ""  # why it is not asked
    fault: str = ""  # what did not hold

    @property
    def is_empty(self) -> bool:
        """Tell whether the cell says nothing at all."""
        return not (self.checks or self.skipped or self.fault)


def judge(subject: Subject, asked: Property, *, thorough: bool = False) -> Verdict:
    """Return what became of *asked* for *subject*."""
    reason = subject.profile.skips.get(asked.name)
    if reason is None and asked.sends and not thorough and subject.profile.costly:
        reason = f"left to the long sweep: {subject.profile.costly}"
    if reason is not None:
        return Verdict(subject.name, asked.name, skipped=reason)
    try:
        checks = asked.check(subject, thorough=thorough)
    except AssertionError as error:
        return Verdict(subject.name, asked.name, fault=str(error) or "an assertion without words")
    return Verdict(subject.name, asked.name, checks)


def wrong_skips(subject: Subject) -> list[str]:
    """Return what is wrong with the skips of a profile: an unknown property, a reason that is none."""
    skips, known = subject.profile.skips, {each.name for each in PROPERTIES}
    found = [f"{name}: no such property" for name in skips if name not in known]
    return found + [
        f"{name}: no reason" for name, reason in skips.items() if len(reason) < LEAST_REASON_CHARS
    ]
