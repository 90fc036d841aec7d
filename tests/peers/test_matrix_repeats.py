"""No message twice in a real room, whatever becomes of answers, senders and the homeserver itself."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.message.platform import Delivery, RetryLater, Sent
from alerts.transport.http import Timeouts
from crawler.errors import TransportError
from tests.builders import NOW
from tests.lossy.figures import judge
from tests.lossy.ordeal import Line, Ordeal, digests
from tests.lossy.way import LossyWay, Odds
from tests.peers.lossyroom import DIGESTS, as_queued, send_digests
from tests.peers.room import Room, a_text, put_all
from tests.peers.synapse import Account, Homeserver
from tests.peers.tally import count

pytestmark = pytest.mark.xdist_group("synapse")
HASTY = Timeouts(read_s=0.2)


def test_repeat_of_a_message_is_the_same_event_across_lost_answers_and_a_crash_of_the_server(
    room: Room,
) -> None:
    deliveries = [Delivery(a_text(f"no. {number}"), f"again-{number}", NOW) for number in range(10)]
    with LossyWay(room.homeserver.port, Odds(withheld=1), seed=1) as way:
        lossy = room.homeserver.keys(room.sender, room.room_id, way.base_url)
        for delivery in deliveries:
            with pytest.raises(TransportError, match="no answer in time") as lost:
                put_all(lossy, delivery, timeouts=HASTY)
            assert lost.value.sent
        assert all(crossing.acted for crossing in way.crossings)
    room.homeserver.stop(signal.SIGKILL)
    room.homeserver.start()
    outcomes = put_all(room.keys, *deliveries)
    again = put_all(room.keys, *(replace(each, body=a_text("other")) for each in deliveries))
    assert outcomes == again == [Sent(event["event_id"]) for event in room.messages()]


def test_eight_senders_of_one_message_at_once_make_one_event(room: Room) -> None:
    outcomes = put_all(room.keys, *[Delivery(a_text("once"), "at-once", NOW)] * 8, at_once=True)
    (event,) = room.messages()
    assert outcomes == [Sent(event["event_id"])] * 8


def test_two_hundred_digests_with_lost_answers_two_kills_and_a_restart_are_two_hundred_messages(
    homeserver: Homeserver, accounts: tuple[Account, Account], tmp_path: Path
) -> None:
    figures, about = send_digests(tmp_path, homeserver, *accounts, seed=6)
    assert (figures.lost, figures.faults) == ((), ())
    assert (figures.queued, figures.shown, figures.repeats) == (DIGESTS, DIGESTS, 0)
    assert figures.needless == 0, "no message says that it may be a repeat"
    assert figures.timeouts >= figures.requests * 0.2
    assert "2 kills, 1 restart" in about
    what = f"requests for {DIGESTS} digests, {figures.timeouts} answers withheld, {about}: {figures.shown} messages"
    count("Synapse", figures.requests, what)


def test_rate_limit_is_waited_for_as_the_server_asks_and_everything_arrives_in_order(tmp_path: Path) -> None:
    """The default for a user is 0.2 a second; the burst is 2 here, of which entering the room takes one."""
    (tmp_path / "server").mkdir()
    (tmp_path / "sender").mkdir()
    with Homeserver(tmp_path / "server", {"per_second": 0.2, "burst_count": 2}) as homeserver:
        sender, reader = homeserver.register("newswatch"), homeserver.register("reader")
        room = Room(homeserver, sender, reader, homeserver.create_room(reader, sender))
        first, *_, last = room.put(*[a_text("hello")] * 3, name="quick")
        assert isinstance(first, Sent)
        assert isinstance(last, RetryLater)
        assert last.rate_limited
        assert last.after is not None
        assert timedelta(seconds=1) < last.after <= timedelta(seconds=6)

        with LossyWay(homeserver.port, Odds(), 1) as way:
            keys = {"homeserver": way.base_url, "token": sender.token, "room": room.room_id}
            line = Line("matrix", "matrix", keys, way)
            with Ordeal(tmp_path / "sender", [line], 1, Timeouts()) as ordeal:
                ordeal.queue(digests(3))
                ordeal.run()
            told = [event for event in room.messages() if event["content"]["body"] != "hello"]
            figures = judge(line, as_queued(line, told))
    assert (figures.shown, figures.lost, figures.faults) == (3, (), ())
    assert figures.requests > 3, "at least one was told to wait"
