"""Fingerprints and verdicts as text, for whoever stores them. What another revision made is not read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.story.fingerprint import REVISION
from alerts.story.model import Fingerprint

if TYPE_CHECKING:
    from alerts.story.model import Placement

MOST_REASONS = 6


def write_fingerprint(fingerprint: Fingerprint) -> str:
    """Return a fingerprint as one line of JSON."""
    return json.dumps(
        {
            "revision": REVISION,
            "script": fingerprint.script,
            "features": fingerprint.features,
            "sketch": fingerprint.sketch,
            "at": fingerprint.at.timestamp() if fingerprint.at else None,
            "days": fingerprint.days,
            "events": fingerprint.events,
            "credit": fingerprint.credit,
            "outlet": fingerprint.outlet,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_fingerprint(written: str) -> Fingerprint | None:
    """Return what `write_fingerprint` wrote, None when another revision did: its features mean something else."""
    found = json.loads(written)
    if found["revision"] != REVISION:
        return None
    return Fingerprint(
        found["script"],
        found["features"],
        tuple(found["sketch"]),
        None if found["at"] is None else datetime.fromtimestamp(found["at"], UTC),
        tuple((month, day) for month, day in found["days"]),
        found["events"],
        found["credit"],
        found["outlet"],
    )


def write_reason(placement: Placement) -> str | None:
    """Return why an article joined its story, None when it founded it: the report that decided, score, evidence."""
    verdict = placement.verdict
    if placement.story_id is None or verdict is None:
        return None
    evidence = [[item.what, round(item.weight, 1)] for item in verdict.evidence[:MOST_REASONS]]
    return json.dumps(
        {"by": placement.by, "score": round(verdict.score, 2), "evidence": evidence}, ensure_ascii=False
    )
