"""What operators are told of sources that answer, but oddly: once when it begins, nothing when it ends.

What is odd, and for how long, is `crawler.records.oddity`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alerts.operators.incident import Incidents
from alerts.secrets import redact
from crawler.records.oddity import Kind, Oddity, describe

GAP_TOLD_FOR = timedelta(days=1)  # it is over with the next poll, and must still be told after quiet hours
# Nothing that anybody here can mend, and most of the feed is read: see status.
UNTOLD = frozenset({Kind.DAMAGED, Kind.LOST})


def watch_oddities(
    incidents: Incidents, found: Iterable[Oddity], names: Mapping[str, str], now: datetime
) -> None:
    """Begin an incident for all of *found*, and end silently those that are over. *names* are the watched sources."""
    present = {
        f"{item.kind}:{item.source_id}": item
        for item in found
        if item.source_id in names and item.kind not in UNTOLD
    }
    opened = incidents.opened()
    for subject in opened.keys() - present.keys():
        kind = subject.partition(":")[0]
        if kind in set(Kind) and not (kind == Kind.GAP and now - opened[subject] < GAP_TOLD_FOR):
            incidents.end(subject, now, silently=True)
    for subject, item in present.items():
        text = f"Source {names[item.source_id]} ({item.source_id}): {redact(describe(item))}."
        incidents.begin(subject, text, now)
