"""What it costs to find the story of one article, by how many stories are stored, beside a comparison with every one.

Synthetic fingerprints: features drawn as words are, a few often and most hardly ever, over twenty days. Stories are put
into a SQLite file by the thousand; then some articles go through `StoryBook.place`, a batch a transaction as in
a run, and some of them are compared with each stored story in turn. Read the ratios. ``--articles`` and
``--sizes`` change how much is done.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from alerts.records.archive import Archive
from alerts.records.storybook import StoryBook, hash_key
from alerts.records.tables import story, story_article, story_core, story_key
from alerts.story.compare import compare
from alerts.story.model import Fingerprint, Rarity
from alerts.story.sketch import PERMUTATIONS
from alerts.story.standing import Standing
from alerts.story.stored import write_fingerprint
from alerts.story.stream import find_keys
from alerts.story.weigh import Weigher
from crawler.clock import to_ms
from crawler.db.engine import transaction
from crawler.model import StoredArticle
from crawler.records.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 20
# kind, how many there are, how many an article names
KINDS = (
    ("place", 150, 3), ("ward", 30, 0.3), ("actor", 60, 3), ("person", 60, 0.5), ("event", 60, 3), ("thing", 80, 3),
    ("figure", 200, 1.5), ("number", 400, 3), ("name", 20_000, 6), ("word", 8_000, 35),
)  # fmt: skip
BATCH = 50


def draw(number: int, dice: random.Random) -> int:
    """Return one of *number* things, the first often, the last hardly ever (Zipf)."""
    return min(number - 1, int(number ** dice.random()) - 1)


def make_fingerprint(dice: random.Random) -> Fingerprint:
    """Return the fingerprint of an article that never was."""
    features: dict[str, float] = {}
    for kind, number, mean in KINDS:
        for _ in range(max(0, round(dice.gauss(mean, mean / 3)))):
            what = f"killed={draw(number, dice) + 1}" if kind == "figure" else str(draw(number, dice))
            features.setdefault(f"{kind}:{what}", dice.choice((1.4, 1.0, 1.0, 0.6, 0.3)))
    at = BEGIN + timedelta(seconds=dice.randrange(DAYS * 86_400))
    day = at - timedelta(days=dice.randrange(2))
    features[f"day:{day.month:02}-{day.day:02}"] = 1.0
    sketch = tuple(dice.getrandbits(32) for _ in range(PERMUTATIONS))
    return Fingerprint(dice.choice(("my", "latin")), features, sketch, at, ((day.month, day.day),))


def fill(engine: Engine, numbers: range, dice: random.Random, weigher: Weigher) -> Iterator[Fingerprint]:
    """Store one story for each number, as placing would have left it, and yield their fingerprints."""
    for start in range(numbers.start, numbers.stop, 2_000):
        rows: dict[Any, list[dict[str, Any]]] = {story: [], story_article: [], story_core: [], story_key: []}
        for number in range(start, min(start + 2_000, numbers.stop)):
            made = make_fingerprint(dice)
            at = to_ms(made.at or BEGIN)
            weigher.rarity.articles += 1
            for feature in made.features:
                weigher.rarity.counts[feature] = weigher.rarity.counts.get(feature, 0) + 1
            mine = {"article_id": number, "story_id": number}
            rows[story].append({"id": number, "created_at": at})
            rows[story_article].append(mine)
            rows[story_core].append(mine | {"stored_at": at, "fingerprint": write_fingerprint(made)})
            keys = dict.fromkeys(map(hash_key, find_keys(made, weigher)))
            rows[story_key] += [mine | {"key": key, "at": at} for key in keys]
            yield made
        with transaction(engine) as connection:
            for table, values in rows.items():
                connection.execute(insert(table), values)


def an_article(number: int, at: datetime) -> StoredArticle:
    """Return an article whose text nobody else has."""
    return StoredArticle(
        number, "s", None, "", "", None, None, None, at, "page", False, f"none-{number}", backlog=False
    )


def place_all(connection: Connection, made: list[Fingerprint], first: int, rarity: Rarity) -> float:
    """Place articles in one transaction; return the CPU seconds that it took."""
    begun = time.process_time()
    book = StoryBook(connection, Standing(), rarity)
    for number, fingerprint in enumerate(made, first):
        book.place(an_article(number, BEGIN), fingerprint, BEGIN)
    book.flush(BEGIN)
    return time.process_time() - begun


def main() -> None:
    """Fill, place, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--articles", type=int, default=200)
    options = parser.parse_args()
    dice = random.Random(1111)
    first_cost = 0.0
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(f"sqlite:///{Path(folder) / 'stories.db'}")
            Archive.open(store.engine)
            weigher = Weigher(Rarity(), Standing())
            stored = list(fill(store.engine, range(1, size + 1), dice, weigher))
            made = [make_fingerprint(dice) for _ in range(options.articles)]
            cost = 0.0
            for start in range(0, len(made), BATCH):
                with transaction(store.engine) as connection:
                    batch = made[start : start + BATCH]
                    cost += place_all(connection, batch, size + 1 + start, weigher.rarity)
            store.engine.dispose()
        cost /= len(made)
        first_cost = first_cost or cost
        sample = made[: max(1, 10_000 // size)]
        begun = time.process_time()
        for fingerprint in sample:
            for known in stored:
                compare(fingerprint, known, weigher)
        scan = (time.process_time() - begun) / len(sample)
        print(
            f"{size:>8} stories stored: {cost * 1000:6.1f} ms an article, {cost / first_cost:5.2f} times the first;"
            f" each story in turn {scan * 1000:9.1f} ms, {scan / cost:7.1f} times as much"
        )


if __name__ == "__main__":
    main()
