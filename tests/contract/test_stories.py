"""Stories on every database: joined in other words and languages, never renamed, whole after a kill, bounded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from alerts.config import Config, load_config
from alerts.delivery.outbox import Outbox
from alerts.digest.compose import SourceFacts, compose_digest
from alerts.matching import match_articles
from alerts.model import Story
from alerts.records.archive import Archive
from alerts.records.storybook import KEPT
from alerts.records.tables import alert, story, story_article, story_core, story_key, story_link, story_rarity
from alerts.story.memory import Memory
from alerts.story.standing import read_standing
from crawler.errors import StoreError
from crawler.records.store import Store
from tests.builders import NOW, a_writer
from tests.conftest import ROOT
from tests.database import keep_article, part_of, rows, select_digest
from tests.quality.stories import fingerprint_all, read_own

DESK = {"desk": ("loikaw",)}
# None of the first two names Loikaw; the third does: a clinic bombed near Hpruso, on the road from Loikaw.
ENGLISH = (
    "Two jets bombed a clinic near Hpruso on Saturday. Three nurses were killed and eight patients injured."
)
BURMESE = "ဖရူဆိုအနီး ဆေးခန်းတစ်ခုကို စနေနေ့က တိုက်လေယာဉ်ဖြင့် ဗုံးကြဲရာ သူနာပြု ၃ ဦး သေဆုံးပြီး လူနာ ၈ ဦး ဒဏ်ရာရသည်။"
NAMING = (
    "Between Loikaw and Hpruso a clinic was bombed on Saturday; three nurses died, eight patients were hurt."
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("config")
    for name in ("topics.yaml", "lexicon.csv", "sources.yaml"):
        (folder / name).write_text((ROOT / "config" / name).read_text("utf-8"), "utf-8")
    return load_config(folder, environ={})


def stories_of(store: Store) -> dict[int, int]:
    query = select(story_article.c.article_id, story_article.c.story_id)
    return {row.article_id: row.story_id for row in rows(store.engine, query)}


def keep(
    store: Store, number: int, body: str, title: str = "Clinic bombed near Hpruso", **more: object
) -> int:
    return keep_article(store, number, NOW + timedelta(hours=number), title=title, text=body, **more)


def test_reports_in_two_languages_are_one_story_whoever_is_matched(
    store: Store, archive: Archive, config: Config
) -> None:
    unmatched = [keep(store, 1, ENGLISH), keep(store, 2, BURMESE, "ဆေးခန်း ဗုံးကြဲခံရ")]  # clinic bombed
    report = match_articles(archive, config, DESK, NOW + timedelta(hours=2))
    assert (report.new_stories, archive.pending_stories("desk")) == (set(), ())
    assert len(set(stories_of(store).values())) == 1
    matched = keep(store, 3, NAMING, source_id="mizzima")
    report = match_articles(archive, config, DESK, NOW + timedelta(hours=3))
    assert (len(report.new_stories), len(report.grown_stories)) == (1, 0)
    (pending,) = archive.pending_stories("desk")
    assert [found.article.article_id for found in pending.reports] == [*unmatched, matched]
    assert pending.topics == {"loikaw"}


def test_told_story_that_gains_a_report_without_the_topic_is_an_update(
    store: Store, archive: Archive, outbox: Outbox, config: Config
) -> None:
    keep(store, 1, NAMING)
    match_articles(archive, config, DESK, NOW + timedelta(hours=1))
    (first,) = archive.pending_stories("desk")
    outbox.enqueue("desk", select_digest([first]), [part_of(first.story_id)], NOW)
    late = keep(store, 5, BURMESE, "ဆေးခန်း ဗုံးကြဲခံရ", source_id="mizzima")  # clinic bombed
    report = match_articles(archive, config, DESK, NOW + timedelta(hours=5))
    assert (report.new_stories, report.grown_stories) == (set(), {first.story_id})
    (update,) = archive.pending_stories("desk")
    assert (update.story_id, update.told_source_ids) == (first.story_id, ("irrawaddy-en",))
    assert [found.article.article_id for found in update.reports] == [late]


def test_outlets_and_origins_are_counted_and_copies_name_whom_they_repeat(
    store: Store, archive: Archive, config: Config
) -> None:
    keep(store, 1, NAMING * 2, source_id="irrawaddy-en")
    keep(store, 2, f"{NAMING * 2} More follows.", "Clinic hit", source_id="mizzima-en")
    keep(store, 3, BURMESE, "ဆေးခန်း ဗုံးကြဲခံရ", source_id="dvb-my")  # clinic bombed
    match_articles(archive, config, DESK, NOW + timedelta(hours=3))
    told = compose(archive)
    assert (told.outlets, told.origins) == (3, 2)
    assert [(report.outlet, report.copy_of) for report in told.reports] == [
        ("Irrawaddy", None),
        ("Mizzima", "Irrawaddy"),
        ("DVB", None),
    ]


def compose(archive: Archive) -> Story:
    names = {"irrawaddy-en": "Irrawaddy", "mizzima-en": "Mizzima", "dvb-my": "DVB"}
    selection = compose_digest(
        archive.pending_stories("desk"),
        channel_id="desk",
        title="Loikaw",
        now=NOW + timedelta(hours=4),
        timezone="Asia/Yangon",
        max_stories=20,
        topic_names={"loikaw": "Loikaw"},
        sources={key: SourceFacts(name, "independent") for key, name in names.items()},
        coverage=None,
        writer=a_writer(),
    )
    (only,) = selection.digest.stories
    return only


def test_source_restricted_to_other_topics_is_not_listed(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    for name in ("topics.yaml", "lexicon.csv"):
        (tmp_path / name).write_text((ROOT / "config" / name).read_text("utf-8"), "utf-8")
    (tmp_path / "sources.yaml").write_text(
        "sources:\n"
        "  - {id: narrow, name: Narrow, language: en, perspective: ethnic, topics: [operation-1111],\n"
        "     routes: [{kind: feed, url: 'https://example.org/'}]}\n"
        "  - {id: wide, name: Wide, language: en, perspective: ethnic,\n"
        "     routes: [{kind: feed, url: 'https://example.net/'}]}\n"
    )
    config = load_config(tmp_path, environ={})
    keep(store, 1, ENGLISH, source_id="narrow")
    matched = keep(store, 2, NAMING, source_id="wide")
    match_articles(archive, config, DESK, NOW + timedelta(hours=2))
    (pending,) = archive.pending_stories("desk")
    assert [found.article.article_id for found in pending.reports] == [matched]
    assert len(pending.members) == 2


def test_a_story_keeps_its_number_and_its_reports_when_texts_grow(
    store: Store, archive: Archive, config: Config
) -> None:
    ids = [keep(store, 1, ENGLISH), keep(store, 2, BURMESE, "ဆေးခန်း ဗုံးကြဲခံရ")]  # clinic bombed
    match_articles(archive, config, DESK, NOW)
    before = stories_of(store)
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE article SET revision = 2, text = 'Rice is dear in Mese, traders said.'")
        )
    match_articles(archive, config, DESK, NOW + timedelta(hours=1))
    assert stories_of(store) == before
    assert before.keys() == set(ids)


def test_stored_stories_are_those_of_the_same_stream_in_memory(
    store: Store, archive: Archive, config: Config
) -> None:
    articles = sorted(read_own("held"), key=lambda article: str(article.published))
    ids = []
    for number, one in enumerate(articles):
        assert one.published is not None
        ids.append(
            keep_article(
                store,
                number,
                one.published,
                title=one.title,
                text=one.text,
                published=one.published,
                language=None,
            )
        )
    match_articles(archive, config, DESK, NOW)
    stored = stories_of(store)
    memory = Memory(read_standing(config.lexicon, config.topics))
    fingerprints = fingerprint_all(articles)
    grouped = {one.id: memory.add(fingerprints[one.id])[0] for one in articles}
    partition = {frozenset(number for number, story_id in enumerate(grouped.values()) if story_id == wanted)
                 for wanted in grouped.values()}  # fmt: skip
    assert partition == {
        frozenset(number for number, article_id in enumerate(ids) if stored[article_id] == wanted)
        for wanted in stored.values()
    }


def test_a_commit_that_fails_leaves_no_story_and_no_count_behind(
    store: Store, archive: Archive, config: Config
) -> None:
    keep(store, 1, ENGLISH)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE story_core RENAME TO gone"))
    with pytest.raises(StoreError):
        match_articles(archive, config, DESK, NOW)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO story_core"))
    assert count(store, story_article) == count(store, story_rarity) == count(store, story_key) == 0
    match_articles(archive, config, DESK, NOW)
    assert (count(store, story), count(store, story_core)) == (1, 1)
    (every,) = rows(store.engine, select(story_rarity.c.articles).where(story_rarity.c.feature == ""))
    assert every.articles == 1


def test_what_is_too_old_to_be_compared_is_forgotten_and_stories_stay(
    store: Store, archive: Archive, config: Config
) -> None:
    keep(store, 1, NAMING)
    match_articles(archive, config, DESK, NOW)
    assert count(store, story_key) > 5
    archive.forget_old_reports(NOW + KEPT)
    assert count(store, story_core) == 1
    archive.forget_old_reports(NOW + KEPT + timedelta(seconds=1))
    assert count(store, story_core) == count(store, story_key) == 0
    assert len(stories_of(store)) == 1
    late = keep_article(store, 9, NOW + KEPT + timedelta(days=1), title="Clinic", text=NAMING + " Again.")
    match_articles(archive, config, DESK, NOW + KEPT + timedelta(days=1))
    assert len(set(stories_of(store).values())) == 2
    assert late in stories_of(store)


def test_rarity_is_bounded(
    store: Store, archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, 1, ENGLISH)
    match_articles(archive, config, DESK, NOW)
    monkeypatch.setattr("alerts.records.storybook.MOST_FEATURES", 10)
    archive.forget_old_reports(NOW)
    assert count(store, story_rarity) <= 11
    assert rows(store.engine, select(story_rarity.c.articles).where(story_rarity.c.feature == "")) == [(1,)]


def test_near_stories_are_linked_and_a_round_up_is_one_of_its_own(
    store: Store, archive: Archive, config: Config
) -> None:
    keep(store, 1, ENGLISH)
    keep(
        store,
        2,
        f"{ENGLISH}\nDemoso: shells killed a farmer.\nMese: clashes.\nPekon: houses burned.",
        "Week in brief",
    )
    match_articles(archive, config, DESK, NOW)
    first, second = stories_of(store).values()
    assert rows(store.engine, select(story_link.c.story_id, story_link.c.other_id)) == [(second, first)]


def test_no_article_reaches_a_channel_twice_when_its_story_becomes_relevant(
    store: Store, archive: Archive, config: Config
) -> None:
    for number, body in ((1, ENGLISH), (2, NAMING), (3, BURMESE)):
        keep(store, number, body)
        match_articles(
            archive, config, {"desk": ("loikaw",), "tg": ("loikaw",)}, NOW + timedelta(hours=number)
        )
    queued = rows(store.engine, select(alert.c.channel_id, alert.c.article_id))
    assert len(queued) == len(set(queued)) == 6


def count(store: Store, table: object) -> int:
    ((number,),) = rows(store.engine, select(func.count()).select_from(table))  # type: ignore[arg-type]  # a table
    return int(number)
