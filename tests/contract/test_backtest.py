"""Topics tried on the archive, on every database: each article once, counted by day, against what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.backtest import BATCH, QUERY, Backtest, Tally, count_articles, read_filed
from alerts.match.lexicon import Lexicon, read_lexicon
from alerts.match.rule import TopicRule
from alerts.model import Hit
from alerts.records.archive import Archive, Examined
from crawler.config import Source
from crawler.records.store import Store
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.conftest import ROOT
from tests.database import examine_all, keep_article

pytestmark = pytest.mark.slow  # archives of both databases tried again and again

YANGON = ZoneInfo("Asia/Yangon")
MONTH = NOW - timedelta(days=30)
LOIKAW = TopicRule("loikaw", "Loikaw", any=("Loikaw", "လွိုင်ကော်"))  # the town's name in both scripts
LONG = "Fighting near Loikaw went on through the night, and families left for the hills with what they could carry."


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(ROOT / "config" / "lexicon.csv")


def a_source(**changes: Any) -> Source:
    facts: dict[str, Any] = {
        "id": "irrawaddy-en",
        "name": "The Irrawaddy",
        "language": "en",
        "perspective": "independent",
        "routes": [{"kind": "feed", "url": "https://news.example/feed"}],
    }
    return Source.model_validate(facts | changes)


def try_on(
    store: Store,
    lexicon: Lexicon,
    *rules: TopicRule,
    sources: Sequence[Source] = (),
    max_samples: int = 10,
    is_adhoc: bool = False,
) -> Backtest:
    """Return the backtest of *rules* on everything of the last 30 days."""
    tried = Backtest(rules, lexicon, sources, YANGON, max_samples, is_adhoc=is_adhoc)
    for batch in read_filed(store.engine, MONTH, [rule.id for rule in rules]):
        for filed in batch:
            tried.look_at(filed)
    return tried


def only(tried: Backtest) -> Tally:
    (tally,) = tried.tallies()
    return tally


def ids(samples: Sequence[Any]) -> list[int]:
    return [sample.article_id for sample in samples]


# -- reading ------------------------------------------------------------------------------------------------------


def test_every_article_since_then_is_read_once_in_batches(store: Store, archive: Archive) -> None:
    feed = [an_entry(number) for number in range(BATCH + 5)]
    for pending in store.save_poll(a_poll(*feed, first_polled_at=MONTH), NOW):
        store.save_article(pending, an_article(text=pending.entry.title), NOW)
    before = keep_article(store, 9999, MONTH - timedelta(seconds=1))
    batches = list(read_filed(store.engine, MONTH, ["loikaw"]))
    assert [len(batch) for batch in batches] == [BATCH, 5]
    read = [filed.article.article_id for batch in batches for filed in batch]
    assert (len(set(read)), before in read) == (BATCH + 5, False)
    assert count_articles(store.engine, MONTH) == BATCH + 5


def test_empty_archive_has_nothing_to_read(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    assert list(read_filed(store.engine, MONTH, ["loikaw"])) == []
    assert only(try_on(store, lexicon, LOIKAW)) == Tally("loikaw")


# -- counting -----------------------------------------------------------------------------------------------------


def test_hits_are_counted_by_local_day_outlet_and_form(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    late = NOW.replace(hour=20)  # the next day in Yangon
    keep_article(store, 1)
    keep_article(
        store, 2, late, source_id="dvb", title="Calm", text="လွိုင်ကော်မြို့။ Loikaw, Loikaw."
    )  # Loikaw town
    keep_article(store, 3, title="Rice", text="Rice is dear in Yangon.")
    tried = try_on(store, lexicon, LOIKAW)
    tally = only(tried)
    assert (tried.articles, tally.hits, tally.backlog, tally.copies) == (3, 2, 0, 0)
    assert tally.days == {date(2026, 11, 22): 1, date(2026, 11, 23): 1}
    assert tally.sources == {"irrawaddy-en": 1, "dvb": 1}
    assert tally.forms == {"Loikaw": 2, "လွိုင်ကော်": 1}


def test_samples_are_the_newest_with_their_words_marked(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    made = [keep_article(store, number, NOW + timedelta(hours=number)) for number in range(4)]
    tally = only(try_on(store, lexicon, LOIKAW, max_samples=2))
    assert (tally.hits, ids(tally.samples)) == (4, [made[3], made[2]])
    sentence = tally.samples[0].sentence
    assert [sentence.text[start:end] for start, end in sentence.marks] == ["Loikaw"]


def test_copies_have_the_same_long_text_or_the_same_long_title(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    headline = "Clashes resume near Loikaw after a week"
    first = keep_article(store, 1, title=headline, text=LONG)
    same_text = keep_article(store, 2, title="Night in the hills", text=f"  {LONG.upper()}\n")
    same_title = keep_article(store, 3, title="CLASHES  resume near Loikaw – after a week", text="Loikaw.")
    short = [keep_article(store, number, title="Photo", text="Loikaw.") for number in (4, 5)]
    tally = only(try_on(store, lexicon, LOIKAW))
    copies = {sample.article_id for sample in tally.samples if sample.is_copy}
    assert (tally.hits, tally.copies, copies) == (5, 2, {same_text, same_title})
    assert copies.isdisjoint({first, *short})


def test_backlog_is_counted_apart(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    old = an_entry(1, published=NOW - timedelta(days=3))
    (pending,) = store.save_poll(a_poll(old), NOW)
    store.save_article(pending, an_article(published=old.published), NOW)
    tally = only(try_on(store, lexicon, LOIKAW))
    assert (tally.hits, tally.backlog, tally.backlog_days) == (1, 1, {date(2026, 11, 22): 1})


def test_text_that_retention_took_is_no_drop_and_a_text_that_never_was_is_tried(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1)
    bare = keep_article(store, 2, NOW, title="Loikaw in one headline", text="")
    examine_all(archive, {})
    store.purge(NOW + timedelta(days=1))
    tried = try_on(store, lexicon, LOIKAW)
    assert (tried.removed, tried.articles, only(tried).dropped) == (1, 1, 0)
    assert ids(only(tried).samples) == [bare]


# -- against what is stored ---------------------------------------------------------------------------------------


def test_new_rules_tell_what_they_add_and_drop_and_why(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    kept = keep_article(store, 1, text="Loikaw is calm.")
    dropped = keep_article(store, 2, title="Camp", text="A hotel in Loikaw Street, Yangon.")
    examine_all(archive, {})
    added = keep_article(store, 3, text="Demoso is calm.", title="Calm")
    examine_all(archive, {}, topic=None)
    waiting = keep_article(store, 4, text="Loikaw again.")
    rule = replace(LOIKAW, any=("Loikaw", "Demoso"), mask=("Loikaw Street",))
    tried = try_on(store, lexicon, rule)
    tally = only(tried)
    assert (tried.waiting, tally.hits, tally.stored, tally.added, tally.dropped) == (1, 3, 2, 1, 1)
    assert (ids(tally.added_samples), ids(tally.dropped_samples)) == ([added], [dropped])
    assert set(ids(tally.samples)) == {waiting, added, kept}
    (gone,) = tally.dropped_samples
    assert gone.sentence.text == "A hotel in Loikaw Street, Yangon."
    assert gone.reasons == ("Loikaw, Demoso stands only in what the mask blanks: “Loikaw Street” (mask)",)


def test_scope_of_a_source_restricts_or_takes_all(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    keep_article(store, 1)
    rice = keep_article(store, 2, title="Rice", text="Rice is dear.")
    narrow, wide = a_source(topics=["operation-1111"]), a_source(topics="all")
    assert only(try_on(store, lexicon, LOIKAW, sources=[narrow])).hits == 0
    tally = only(try_on(store, lexicon, LOIKAW, sources=[wide]))
    assert (tally.hits, tally.forms) == (2, {"Loikaw": 1})
    assert [sample.sentence.text for sample in tally.samples if sample.article_id == rice] == [""]
    words = replace(LOIKAW, id=QUERY)
    assert only(try_on(store, lexicon, words, sources=[narrow], is_adhoc=True)).hits == 1
    assert only(try_on(store, lexicon, words, sources=[wide], is_adhoc=True)).hits == 1


def test_topic_of_the_configuration_may_be_called_as_the_words_tried_are(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1)
    examine_all(archive, {}, topic=QUERY)
    added = keep_article(store, 2, text="Demoso is calm.")
    examine_all(archive, {}, topic=None)
    rule = replace(LOIKAW, id=QUERY, any=("Demoso",))
    tried = try_on(store, lexicon, rule)
    assert (tried.is_compared, only(tried).stored, only(tried).added, only(tried).dropped) == (True, 1, 1, 1)
    assert ids(only(tried).added_samples) == [added]
    assert only(try_on(store, lexicon, rule, sources=[a_source(topics=["loikaw"])])).hits == 0


def test_words_tried_are_not_compared_with_what_is_stored_under_the_same_name(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1)
    examine_all(archive, {}, topic=QUERY)
    tried = try_on(store, lexicon, replace(LOIKAW, id=QUERY, any=("Demoso", "Karenni")), is_adhoc=True)
    tally = only(tried)
    assert (tried.is_compared, tally.stored, tally.added, tally.dropped) == (False, 0, 0, 0)
    assert tally.added_samples == tally.dropped_samples == ()


def test_short_zawgyi_title_is_read_as_its_source_writes(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1, title="လြိဳင္ေကာ္", text="")  # Loikaw, in Zawgyi
    zawgyi = a_source(encoding="zawgyi", language="my")
    (sample,) = only(try_on(store, lexicon, LOIKAW, sources=[zawgyi])).samples
    assert (sample.title, sample.sentence.text) == ("လွိုင်ကော်", "လွိုင်ကော်")


def test_hit_of_an_older_text_is_shown_by_its_own_sentence(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1, title="Rice", text="Rice is dear.")
    ((found, revision),) = archive.to_examine(10)
    hit = Hit("Loikaw", "Loikaw", "text", 40, 46, "Loikaw", "An older text\nnamed Loikaw.")
    archive.save_examined([(Examined(found, {"loikaw": (hit,)}), revision)], "r", {}, NOW)
    (gone,) = only(try_on(store, lexicon, LOIKAW)).dropped_samples
    assert gone.sentence.text == "An older text named Loikaw."
