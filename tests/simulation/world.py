"""What the outlets publish and what their servers answer. Knows nothing of the program but the values it reads."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.errors import FetchError
from crawler.model import FeedEntry, ParsedFeed
from tests.simulation.outlets import Outlet

ZONE = ZoneInfo("Asia/Yangon")
START = datetime(2026, 8, 31, 17, 30, tzinfo=UTC)  # midnight in Yangon, before a Tuesday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAY_SPREAD = 0.2  # variance of a day's factor
ITEMS_IN_BURST, BURST_S = 1.6, 600.0
LULL = 0.05  # of the usual
BY_HOUR = (0.1,) * 5 + (
    0.3,
    0.6,
    1.0,
    1.5,
    1.7,
    1.6,
    1.5,
    1.3,
    1.3,
    1.4,
    1.5,
    1.6,
    1.5,
    1.3,
    1.2,
    1.0,
    0.8,
    0.4,
    0.2,
)
BY_DAY = (1.0,) * 5 + (0.7, 0.55)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From *start* up to *end*."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes wrong in the world. Outages by source id."""

    days: int = 60
    faults: float = 0.05  # of all requests
    down: dict[str, Stretch] = field(default_factory=dict)  # refuses connections
    challenged: dict[str, Stretch] = field(default_factory=dict)  # shows a challenge page
    stuck: dict[str, Stretch] = field(default_factory=dict)  # answers with what it showed at the beginning
    offline: Stretch | None = None  # of ours
    lull: Stretch | None = None  # nearly nobody publishes


@dataclass(slots=True)
class Answer:
    """What a server sends: a body by which `World.parse` knows the entries, or a failure."""

    status: int = 200
    body: bytes = b""
    etag: str = ""
    failure: FetchError | None = None
    retry_after: str | None = None


@dataclass(slots=True)
class World:
    """All outlets over some days. *published* by source id, ascending."""

    outlets: dict[str, Outlet]
    plan: Plan
    rng: random.Random
    published: dict[str, list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, outlet in self.outlets.items():
            self.published[name] = self._publish(outlet.per_day)

    def answer(self, name: str, page: int, now: datetime, etag: str | None) -> Answer:
        """Return what the server of *name* answers when its page *page* (1: the newest) is asked for."""
        plan, rng = self.plan, self.rng
        if (plan.offline and now in plan.offline) or (name in plan.down and now in plan.down[name]):
            return Answer(failure=FetchError("connection refused", transport=True))
        if name in plan.challenged and now in plan.challenged[name]:
            return Answer(403, b"<title>Just a moment...</title>")
        seen = plan.stuck[name].start if name in plan.stuck and now in plan.stuck[name] else now
        end = bisect_right(self.published[name], seen)
        window = self.outlets[name].window
        if page > 1 and end - (page - 1) * window <= 0:
            return Answer(404)
        whole = Answer(200, f"{name} {end} {page} {window}".encode(), f'"{end}"')
        if rng.random() >= plan.faults:
            return Answer(304) if etag == whole.etag and page == 1 else whole
        match rng.randrange(5):
            case 0:
                return Answer(failure=FetchError("no answer in time", transport=True))
            case 1:
                return Answer(503, retry_after=rng.choice([None, "1800"]))
            case 2:
                return Answer(403, b"<title>Just a moment...</title>")
            case 3 if etag and page == 1:  # not what we have, yet said to be
                return Answer(304)
            case _:  # cut off
                return Answer(200, f"{name} {end} {page} {window // 2}".encode(), f'"{end}"')

    def parse(self, body: bytes) -> ParsedFeed:
        """Return the entries of a page, the newest first."""
        name, end, page, shown = body.decode().split()
        window, first = self.outlets[name].window, int(end) - (int(page) - 1) * self.outlets[name].window
        entries = tuple(
            self.entry(name, number) for number in range(first - 1, max(first - int(shown), 0) - 1, -1)
        )
        has_more = self.outlets[name].is_paged and first > window
        return ParsedFeed(
            entries,
            older=f"https://{name}.example/?page={int(page) + 1}" if has_more else None,
            damaged=None if int(shown) == window else "cut off",
        )

    def entry(self, name: str, number: int) -> FeedEntry:
        url = f"https://{name}.example/news/{number}.html"
        return FeedEntry(f"{name} {number}", url, guid=url, published=self.published[name][number])

    def _publish(self, per_day: float) -> list[datetime]:
        """Return when a source of *per_day* items publishes; thirty items were there before the first day."""
        rng, found = self.rng, [START - HOUR * number for number in range(30, 0, -1)]
        mean_share = sum(BY_HOUR) / 24 * sum(BY_DAY) / 7
        for day in range(self.plan.days):
            busy = rng.gammavariate(1 / DAY_SPREAD, DAY_SPREAD)
            for hour in range(24):
                begin = START + day * DAY + hour * HOUR
                local = begin.astimezone(ZONE)
                share = BY_HOUR[local.hour] * BY_DAY[local.weekday()] / mean_share
                if self.plan.lull and begin in self.plan.lull:
                    share *= LULL
                mean = per_day / ITEMS_IN_BURST / 24 * busy * share
                moment = begin + HOUR * rng.expovariate(mean)
                while moment < begin + HOUR:
                    found.append(moment)
                    while rng.random() < 1 - 1 / ITEMS_IN_BURST:
                        found.append(moment + timedelta(seconds=rng.uniform(0, BURST_S)))
                    moment += HOUR * rng.expovariate(mean)
        return sorted(found)
