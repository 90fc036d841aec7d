"""Topics tried on the archive, on every database: each article once, counted by day, against what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.archive import Archive, Examined
from alerts.backtest import BATCH, QUERY, Tally, Trial, WhyNot, count_articles, judge, read_filed
from alerts.history import Found
from alerts.match.lexicon import Lexicon, LexiconRow, read_lexicon
from alerts.match.matcher import compile_topics
from alerts.match.rule import TopicRule
from alerts.matching import within_scope
from alerts.model import Hit
from crawler.config import Source
from crawler.identity import text_hash
from crawler.model import StoredArticle
from crawler.store import Store
from tests.builders import NOW, a_hit, a_poll, an_article, an_entry
from tests.conftest import ROOT
from tests.contract.test_history import configuration
from tests.database import examine_all, keep_article

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
    store: Store, lexicon: Lexicon, *rules: TopicRule, sources: Sequence[Source] = (), max_samples: int = 10
) -> Trial:
    """Return the trial of *rules* on everything of the last 30 days."""
    trial = Trial(rules, lexicon, sources, YANGON, max_samples)
    for batch in read_filed(store.engine, MONTH, [rule.id for rule in rules]):
        for filed in batch:
            trial.look_at(filed)
    return trial


def only(trial: Trial) -> Tally:
    (tally,) = trial.tallies()
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
    trial = try_on(store, lexicon, LOIKAW)
    tally = only(trial)
    assert (trial.articles, tally.hits, tally.backlog, tally.copies) == (3, 2, 0, 0)
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
    trial = try_on(store, lexicon, LOIKAW)
    assert (trial.removed, trial.articles, only(trial).dropped) == (1, 1, 0)
    assert ids(only(trial).samples) == [bare]


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
    trial = try_on(store, lexicon, rule)
    tally = only(trial)
    assert (trial.waiting, tally.hits, tally.stored, tally.added, tally.dropped) == (1, 3, 2, 1, 1)
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
    trial = replace(LOIKAW, id=QUERY)
    assert only(try_on(store, lexicon, trial, sources=[narrow])).hits == 1
    assert only(try_on(store, lexicon, trial, sources=[wide])).hits == 1


def test_short_zawgyi_title_is_read_as_its_source_writes(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1, title="လြိဳင္ေကာ္", text="")  # Loikaw, in Zawgyi
    zawgyi = a_source(encoding="zawgyi", language="my")
    (sample,) = only(try_on(store, lexicon, LOIKAW, sources=[zawgyi])).samples
    assert (sample.title, sample.sentence.text) == ("လွိုင်ကော်", "လွိုင်ကော်")


# -- why a topic does not hold ------------------------------------------------------------------------------------


def an_archived(title: str, text: str, language: str | None = "en") -> StoredArticle:
    return StoredArticle(
        article_id=1,
        source_id="irrawaddy-en",
        url=None,
        title=title,
        text=text,
        language=language,
        author=None,
        published=None,
        first_seen=NOW,
        origin="page",
        truncated=False,
        text_sha256=text_hash(title, text),
        backlog=False,
    )


def a_rule(**changes: Any) -> TopicRule:
    return TopicRule("t", "T", **changes)


CALM = an_archived("Calm in Demoso", "Loikaw is calm. A Karenni school opened in Pekon.")
REASONS = [
    (a_rule(any=("Hpruso", "Mese")), "Hpruso, Mese does not stand in title or text (any)"),
    (a_rule(any=("Loikaw",), all=("Hpruso",)), "Hpruso does not stand in title or text (all[0])"),
    (a_rule(title=("Loikaw",)), "Loikaw stands in the text, but not in the title (title[0])"),
    (a_rule(title=("Mese",)), "Mese does not stand in the title (title[0])"),
    (a_rule(any=("Loikaw",), none=("Mese", "Pekon")), "“Pekon” (Pekon) drops the whole article (none)"),
    (
        a_rule(any=("school",), mask=("Karenni school",)),
        "school stands only in what the mask blanks: “Karenni school” (mask)",
    ),
    (
        a_rule(any=("Loikaw",), languages=("my",)),
        "the article is in 'en', and the topic is for my only (languages)",
    ),
    (a_rule(near=(("Loikaw", "Mese", 5),)), "Mese stands nowhere (near[0])"),
    (
        a_rule(near=(("Loikaw", "Pekon", 2),)),
        "Loikaw and Pekon stand too far apart, or in different paragraphs (near[0])",
    ),
    (
        a_rule(near=(("Karenni", "opened", 5),), mask=("Karenni school",)),
        "Karenni and opened stand together only in what the mask blanks (mask)",
    ),
]


@pytest.mark.parametrize(("rule", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_reason_names_the_clause_that_failed(rule: TopicRule, reason: str, lexicon: Lexicon) -> None:
    assert WhyNot(rule, lexicon).explain(CALM, None) == (reason,)


def test_ward_that_no_topic_may_rest_on_is_still_looked_for(lexicon: Lexicon) -> None:
    ward = LexiconRow("pekon-ward", "ward", "Pekon", "latin", "standard", "", "")
    wards = replace(lexicon, concepts={**lexicon.concepts, "pekon-ward": (ward,)})
    near = a_rule(near=(("@pekon-ward", "Mese", 5),))
    assert WhyNot(near, wards).explain(CALM, None) == ("Mese stands nowhere (near[0])",)
    (reason,) = WhyNot(a_rule(any=("Loikaw",), none=("@pekon-ward",)), wards).explain(CALM, None)
    assert reason == "“Pekon” (@pekon-ward) drops the whole article (none)"


def test_word_in_page_furniture_is_told_with_its_line(lexicon: Lexicon) -> None:
    page = an_archived("Rice", "Rice is dear in Yangon this week.\nRelated: Fighting goes on in Loikaw")
    (reason,) = WhyNot(LOIKAW, lexicon).explain(page, None)
    assert "page furniture: “Related: Fighting goes on in Loikaw”" in reason


def test_source_that_is_restricted_is_named(lexicon: Lexicon) -> None:
    (reason,) = WhyNot(LOIKAW, lexicon).explain(CALM, a_source(topics=["operation-1111"]))
    assert "irrawaddy-en is restricted to other topics" in reason
    rice = an_archived("Rice", "Rice is dear.")
    assert WhyNot(LOIKAW, lexicon).explain(rice, a_source(topics="all")) == ()


def test_there_is_a_reason_exactly_where_the_topic_does_not_hold(lexicon: Lexicon) -> None:
    texts = [CALM, an_archived("Mese", "Pekon and Hpruso."), an_archived("Loikaw", "Karenni school."), LONG]
    sources = [None, a_source(topics=["t"]), a_source(topics=["other"]), a_source(topics="all")]
    rules = [rule for rule, _ in REASONS] + [
        a_rule(any=("Loikaw", "school"), mask=("Loikaw is", "Karenni school"), none=("Mese",))
    ]
    seen = set()
    for rule in rules:
        matcher, why = compile_topics([rule], lexicon), WhyNot(rule, lexicon)
        for text in texts:
            found = an_archived("Loikaw", text) if isinstance(text, str) else text
            topics = matcher.find_matches(found.title, found.text, found.language).topics
            for source in sources:
                holds = "t" in within_scope(topics, source, ["t"])
                assert bool(why.explain(found, source)) is not holds, (rule, found.title, source)
                seen.add(holds)
    assert seen == {True, False}


def test_article_is_judged_by_the_rules_of_today_beside_what_was_found_then(
    tmp_path: Path, lexicon: Lexicon
) -> None:
    config = configuration(tmp_path)
    stale = a_hit("Demoso is calm.", "Demoso")
    then = {
        "loikaw": Found((a_hit(),), NOW),
        "operation-1111": Found((stale,), NOW),
        "old": Found((stale,), NOW),
    }
    judged = judge(config, CALM, then)
    assert judged.rules_hash == compile_topics(config.topics, config.lexicon).rules_hash
    loikaw, operation, old = judged.verdicts
    assert (loikaw.holds, loikaw.then, [hit.matched for hit in loikaw.hits]) == (True, NOW, ["Loikaw"])
    assert (operation.holds, operation.hits) == (False, (stale,))
    assert operation.reasons == ("@operation-1111 does not stand in title or text (any)",)
    assert (old.holds, old.reasons) == (False, ("the topic is not in topics.yaml any more",))
    gone = replace(CALM, text="")
    assert {verdict.holds for verdict in judge(config, gone, then).verdicts if verdict.topic_id != "old"} == {
        None
    }


def test_hit_of_an_older_text_is_shown_by_its_own_sentence(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, 1, title="Rice", text="Rice is dear.")
    ((found, revision),) = archive.to_examine(10)
    hit = Hit("Loikaw", "Loikaw", "text", 40, 46, "Loikaw", "An older text\nnamed Loikaw.")
    archive.save_examined([(Examined(found, {"loikaw": (hit,)}), revision)], "r", {}, NOW)
    (gone,) = only(try_on(store, lexicon, LOIKAW)).dropped_samples
    assert gone.sentence.text == "An older text named Loikaw."
