"""What is told of one entry, on every database: what a name means, what rows say, why a channel was told or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Config, load_config
from alerts.delivery.attempt import State, Transition
from alerts.delivery.channelstate import ChannelStates
from alerts.delivery.outbox import Outbox
from alerts.fate import ChannelFate, tell_fates
from alerts.history import Candidate, History, Life
from alerts.records.archive import Archive
from crawler.records.store import Store
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.conftest import ROOT
from tests.database import examine_all, keep_article, keep_entry, part_of, select_digest

pytestmark = pytest.mark.slow  # every fate of an entry on both databases

LATER = NOW + timedelta(minutes=5)
LONG = "လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်။ " * 10  # there is fighting in Loikaw
DESK = {"id": "desk", "platform": "slack", "url": "https://chat.example/desk", "topics": ["loikaw"]}


@pytest.fixture
def history(archive: Archive) -> History:
    return History(archive.engine)


def configuration(tmp_path: Path, *channels: dict[str, Any]) -> Config:
    for name in ("topics.yaml", "lexicon.csv", "sources.yaml"):
        (tmp_path / name).write_text((ROOT / "config" / name).read_text("utf-8"), "utf-8")
    (tmp_path / "channels.yaml").write_text(json.dumps({"channels": channels}), "utf-8")
    return load_config(tmp_path, environ={})


def only(found: Sequence[Candidate]) -> Candidate:
    assert len(found) == 1
    return found[0]


def life_of(history: History, article_id: int) -> Life:
    return history.read(only(history.find(str(article_id))))


def fate(tmp_path: Path, history: History, article_id: int, channel: dict[str, Any]) -> ChannelFate:
    """Return how *channel*, the only one, stands to an article."""
    config = configuration(tmp_path, channel)
    life = life_of(history, article_id)
    (told,) = tell_fates(config, history.engine, life, config.channels, LATER)
    return told


# -- what a name means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "https://news.example/2026/11/clashes-1.html",
        "http://www.news.example/2026/11/clashes-1.html?utm_source=chat#top",
        "https://m.news.example/2026/11/clashes-1.html?fbclid=abc",
        "news.example/2026/11/clashes-1.html",
        " NEWS.example/2026/11/clashes-1.html ",
        "clashes-1.html",
        "CLASHES-1",
    ],
)
def test_article_is_found_by_every_spelling_of_its_address(store: Store, history: History, name: str) -> None:
    article_id = keep_article(store, 1)
    keep_article(store, 2)
    assert only(history.find(name)).article_id == article_id
    assert only(history.find(str(article_id))).article_id == article_id


def test_article_is_found_by_the_address_of_any_feed_that_brought_it(store: Store, history: History) -> None:
    article_id = keep_article(store, 1, canonical_url="https://news.example/kept.html")
    assert only(history.find("https://news.example/2026/11/clashes-1.html")).article_id == article_id
    assert only(history.find("https://news.example/kept.html")).article_id == article_id


def test_burmese_part_of_an_address_is_found_as_people_read_it(store: Store, history: History) -> None:
    address = "https://news.example/%E1%80%80%E1%80%9A%E1%80%AC%E1%80%B8/"
    article_id = keep_article(store, 1, canonical_url=address)
    assert only(history.find("ကယား")).article_id == article_id  # Kayah


def test_part_of_several_addresses_lists_them_and_a_sign_of_the_database_is_a_letter(
    store: Store, history: History
) -> None:
    ids = {keep_article(store, number) for number in (1, 2, 3)}
    assert {found.article_id for found in history.find("clashes-")} == ids
    assert history.find("clashes_1") == history.find("%") == history.find("") == ()


def test_whole_address_is_no_part_of_a_longer_one(store: Store, history: History) -> None:
    keep_article(store, 1)
    assert history.find("https://news.example/2026/11/clashes-") == ()


def test_number_only_means_an_article_and_beside_a_sign_a_part_of_an_address(
    store: Store, history: History
) -> None:
    article_id = keep_article(store, 1, canonical_url="https://news.example/a/7585813.html")
    assert history.find("0") == history.find("7585813") == history.find("9" * 40) == ()
    assert only(history.find("/7585813")).article_id == article_id


def test_entry_whose_page_was_not_read_yet_is_known(store: Store, history: History) -> None:
    pending = keep_entry(store, 1)
    life = history.read(only(history.find("clashes-1")))
    assert (life.article, [item.entry_id for item in life.entries]) == (None, [pending.entry_id])
    assert (life.entries[0].state, life.is_examined) == ("new", False)


def test_sources_that_brought_a_host_are_counted(store: Store, history: History) -> None:
    for number, source_id in ((1, "irrawaddy-en"), (2, "irrawaddy-en"), (3, "mizzima")):
        keep_article(store, number, source_id=source_id)
    assert history.sources_of_host("https://www.news.example/other") == {"irrawaddy-en": 2, "mizzima": 1}
    assert history.sources_of_host("https://ews.example/other") == {}


# -- what its rows say --------------------------------------------------------------------------------------------


def test_life_tells_attempts_failure_and_the_next_try(store: Store, history: History) -> None:
    pending = keep_entry(store)
    store.count_attempt(pending.entry_id)
    teaser = an_article(origin="summary", text="Teaser.")
    article_id = store.save_article(pending, teaser, NOW, retry_at=LATER, problem="403 challenge page")
    (item,) = life_of(history, article_id).entries
    assert (item.state, item.attempts, item.problem) == ("retry", 1, "403 challenge page")
    assert item.next_attempt == LATER


def test_life_tells_matches_story_and_every_entry(store: Store, archive: Archive, history: History) -> None:
    first = keep_article(store, 1, text=LONG)
    second = keep_article(store, 2, LATER, source_id="mizzima", text=LONG)
    (again,) = store.save_poll(a_poll(an_entry(1), source_id="google"), LATER)
    store.save_article(again, an_article(text=LONG), LATER)
    examine_all(archive, {"desk": ("loikaw",)})
    life = life_of(history, first)
    assert [item.source_id for item in life.entries] == ["irrawaddy-en", "google"]
    assert [other.article_id for other in life.others] == [second]
    assert life.found is not None
    assert [hit.matched for hit in life.found["loikaw"].hits] == ["Loikaw"]
    assert (life.is_examined, life.examination and life.examination.rules_hash) == (True, "rules-1")


def test_text_that_changed_since_is_not_examined(store: Store, archive: Archive, history: History) -> None:
    pending = keep_entry(store)
    article_id = store.save_article(pending, an_article(origin="summary", text="Teaser."), NOW)
    examine_all(archive, {})
    assert life_of(history, article_id).is_examined
    store.save_article(pending, an_article(text="The whole article on Loikaw."), LATER)
    assert not life_of(history, article_id).is_examined


# -- why a channel was told or not --------------------------------------------------------------------------------


def test_channel_that_was_told_names_digest_and_message(
    store: Store, archive: Archive, outbox: Outbox, history: History, tmp_path: Path
) -> None:
    article_id = keep_article(store)
    examine_all(archive, {"desk": ("loikaw",)})
    stories = archive.pending_stories("desk")
    selection = select_digest(stories)
    outbox.enqueue("desk", selection, [part_of(99), part_of(stories[0].story_id)], NOW)
    assert fate(tmp_path, history, article_id, DESK).standing == "waits"
    for _ in range(2):
        part = outbox.next_part("desk")
        claimed = outbox.claim(part, "run-1", LATER) if part else None
        assert claimed
        outbox.record(claimed, Transition(State.SENT, message_id=f"m-{claimed.part}"), "run-1", LATER)
    told = fate(tmp_path, history, article_id, DESK)
    assert (told.standing, told.at) == ("told", LATER)
    assert told.reason == f"digest {selection.digest.digest_id}"
    assert told.queued is not None
    assert [message.message_id for message in told.queued.messages] == ["m-2"]


@pytest.mark.parametrize(
    ("state", "words"), [(State.DEAD, "given up: HTTP 404"), (State.HELD, "held: HTTP 404")]
)
def test_message_that_was_given_up_or_held_says_why(
    store: Store,
    archive: Archive,
    outbox: Outbox,
    history: History,
    tmp_path: Path,
    state: State,
    words: str,
) -> None:
    article_id = keep_article(store)
    examine_all(archive, {"desk": ("loikaw",)})
    outbox.enqueue("desk", select_digest(archive.pending_stories("desk")), [part_of(1)], NOW)
    part = outbox.next_part("desk")
    assert part
    outbox.set_state([part.delivery_id], state, "HTTP 404", LATER)
    told = fate(tmp_path, history, article_id, DESK)
    assert (told.standing, words in told.reason) == ("failed", True)


def test_article_that_was_only_counted_says_so(
    store: Store, archive: Archive, outbox: Outbox, history: History, tmp_path: Path
) -> None:
    ids = [keep_article(store, number) for number in range(12)]
    examine_all(archive, {"desk": ("loikaw",)})
    selection = select_digest(archive.pending_stories("desk"), max_stories=2)
    outbox.enqueue("desk", selection, [part_of(1)], NOW)
    assert len(selection.counted) == 4
    told = fate(tmp_path, history, ids[0], DESK)  # of a flood the oldest are counted
    assert (told.standing, "+N more" in told.reason) == ("counted", True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "goes out with the next run"),
        ({"quiet": {"from": "12:00", "to": "18:30"}}, "quiet hours until 18:30"),
        ({"send": {"at": ["07:00", "19:00"]}}, "first run after 07:00 and 19:00"),
        (
            {"quiet": {"from": "12:00", "to": "18:30", "except": "urgent"}},
            "only urgent stories pass, this one is routine",
        ),
        ({"group_wait": "40m"}, "waits at most 40m for more to join it (group_wait)"),
    ],
)
def test_queued_article_says_what_it_waits_for(
    store: Store, archive: Archive, history: History, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    article_id = keep_article(store)
    examine_all(archive, {"desk": ("loikaw",)})
    told = fate(tmp_path, history, article_id, DESK | more)
    assert (told.standing, told.at, words in told.reason) == ("waits", NOW, True)


def test_queued_article_waits_for_the_interval_the_message_before_it_and_a_pause(
    store: Store, archive: Archive, outbox: Outbox, history: History, tmp_path: Path
) -> None:
    keep_article(store, 1)
    examine_all(archive, {"desk": ("loikaw",)})
    outbox.enqueue("desk", select_digest(archive.pending_stories("desk")), [part_of(1)], NOW)
    article_id = keep_article(store, 2, LATER)
    examine_all(archive, {"desk": ("loikaw",)}, LATER)
    hourly = DESK | {"send": {"every": "1h"}}
    part = outbox.next_part("desk")
    assert part
    assert f"message {part.delivery_id} before it" in fate(tmp_path, history, article_id, hourly).reason
    claimed = outbox.claim(part, "run-1", LATER)
    assert claimed
    outbox.record(claimed, Transition(State.SENT), "run-1", LATER)
    # last digest 05:54 UTC, an hour later in Yangon
    assert fate(tmp_path, history, article_id, hourly).reason == "the next digest is due 2026-11-22 13:24"
    outbox.enqueue("desk", select_digest(archive.pending_stories("desk")), [part_of(2)], LATER)
    late = keep_article(store, 3, LATER)
    examine_all(archive, {"desk": ("loikaw",)}, LATER)
    part = outbox.next_part("desk")
    claimed = outbox.claim(part, "run-1", LATER) if part else None
    assert claimed
    outbox.record(claimed, Transition(State.HELD, "HTTP 410"), "run-1", LATER)
    assert fate(tmp_path, history, late, hourly).reason == "the channel is paused: HTTP 410"
    assert ChannelStates(store.engine).load()["desk"].paused_at == LATER


def test_channel_that_is_not_told_says_why(
    store: Store, archive: Archive, history: History, tmp_path: Path
) -> None:
    article_id = keep_article(store, 1)
    assert fate(tmp_path, history, article_id, DESK).reason == "it has not been matched yet"
    examine_all(archive, {})
    other = DESK | {"topics": ["operation-1111"]}
    unset = DESK | {"url": "${UNSET_URL}"}
    assert fate(tmp_path, history, article_id, other).reason == "the channel wants operation-1111 only"
    assert (
        fate(tmp_path, history, article_id, unset).reason == "the channel was skipped: UNSET_URL is not set"
    )
    assert "was not there yet" in fate(tmp_path, history, article_id, DESK).reason
    nothing = keep_article(store, 2)
    examine_all(archive, {}, topic=None)
    assert fate(tmp_path, history, nothing, DESK).reason == "no topic was found in it"


def test_backlog_is_never_told(store: Store, archive: Archive, history: History, tmp_path: Path) -> None:
    old = an_entry(1, published=NOW - timedelta(days=3))
    (pending,) = store.save_poll(a_poll(old), NOW)
    article_id = store.save_article(pending, an_article(published=old.published), NOW)
    examine_all(archive, {"desk": ("loikaw",)})
    assert "first_run_window" in fate(tmp_path, history, article_id, DESK).reason


def test_channel_that_left_the_configuration_still_tells_what_it_owes(
    store: Store, archive: Archive, history: History, tmp_path: Path
) -> None:
    article_id = keep_article(store)
    examine_all(archive, {"gone": ("loikaw",)})
    config = configuration(tmp_path, DESK)
    fates = tell_fates(config, store.engine, life_of(history, article_id), config.channels, LATER)
    assert [(told.channel_id, told.standing) for told in fates] == [("desk", "not told"), ("gone", "waits")]
    assert fates[1].reason == "the channel is not in channels.yaml any more"
