"""How much was reported on each topic, day by day: one query over the archive. Writes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select

from alerts.model import Volume
from alerts.records.tables import match
from crawler.clock import from_ms, to_ms
from crawler.db.engine import transaction
from crawler.db.schema import article

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

MOST_DAYS = 14
LEAST_DAYS = 3  # below, a line of bars tells nothing
_SLOT_MS = 15 * 60 * 1000  # every zone's midnight falls on a quarter of an hour (Yangon's at 17:30 UTC)


def count_volumes(
    engine: Engine, topic_names: Mapping[str, str], now: datetime, zone: ZoneInfo
) -> tuple[Volume, ...]:
    """Return the reports on each topic by local day, the last being today; topics without any are left out.

    Empty while the archive is younger than `LEAST_DAYS`: days before it began would look quiet. What a backfill or
    the first poll of a source brought counts on the day that its publisher names.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=MOST_DAYS - 1)
    since = to_ms(datetime.combine(first, time(), zone))
    undated = and_(article.c.backlog == 1, article.c.published_at.is_(None))
    moment = case((article.c.backlog == 1, article.c.published_at), else_=article.c.first_seen_at)
    slot = (moment // _SLOT_MS).label("slot")
    query = (
        select(match.c.topic_id, slot, func.count().label("reports"))
        .join(article, article.c.id == match.c.article_id)
        .where(article.c.first_seen_at >= since, ~undated, match.c.topic_id.in_(topic_names))
        .group_by(match.c.topic_id, slot)
    )
    with transaction(engine) as connection:
        began_ms = connection.execute(select(func.min(article.c.first_seen_at))).scalar()
        rows = connection.execute(query).all()
    if began_ms is None:
        return ()
    first = max(first, from_ms(began_ms).astimezone(zone).date())
    days = (today - first).days + 1
    if days < LEAST_DAYS:
        return ()
    counts: Counter[tuple[str, int]] = Counter()
    for row in rows:
        counts[row.topic_id, (from_ms(row.slot * _SLOT_MS).astimezone(zone).date() - first).days] += (
            row.reports
        )
    volumes = (
        Volume(name, tuple(counts[topic_id, day] for day in range(days)))
        for topic_id, name in topic_names.items()
    )
    return tuple(volume for volume in volumes if sum(volume.days))
