"""An adapter that breaks the port's promises costs its own channel only and is told; it is not asked without end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alerts.channels import PLATFORMS
from alerts.config import Channel
from alerts.delivery.attempt import State
from alerts.delivery.deliver import DeliveryReport, Sender
from alerts.delivery.outbox import Outbox
from alerts.message.platform import HttpRequest, Part, Platform, Style
from alerts.operators.incident import Incidents
from alerts.records.archive import Archive
from alerts.records.tables import delivery
from alerts.secrets import register
from alerts.transport.adapter import DefectError, render
from alerts.transport.carrier import Carrier
from crawler.config import Settings
from crawler.records.store import Store
from tests.builders import NOW, a_digest
from tests.chatroom import Answer, Chatroom
from tests.contract.test_outbox import enqueue
from tests.database import rows

on_sqlite = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # how rows are kept is tested elsewhere
SECRET = "canary-of-an-adapter"
HOUR = timedelta(hours=1)


class Calls:
    """A function of an adapter that fails as it is told, and counts how often it was asked."""

    def __init__(self, result: object) -> None:
        self.result, self.number = result, 0

    def __call__(self, *_: object) -> Any:
        self.number += 1
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    register(SECRET)
    monkeypatch.setattr("alerts.delivery.deliver.PAUSE_BETWEEN_TRIES_S", 0.0)


def a_channel(chatroom: Chatroom, name: str, **functions: object) -> Channel:
    """Return a channel whose adapter is Slack's but for *functions*."""
    platform: Platform = replace(PLATFORMS["slack"], name=f"of-{name}", pace=timedelta(0), **functions)
    keys = platform.keys.model_validate({"url": chatroom.url(f"/services/T/B/{name}")})
    return Channel(name, platform, keys, ("loikaw",))


def deliver(store: Store, channels: tuple[Channel, ...], after: timedelta = HOUR) -> DeliveryReport:
    """Send what waits, as a run does that comes *after* the digests were written."""

    async def run() -> DeliveryReport:
        async with Carrier(Settings()) as carrier:
            sender = Sender(
                Outbox(store.engine),
                Incidents(store.engine),
                carrier,
                lambda: NOW + after,
                f"run-{after}",
                print,
                asyncio.Event(),
            )
            await sender.deliver(channels)
            return sender.report

    return asyncio.run(run())


def states(store: Store) -> dict[str, tuple[str, str | None]]:
    query = select(delivery).where(delivery.c.state != State.SUPERSEDED.value)
    return {row.channel_id: (row.state, row.reason) for row in rows(store.engine, query)}


def told(store: Store) -> str:
    return " ".join(item.text for item in Incidents(store.engine).untold())


ERROR = ValueError(f"no room\nfor {SECRET}")
STRANGE = HttpRequest("POST", "http://127.0.0.1:9/", b"", {"a": 7})  # type: ignore[dict-item]
DEFECTS = {  # which function does what, the message's state after it, and what is said
    "ask-raises": ("request", ERROR, "retry", "request raised ValueError: no room for ***"),
    "ask-none": ("request", None, "retry", "request returned neither HttpRequest nor Handover but NoneType"),
    "ask-strange": ("request", STRANGE, "unknown", "request made a request that cannot be sent: TypeError"),
    "read-raises": ("classify", ERROR, "unknown", "classify raised ValueError: no room for ***"),
    "read-exits": ("classify", SystemExit(3), "unknown", "classify raised SystemExit: 3"),
    "read-bool": ("classify", True, "unknown", "classify returned no outcome but bool"),
}


@on_sqlite
def test_defect_in_sending_waits_is_told_and_harms_no_other_channel(
    store: Store, archive: Archive, chatroom: Chatroom
) -> None:
    calls = {name: Calls(result) for name, (_, result, _, _) in DEFECTS.items()}
    broken = [a_channel(chatroom, name, **{DEFECTS[name][0]: calls[name]}) for name in DEFECTS]
    for name in (*DEFECTS, "sound"):
        enqueue(store, Part(b'{"text":"a"}', (1,)), channel_id=name)
    report = deliver(store, (*broken, a_channel(chatroom, "sound")))
    found, notices = states(store), told(store)
    assert found["sound"] == ("sent", None)
    assert report.working_channels == {"sound"}
    for name, (_, _, state, said) in DEFECTS.items():
        assert found[name] == (state, found[name][1])
        assert f"defect in of-{name}: {said}" in str(found[name][1])
        assert f"Channel {name}: defect in of-{name}: {said}" in notices
        assert calls[name].number <= 2, "no hot loop"
    assert SECRET not in f"{notices} {found}"
    deliver(store, tuple(a_channel(chatroom, name) for name in DEFECTS), 2 * HOUR)
    assert {state for state, _ in states(store).values()} == {"sent"}
    assert Incidents(store.engine).open_subjects() == frozenset()


@on_sqlite
def test_message_that_cannot_be_marked_as_a_repeat_is_not_repeated_unmarked(
    store: Store, archive: Archive, chatroom: Chatroom
) -> None:
    results = {"mark-raises": ERROR, "mark-text": "text"}
    broken = tuple(a_channel(chatroom, name, mark_repeat=Calls(each)) for name, each in results.items())
    for name in results:
        chatroom.script(f"/services/T/B/{name}", Answer(500, b"oops"))
        enqueue(store, Part(b'{"text":"a"}', (1,)), channel_id=name)
    deliver(store, broken)
    assert {state for state, _ in states(store).values()} == {"unknown"}
    deliver(store, broken, 2 * HOUR)
    assert {state for state, _ in states(store).values()} == {"retry"}
    assert told(store).count(": mark_repeat ") == 2
    assert len(chatroom.posts) == 2


@on_sqlite
def test_refused_message_whose_plainer_form_cannot_be_written_is_given_up_and_told(
    store: Store, archive: Archive, chatroom: Chatroom
) -> None:
    results = {"raises": ERROR, "nothing": (), "text": ("text",), "none": None}
    for name in results:
        chatroom.always(f"/services/T/B/{name}", Answer(400, b"invalid_payload", taken=False))
        enqueue(store, Part(b'{"text":"a"}', (1,)), channel_id=name)
    deliver(store, tuple(a_channel(chatroom, name, render=Calls(each)) for name, each in results.items()))
    for name, (state, reason) in states(store).items():
        assert state == "dead"
        assert f"its plainer form cannot be written: defect in of-{name}: render" in str(reason)
        assert SECRET not in str(reason)
    assert told(store).count("given up") == len(results)


@pytest.mark.parametrize("result", [ERROR, (), [], ("text",), (Part("text", (1,)),), (Part(b"", ("1",)),)])  # type: ignore[arg-type]
def test_digest_without_a_proper_message_is_not_written(result: object) -> None:
    platform = replace(PLATFORMS["slack"], name="broken", render=Calls(result))
    with pytest.raises(DefectError, match=r"defect in broken: render (raised ValueError: no|returned no)"):
        render(platform, a_digest(), platform.keys.model_construct(), Style.RICH)
