"""Score our feed parser on feedparser's own test files, beside other parsers: ``python -m tests.quality.feeds FOLDER``.

FOLDER is a checkout or unpacked source of feedparser. A file counts when it expects something of its feed's title or
of an entry's title, link, id or date; it holds when every such expectation does. One rule for all parsers:

- titles are plain text: the expected markup's text, white space collapsed, control characters dropped;
- dates are instants: 2003-12-31T10:14:55-08:00 is 18:14:55 UTC, whichever of an entry's dates it is;
- links and ids are compared as absolute addresses, relative to where the file says that it came from.

An entry with a date or picture alone is no entry to us: there is nothing to match or to show. Such files are asked
again with an identifier put into the entry, and counted apart. `ON_PURPOSE` names the files in which we differ.
"""

from __future__ import annotations

import html
import io
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import urljoin

from crawler.errors import ParseError
from crawler.parse.dates import parse_date
from crawler.parse.feeds import parse_feed
from tests.quality.feedsuite import Case, Wanted, read_suite

DEADLINE_S = 20  # for one file of a few kilobytes
ON_PURPOSE = {
    "entities/lang.xml": "&lang; is U+27E8 in HTML 5, U+2329 in HTML 4",
    "entities/rang.xml": "&rang; is U+27E9 in HTML 5, U+232A in HTML 4",
    "illformed/rss_incomplete_cdata.xml": "half an entry is not kept: a link that is cut off leads elsewhere",
}
_TAG = re.compile(r"<[^<>]*>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENTRY = re.compile(rb"<(?:item|entry)(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
_NAMED = rb"\g<0><guid>named</guid>"


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry as a parser read it; a title may mean several plain texts where markup is kept."""

    title: frozenset[str]
    link: str | None
    id: str | None
    date: frozenset[datetime]


@dataclass(frozen=True, slots=True)
class Read:
    """A feed as a parser read it."""

    title: frozenset[str]
    entries: tuple[ReadEntry, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How one parser did on one file."""

    case: Case
    lost: tuple[str, ...] = ()  # expectations that do not hold, with what was found
    named: bool = False  # holds once its empty entry has an identifier
    error: str | None = None  # what the parser raised
    is_refusal: bool = False  # with the exception by which it refuses

    @property
    def holds(self) -> bool:
        return not self.lost


class _TooLongError(BaseException):
    pass


def read_ours(case: Case) -> Read:
    """Read a file with our parser."""
    feed = parse_feed(case.body, case.content_type, case.url)
    entries = (
        ReadEntry(
            frozenset({entry.title}),
            entry.url,
            entry.guid,
            frozenset({entry.published} if entry.published else ()),
        )
        for entry in feed.entries
    )
    return Read(frozenset({feed.title}), tuple(entries))


def read_feedparser(case: Case) -> Read:
    """Read a file with feedparser as it comes."""
    import feedparser

    headers = {"content-type": case.content_type, "content-location": case.url}
    given = {name: value for name, value in headers.items() if value}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = feedparser.parse(io.BytesIO(case.body), response_headers=given)
    return _read_dicts(parsed.feed, parsed.entries)


def read_fastfeedparser(case: Case) -> Read:
    """Read a file with fastfeedparser as it comes."""
    import fastfeedparser  # type: ignore[import-not-found,unused-ignore]  # not a dependency

    parsed = fastfeedparser.parse(case.body)
    return _read_dicts(parsed.feed, parsed.entries)


def _read_dicts(feed: Any, items: list[Any]) -> Read:
    def entry(item: Any) -> ReadEntry:
        # dict.get: feedparser's own get answers one date with another
        title, link, identifier = (dict.get(item, name) for name in ("title", "link", "id"))
        dates = set()
        for name in ("published", "updated", "created"):
            parsed, text = dict.get(item, f"{name}_parsed"), dict.get(item, name)
            dates.add(datetime(*parsed[:6], tzinfo=UTC) if parsed else parse_date(text))
        return ReadEntry(_texts(title or ""), link, identifier, frozenset(dates - {None}))

    return Read(_texts(feed.get("title") or ""), tuple(map(entry, items)))


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser under test and the exception with which it refuses what is no feed."""

    read: Callable[[Case], Read]
    refusal: type[Exception]


OURS = Parser(read_ours, ParseError)
PEERS = {"feedparser": Parser(read_feedparser, ValueError)}
try:
    import fastfeedparser  # noqa: F401 -- is it there?
except ImportError:
    pass
else:
    PEERS["fastfeedparser"] = Parser(read_fastfeedparser, ValueError)


def score(case: Case, parser: Parser) -> Result:
    """Read one file within its deadline and hold it against what it expects."""
    result = _score(case, parser)
    if result.holds or result.error:
        return result
    again = _score(replace(case, body=_ENTRY.sub(_NAMED, case.body)), parser)
    return replace(result, lost=(), named=True) if again.holds else result


def _score(case: Case, parser: Parser) -> Result:
    def stop(_number: int, _frame: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)
    try:
        read = parser.read(case)
    except _TooLongError:
        return Result(case, ("time",), error=f"more than {DEADLINE_S} s")
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:100]
        lost = tuple(f"{wanted.field}: {said}" for wanted in case.wanted)
        return Result(case, lost, error=said, is_refusal=isinstance(error, parser.refusal))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return Result(case, tuple(loss for wanted in case.wanted if (loss := _find_loss(wanted, read, case))))


def _find_loss(wanted: Wanted, read: Read, case: Case) -> str | None:
    if wanted.field == "feed title":
        found: Any = read.title
    elif wanted.entry < len(read.entries):
        found = getattr(read.entries[wanted.entry], wanted.field)
    else:
        return f"{wanted.field}: {len(read.entries)} entries"
    if any(_is(wanted.field, found, value, case) for value in wanted.values):
        return None
    shown = sorted(map(str, found)) if isinstance(found, frozenset) else found
    return f"{wanted.field}: {shown!r} for {wanted.values[0]!r}"[:160]


def _is(field: str, found: Any, value: Any, case: Case) -> bool:
    if value is None:
        return not found
    if field == "date":
        moment = datetime(*value[:6], tzinfo=UTC) if isinstance(value, tuple) else parse_date(value)
        return moment in found
    if field in ("link", "id"):
        # our links are absolute by themselves; an id is a name, and stays as it is written
        mine = urljoin(case.url, found) if field == "id" and found else found
        return mine in (value, urljoin(case.url, value))
    return bool(found & _texts(value))


def _texts(markup: str) -> frozenset[str]:
    """Return the plain texts that a title can mean: as it stands, or with its markup read."""
    readings = (markup, html.unescape(markup), html.unescape(_TAG.sub("", markup)))
    return frozenset(normalize("NFC", " ".join(_CONTROL.sub("", text).split())) for text in readings)


@dataclass(frozen=True, slots=True)
class Tally:
    """A parser's results on the files that expect something that we have, and what it raised on any file."""

    results: tuple[Result, ...]
    defects: tuple[Result, ...]  # raised what is no refusal, or took too long

    @property
    def lost(self) -> tuple[Result, ...]:
        return tuple(
            result for result in self.results if not result.holds and result.case.name not in ON_PURPOSE
        )

    def share(self, folder: str = "") -> float:
        """Return which share holds of the files below *folder* in which we do not differ on purpose."""
        mine = [one for one in self.results if one.case.name not in ON_PURPOSE and _is_in(one.case, folder)]
        return sum(one.holds for one in mine) / max(1, len(mine))


def _is_in(case: Case, folder: str) -> bool:
    return not folder or case.folder == folder or case.folder.startswith(f"{folder}/")


def tally(cases: tuple[Case, ...], parser: Parser) -> Tally:
    """Score *parser* on every file, those that expect nothing of ours, too: none may bring it down."""
    results = [score(case, parser) for case in cases]
    return Tally(
        tuple(result for result in results if result.case.wanted and not result.case.unreadable),
        tuple(result for result in results if result.error and not result.is_refusal),
    )


def find_lost_entries(cases: tuple[Case, ...], parser: Parser) -> tuple[str, ...]:
    """Return the files of the whole suite in which feedparser finds more entries than *parser*."""

    def count(case: Case, reader: Parser) -> int:
        try:
            return len(reader.read(case).entries)
        except reader.refusal:
            return 0

    named = [replace(case, body=_ENTRY.sub(_NAMED, case.body)) for case in cases]
    peer = PEERS["feedparser"]
    return tuple(case.name for case in named if count(case, parser) < count(case, peer))


def show(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Yield the lines of the table, a folder a line, and what of ours is lost or meant otherwise."""
    ours = next(iter(tallies.values()))
    folders = sorted({result.case.folder for result in ours.results})
    yield f"{'':22}{'files':>6}{'as is':>7}{'named':>7}" + "".join(f"{name:>16}" for name in tallies)
    for folder in [*folders, ""]:
        mine = [result for result in ours.results if _is_in(result.case, folder)]
        as_is, named = (sum(r.holds and r.named is once for r in mine) for once in (False, True))
        shares = "".join(f"{one.share(folder):>15.1%} " for one in tallies.values()).rstrip()
        yield f"{folder or 'all':22}{len(mine):6}{as_is:7}{named:7}{shares}"
    for name, one in tallies.items():
        yield f"{name}: {len(one.lost)} lost, {len(one.defects)} not refused but raised or too long"
    for result in ours.lost:
        yield f"  lost: {result.case.name}: {'; '.join(result.lost)}"
    for result in ours.defects:
        yield f"  raised: {result.case.name}: {result.error}"
    for name, reason in ON_PURPOSE.items():
        yield f"  on purpose: {name}: {reason}"


def main() -> None:
    """Print the table for the folder named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.quality.feeds FOLDER (a checkout or unpacked source of feedparser)")
    cases = read_suite(Path(sys.argv[1]))
    print(f"{len(cases)} files")
    parsers = {"ours": OURS, **PEERS}
    print("\n".join(show({name: tally(cases, parser) for name, parser in parsers.items()})))
    for name, parser in parsers.items():
        lost = find_lost_entries(cases, parser)
        told = f": {', '.join(lost)}" if name == "ours" and lost else ""
        print(f"{name}: entries that feedparser finds are lost in {len(lost)} of {len(cases)} files{told}")


if __name__ == "__main__":
    main()
