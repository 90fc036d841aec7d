"""The matching stage stops when it is told to, and one article that cannot be matched holds up no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.config import Config, load_config
from alerts.matching import BATCH, MAX_ATTEMPTS, match_articles
from alerts.records.archive import Archive
from alerts.records.tables import examined
from crawler.records.store import Store
from tests.builders import NOW
from tests.conftest import ROOT
from tests.database import keep_article, rows

DESK = {"desk": ("loikaw",)}


def configuration(tmp_path: Path) -> Config:
    for name in ("topics.yaml", "lexicon.csv", "sources.yaml"):
        (tmp_path / name).write_text((ROOT / "config" / name).read_text("utf-8"), "utf-8")
    return load_config(tmp_path, environ={})


def examined_ids(store: Store) -> set[int]:
    done = select(examined.c.article_id).where(examined.c.revision > 0)
    return {row.article_id for row in rows(store.engine, done)}


def test_stop_is_heeded_between_articles_and_nothing_is_lost(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    config = configuration(tmp_path)
    ids = [keep_article(store, number) for number in range(5)]
    asked = iter([False, False, False, True, True])
    report = match_articles(archive, config, DESK, NOW, lambda: next(asked))
    assert (report.by_topic["loikaw"], examined_ids(store)) == (2, set(ids[:2]))
    report = match_articles(archive, config, DESK, NOW)
    assert (report.by_topic["loikaw"], examined_ids(store)) == (3, set(ids))


def test_article_that_always_ends_the_program_is_given_up_and_the_others_are_matched(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    config = configuration(tmp_path)
    ids = [keep_article(store, number) for number in range(BATCH + 2)]
    evil = ids[3]
    for _ in range(MAX_ATTEMPTS):  # what the database holds when the process died at this article
        archive.note_attempts([evil], NOW)
    report = match_articles(archive, config, DESK, NOW)
    assert report.by_topic["loikaw"] == len(ids) - 1
    assert examined_ids(store) == set(ids)
    assert archive.to_examine(10) == ()


def test_article_that_cannot_be_matched_is_given_up_and_the_others_are_matched(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite takes bytes for text: a row that was damaged by hand")
    config = configuration(tmp_path)
    ids = [keep_article(store, number) for number in range(4)]
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE article SET text = x'00ff' WHERE id = ?", (ids[1],))
    report = match_articles(archive, config, DESK, NOW)
    assert report.by_topic["loikaw"] == len(ids) - 1
    assert examined_ids(store) == set(ids)
