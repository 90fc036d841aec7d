"""What ``explain --json`` prints: one object an entry. Concludes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alerts.jsontext import dump

if TYPE_CHECKING:
    from alerts.explanation.finding import Explanation, UnknownAddress


def tell_entry(told: Explanation) -> str:
    """Return everything that is known of an entry; of the article's text only its length."""
    life, judged, done = told.life, told.judged, told.life.examination
    article: dict[str, Any] | None = None
    if life.article:
        article = asdict(life.article) | {"text": None, "text_chars": len(life.article.text)}
    matched: dict[str, Any] | None = None
    if done and judged:
        matched = asdict(done) | {"same_rules": judged.rules_hash == done.rules_hash}
    return dump(
        {
            "known": True,
            "article": article,
            "entries": life.entries,
            "route": told.route,
            "encoding": judged.encoding if judged else None,
            "examined": matched,
            "topics": {verdict.topic_id: verdict for verdict in judged.verdicts} if judged else {},
            "severity": {"level": judged.grade.severity.word, "reasons": judged.grade.reasons}
            if judged
            else None,
            "story": {"id": life.story_id, "others": [other.article_id for other in life.others]},
            "revisions": life.revised,
            "channels": {fate.channel_id: fate for fate in told.fates},
        }
    )


def tell_unknown(told: UnknownAddress) -> str:
    """Return what is known of an address that no source has brought."""
    verdict = "no source has brought this address"
    return dump({"url": told.url, "known": False, "verdict": verdict, "sources": told.sources})
