"""``explain`` and ``backtest`` through the program, after a run: what became of entries, what a topic would find."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from alerts.text.width import display_width
from tests.chatroom import Answer, Chatroom
from tests.e2e.newsdesk import set_up, slack
from tests.e2e.program import Finished, Program
from tests.e2e.test_try import ESCAPE, in_terminal
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow  # a dozen starts of the program

TO_THE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class After:
    """A program after one run, and the address of its outlets."""

    program: Program
    base: str

    def do(self, *words: str) -> Finished:
        return self.program.do(*words)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[After]:
    """Yield the program after a run that told one channel, failed at another and left a third waiting."""
    with Newsroom() as newsroom, Chatroom() as chatroom:
        channels = [
            slack(chatroom),
            slack(chatroom, "broken"),
            slack(chatroom, "morning", topics=["operation-1111"], send={"at": ["07:00"]}),
            {"id": "later", "platform": "slack", "url": "${UNSET_URL}"},
        ]
        program = set_up(tmp_path_factory.mktemp("explain"), newsroom, channels)
        chatroom.always("/services/T0/B0/broken", Answer(503, b"", taken=False))
        newsroom.behave("/outlet-a/feed/north", "/403-challenge")
        assert program.run().report["deliveries"]["sent"] == 1
        yield After(program, newsroom.url(""))


def test_sent_article_is_explained_stage_by_stage(after: After) -> None:
    done = after.do("explain", f"{after.base}/outlet-a/feed/clinic/?utm_source=chat")
    assert (done.status, done.err) == (0, "")
    for words in (
        "Clinic reopens in the east of the town",
        "told: desk",
        "in outlet-a (Outlet-A), with its first poll",
        "characters · from the page · English",
        "under today's rules",
        "loikaw          yes: Loikaw ×1",
        "│ A clinic in «Loikaw» opened its doors again after two months.",
        "operation-1111  no: @operation-1111 does not stand in title or text (any)",
        "HTTP 503",
        "not told · the channel wants operation-1111 only",
        "not told · the channel was skipped: UNSET_URL is not set",
    ):
        assert words in done.out
    assert "/services/" not in done.out
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize("words", [("explain", "clinic"), ("backtest", "--topic", "loikaw")])
def test_lines_fit_a_terminal_and_have_colours_where_they_may(after: After, words: tuple[str, ...]) -> None:
    status, screen = in_terminal(after.program, 64, *words, NO_COLOR="")
    plain = ESCAPE.sub("", screen)
    assert status == 0
    assert "\x1b[1;33mLoikaw\x1b[0m" in screen
    assert "«" not in screen
    assert max(map(display_width, plain.splitlines())) <= 64
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, bare = in_terminal(after.program, 64, *words, **environ)
        assert "\x1b" not in bare
        assert "«Loikaw»" in bare


def test_explanation_is_one_object_for_programs(after: After) -> None:
    number = json.loads(after.do("explain", "anniversary", "--json").out)["article"]["article_id"]
    told = after.do("explain", str(number), "--json").report
    standings = {name: channel["standing"] for name, channel in told["channels"].items()}
    assert standings == {"desk": "told", "broken": "waits", "morning": "waits", "later": "not told"}
    assert "after 07:00" in told["channels"]["morning"]["reason"]
    assert [message["state"] for message in told["channels"]["desk"]["queued"]["messages"]] == ["sent"]
    assert (told["topics"]["operation-1111"]["holds"], told["topics"]["loikaw"]["holds"]) == (True, False)
    assert told["examined"]["same_rules"] is True
    assert (told["entries"][0]["state"], told["entries"][0]["source_id"]) == ("settled", "outlet-b")
    assert told["article"]["text"] is None
    assert told["article"]["text_chars"] > 100
    moments = [told["article"]["first_seen"], told["entries"][0]["first_seen"], told["examined"]["at"]]
    moments += [told["topics"]["operation-1111"]["then"], told["channels"]["desk"]["at"]]
    assert all(TO_THE_SECOND.fullmatch(moment) for moment in moments), moments


def test_unsent_article_names_the_reason(after: After) -> None:
    done = after.do("explain", "outlet-a/feed/north")
    assert "page not read: 403 challenge page (1 attempt); tried again " in done.out
    assert "0 characters · summary only" in done.out
    assert "not told: desk, broken, morning, later · no topic was found in it" in done.out


def test_part_of_several_addresses_lists_them(after: After) -> None:
    done = after.do("explain", "outlet-a/feed")
    assert (done.status, done.out) == (2, "")
    assert "is a part of 3 addresses; name one:" in done.err
    assert f"{after.base}/outlet-a/feed/road" in done.err


def test_address_that_nobody_brought_names_the_sources_of_its_site(after: After) -> None:
    done = after.do("explain", f"{after.base}/outlet-a/other")
    assert done.status == 0
    assert "No source has brought this address" in done.out
    assert "outlet-b" in done.out
    told = after.do("explain", "https://nobody.example/x", "--json").report
    assert (told["known"], told["sources"]) == (False, [])


@pytest.mark.parametrize("name", ["99", "no-such-part", "feed_a"])
def test_name_of_nothing_is_a_usage_error(after: After, name: str) -> None:
    done = after.do("explain", name)
    assert (done.status, done.out) == (2, "")
    assert "articles have the numbers 1 to 5" in done.err


@pytest.mark.parametrize("name", ["0", "6", "9" * 30])
def test_number_that_is_no_article_says_so_whatever_addresses_hold_it(after: After, name: str) -> None:
    done = after.do("explain", name)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"there is no article {name}: articles have the numbers 1 to 5; " in done.err
    assert f"/{name}" in done.err


def test_backtest_counts_draws_and_shows(after: After) -> None:
    done = after.do("backtest", "--topic", "loikaw", "--since", "7d")
    assert (done.status, done.err) == (0, "")
    for words in (
        "5 articles first seen since",
        "loikaw: 2 hits",
        "Copies: 0 (0%)",
        "██ 2",
        "outlet-a ×2",
        "လွိုင်ကော် ×1",
        "│ A clinic in «Loikaw» opened its doors again after two months.",
        "Against the 2 stored matches: today's rules add none and drop none.",
    ):
        assert words in done.out


def test_words_can_be_tried_as_a_topic(after: After) -> None:
    told = after.do("backtest", "--query", "clinic", "--query", "@operation-1111", "--json").report
    assert (told["articles"], told["compared"]) == (5, False)
    assert TO_THE_SECOND.fullmatch(told["since"])
    assert TO_THE_SECOND.fullmatch(told["topics"]["query"]["samples"][0]["first_seen"])
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in told["topics"]["query"]["days"])
    query = told["topics"]["query"]
    assert (query["hits"], query["forms"]) == (2, {"clinic": 1, "Operation 1111": 1})
    assert {sample["source_id"] for sample in query["samples"]} == {"outlet-a", "outlet-b"}
    assert (query["stored"], query["added"], query["dropped"]) == (0, 0, 0)
    assert query["added_samples"] == query["dropped_samples"] == []
    assert "stored matches" not in after.do("backtest", "--query", "clinic").out


def test_other_words_for_a_topic_show_what_they_add_and_drop_and_change_nothing(after: After) -> None:
    before = after.program.rows("SELECT article_id, topic_id, hits FROM match ORDER BY id")
    told = after.do(
        "backtest", "--topic", "loikaw", "--query", "Yangon", "--query", "medicine", "--json"
    ).report
    topic = told["topics"]["loikaw"]
    assert (topic["stored"], topic["added"], topic["dropped"]) == (2, 2, 1)
    (gone,) = topic["dropped_samples"]
    assert gone["reasons"] == ["Yangon, medicine does not stand in title or text (any)"]
    assert after.program.rows("SELECT article_id, topic_id, hits FROM match ORDER BY id") == before


def test_change_of_the_topics_file_is_seen_before_the_next_run(after: After) -> None:
    written = after.program.config / "topics.yaml"
    rules = written.read_text("utf-8")
    try:
        written.write_text(rules.replace('["@loikaw"]', '["@demoso"]'), "utf-8")
        changed = after.do("explain", "clinic")
        assert "under other rules than today's" in changed.out
        assert "but would not be today: @demoso does not stand in title or text (any)" in " ".join(
            changed.out.split()
        )
        shown = after.do("backtest", "--topic", "loikaw")
        assert "today's rules add 0, drop 2." in shown.out
    finally:
        written.write_text(rules, "utf-8")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "topics: loikaw, operation-1111"),
        (("--topic", "loikwa"), "no topic 'loikwa' in topics.yaml"),
        (("--query", "@loikwa"), "did you mean @loikaw?"),
        (("--query", "x", "--topic", "loikaw", "--topic", "operation-1111"), "name one --topic at most"),
        (("--topic", "loikaw", "--since", "30"), "--since"),
    ],
)
def test_slip_is_one_line_with_the_remedy(after: After, words: tuple[str, ...], hint: str) -> None:
    done = after.do("backtest", *words)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert hint in done.err
