"""Reports on a topic by local day, on every database, and the line that shows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from alerts.digest.volume import count_volumes
from alerts.message.layout import volume_lines
from alerts.model import ToldIn, Volume
from alerts.records.archive import Archive
from crawler.clock import to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article
from crawler.records.store import Store
from tests.builders import NOW, a_digest, a_story
from tests.database import examine_all, keep_article

YANGON = ZoneInfo("Asia/Yangon")
TOPICS = {"loikaw": "Loikaw", "other": "Another town"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 in Yangon; `NOW` is the 22nd, 12:24."""
    return datetime(2026, 11, day, hour, minute, tzinfo=YANGON)


def keep(store: Store, *moments: datetime) -> None:
    for number, moment in enumerate(moments):
        keep_article(store, number, moment)


def test_days_begin_at_local_midnight_and_the_last_is_today(store: Store, archive: Archive) -> None:
    keep(store, at(19, 9), at(20, 23, 59), at(21, 0, 1), at(21, 23, 44), at(22, 0), at(22, 12))
    examine_all(archive, {})
    assert count_volumes(store.engine, TOPICS, NOW, YANGON) == (Volume("Loikaw", (1, 1, 2, 2)),)


def test_fourteen_days_at_most_are_counted(store: Store, archive: Archive) -> None:
    keep(store, at(1, 9), at(8, 9), at(9, 9), at(22, 9))
    examine_all(archive, {})
    (volume,) = count_volumes(store.engine, TOPICS, NOW, YANGON)
    assert volume.days == (1, *[0] * 12, 1)


def test_an_archive_of_two_days_shows_nothing_yet(store: Store, archive: Archive) -> None:
    assert count_volumes(store.engine, TOPICS, NOW, YANGON) == ()
    keep(store, at(21, 9), at(22, 9))
    examine_all(archive, {})
    assert count_volumes(store.engine, TOPICS, NOW, YANGON) == ()


@pytest.mark.parametrize(("published", "days"), [(at(20, 9), (1, 1, 0, 0)), (None, (1, 0, 0, 0))])
def test_what_a_backfill_brought_counts_on_the_day_it_was_published(
    store: Store, archive: Archive, published: datetime | None, days: tuple[int, ...]
) -> None:
    keep(store, at(19, 9))
    late = keep_article(store, 7, at(22, 9))
    values = {"backlog": 1, "published_at": published and to_ms(published)}
    with transaction(store.engine) as connection:
        connection.execute(update(article).where(article.c.id == late).values(values))
    examine_all(archive, {})
    assert count_volumes(store.engine, TOPICS, NOW, YANGON) == (Volume("Loikaw", days),)


def test_a_zone_with_another_midnight_counts_otherwise(store: Store, archive: Archive) -> None:
    keep(store, at(19, 9), at(21, 1))
    examine_all(archive, {})
    (volume,) = count_volumes(store.engine, TOPICS, NOW + timedelta(hours=1), ZoneInfo("America/New_York"))
    assert volume.days == (1, 0, 1, 0, 0)  # the 18th, 21:30, and the 20th, 13:30, of 18-22


def test_the_line_shows_a_day_without_reports_lower_than_any_other() -> None:
    volumes = (Volume("Loikaw", (0, 1, 4, 30, 0, 15, 2)),)
    assert volume_lines(a_digest(a_story(), volumes=volumes)) == (
        "Loikaw, 7 days: ▁▂▃█▁▅▂ 52 reports, 2 today",
    )


def test_no_line_without_news_and_four_at_most() -> None:
    volumes = tuple(Volume(f"Topic {number}", (1, 0, 1)) for number in range(9))
    assert volume_lines(a_digest(volumes=volumes)) == ()
    assert len(volume_lines(a_digest(a_story(), volumes=volumes))) == 4
    assert volume_lines(a_digest(a_story(), answers=ToldIn("0a1b2c3d", "1"))) == ()
