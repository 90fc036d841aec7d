"""The shipped sources as outlets: how much each publishes, how many entries its page shows, whether it can be paged.

Items a day are estimates of November 2026 for ``config/sources.yaml`` (the middle of the range given there for each
outlet; BBC, RFA and VOA counted over two days of their own feeds and sitemaps), 300 to 480 together. A WordPress feed
shows ten entries, a Telegram preview twenty; the searches of an aggregator show up to a hundred, and are given 25
here, which is harder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config import load_crawl_config

if TYPE_CHECKING:
    from crawler.config import Source

CONFIG = Path(__file__).parents[2] / "config"

# id: items a day, entries shown, whether older pages can be had
VOLUME: dict[str, tuple[float, int, bool]] = {
    "ktnews-en": (1, 10, True),
    "kantarawaddy-my": (3.5, 10, True),
    "gnews-karenni-en": (20, 25, False),
    "gnews-karenni-my": (12, 25, False),
    "karennews-en": (1, 10, True),
    "kic-my": (7.5, 10, True),
    "shan-en": (1.5, 10, True),
    "shan-my": (7.5, 10, True),
    "thanlwin-en": (3.5, 10, True),
    "thanlwin-my": (7.5, 10, True),
    "bni-en": (7.5, 15, True),
    "irrawaddy-tg": (40, 20, True),
    "irrawaddy-my": (17.5, 15, True),
    "irrawaddy-en": (15, 10, True),
    "myanmarnow-en": (6, 10, True),
    "myanmarnow-my": (11.5, 10, True),
    "dvb-en": (8, 10, True),
    "dvb-my": (50, 15, True),
    "mizzima-en": (15, 10, True),
    "mizzima-my": (25, 10, True),
    "khitthit": (80, 10, True),
    "bbc-burmese": (7, 20, False),
    "rfa-burmese": (7, 20, False),
    "voa-burmese": (2, 10, False),
    "frontier-en": (0.5, 10, True),
    "pv": (3.5, 10, True),
    "reliefweb-rss": (2, 20, False),
    "gnlm": (25, 10, True),
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """A shipped source with its first route only. *routes* is how many it has in truth."""

    source: Source
    routes: int
    per_day: float
    window: int
    is_paged: bool


def shipped_outlets() -> tuple[Outlet, ...]:
    """Return the sources of ``config/sources.yaml``, in its order."""
    config = load_crawl_config(CONFIG, "sqlite:///unused.db", environ={})
    return tuple(
        Outlet(
            source.model_copy(update={"routes": source.routes[:1]}),
            len(source.routes),
            *VOLUME[source.id],
        )
        for source in config.sources
        if source.enabled
    )
