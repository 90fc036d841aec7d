"""Who hears what operators are to be told: the named channels, else one that works, never the broken one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.operators.hearing import LATELY, Standing, find_hearing
from alerts.operators.incident import Incident
from tests.builders import NOW

HOUR = timedelta(hours=1)
SOURCE = Incident(1, "source:dvb", "DVB cannot be read.", NOW, None)


def ended(told_in: str | None, subject: str = "source:dvb") -> Incident:
    return Incident(1, subject, "It broke.", NOW, NOW + HOUR, told_in)


def able(name: str, ago: timedelta | None = HOUR) -> Standing:
    return Standing(name, None, None if ago is None else NOW - ago)


def deaf(name: str) -> Standing:
    return Standing(name, "paused: HTTP 404", NOW - HOUR)


@pytest.mark.parametrize(
    ("operators", "standings", "hears"),
    [
        (["desk"], [able("desk"), able("tg")], ("desk",)),
        (["desk"], [able("tg"), able("desk", None)], ("desk",)),
        (["desk", "tg"], [deaf("desk"), able("tg"), able("room")], ("tg",)),
        (["desk"], [deaf("desk"), able("tg"), able("room")], ("tg",)),
        (["desk"], [deaf("desk"), able("tg", None), able("room")], ("room",)),
        (["desk"], [deaf("desk"), able("tg", LATELY + HOUR), able("room", LATELY)], ("room",)),
        (["desk"], [deaf("desk"), able("tg", None), deaf("room")], ("tg",)),
        (["desk"], [deaf("desk"), deaf("tg")], ()),
        ([], [able("desk"), able("tg")], ()),
    ],
    ids=["named", "named-new", "next", "stand-in", "lately", "not-lately", "unproven", "nobody", "unwanted"],
)
def test_notice_goes_to_the_first_that_can_hear(
    operators: list[str], standings: list[Standing], hears: tuple[str, ...]
) -> None:
    hearing = find_hearing(operators, standings, NOW)
    assert hearing.hearers(SOURCE) == hears
    if hears:
        assert bool(hearing.why_here(hears[0], SOURCE)) == (hears[0] not in operators)


@pytest.mark.parametrize("kind", ["channel", "undelivered", "adapter"])
def test_what_is_wrong_with_a_channel_is_told_in_another(kind: str) -> None:
    own = Incident(1, f"{kind}:desk", "Channel desk refuses messages.", NOW, None)
    hearing = find_hearing(["desk"], [able("desk"), able("tg")], NOW)
    assert hearing.hearers(own) == ("tg",)
    assert hearing.why_here("tg", own) == "To operators, told here because it is about desk itself:"
    assert find_hearing(["desk"], [able("desk")], NOW).hearers(own) == ()
    both = find_hearing(["desk", "tg"], [able("desk"), able("tg")], NOW)
    assert (both.hearers(own), both.why_here("tg", own)) == (("tg",), "")


def test_end_is_told_where_the_beginning_was_as_long_as_that_works() -> None:
    hearing = find_hearing(["desk"], [able("desk"), able("tg"), deaf("room")], NOW)
    assert hearing.hearers(ended("tg")) == ("tg",)
    assert hearing.why_here("tg", ended("tg")) == "", "they know already why it comes to them"
    assert hearing.hearers(ended("desk")) == ("desk",)
    assert hearing.hearers(ended("room")) == ("desk",)
    assert hearing.hearers(ended("gone")) == hearing.hearers(ended(None)) == ("desk",)
    assert hearing.hearers(ended("tg", "channel:desk")) == ("tg",)


def test_label_says_of_every_named_channel_why_it_cannot_be_told() -> None:
    standings = [deaf("desk"), Standing("tg", "skipped: set TG_TOKEN"), able("room")]
    hearing = find_hearing(["desk", "tg"], standings, NOW)
    assert hearing.why_here("room", SOURCE) == (
        "To operators, told here because desk cannot be told (paused: HTTP 404); "
        "tg cannot be told (skipped: set TG_TOKEN):"
    )
