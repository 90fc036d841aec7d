"""The child process that parses what strangers wrote: ``python -P -m crawler.worker``. It fetches nothing.

It reads jobs on stdin and answers on stdout until stdin ends. Feeds and pages can freeze or exhaust a parser,
and only a process can be killed: deadline and restart are the parent's (``child``), memory is limited here.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, cast

from crawler.confinement import confine
from crawler.errors import ParseError
from crawler.model import ExtractedPage, ExtractRules, FeedEntry, ParsedFeed

if TYPE_CHECKING:
    from collections.abc import Callable

# A frame is two big-endian lengths, then that many bytes of JSON and of body.
FRAME = struct.Struct(">II")
STARTED: dict[str, object] = {
    "started": True
}  # sent once a job's libraries are imported: the deadline counts from here
# Kind of route: the module whose ``parse_<kind>(body, content_type, url)`` reads it.
PARSERS = {
    "feed": "crawler.parse.feeds",
    "wordpress": "crawler.parse.wordpress",
    "sitemap": "crawler.parse.sitemap",
    "listing": "crawler.parse.listing",
    "telegram": "crawler.parse.telegram",
}
_GRACE_S = 60.0  # past the parent's deadline, imports included: for a child whose parent cannot kill it
# What no parser needs. Python's own audit events (PEP 578); libxml2 is told no_network.
_FORBIDDEN_EVENTS = frozenset(
    {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
    | {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.Request"}
)


def main() -> None:
    """Serve jobs until stdin ends."""
    jobs = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    confine()
    sys.addaudithook(_refuse)
    while (frame := _read_frame(jobs)) is not None:
        job, body = frame
        signal.setitimer(signal.ITIMER_REAL, float(cast("float", job["deadline_s"])) + _GRACE_S)
        answer, survived = _serve(job, body, answers)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write_frame(answers, answer)
        if not survived:
            return  # what is left of the heap is not worth keeping


def _refuse(event: str, _arguments: object) -> None:
    if event in _FORBIDDEN_EVENTS:
        raise PermissionError(f"a parser must not: {event}")


def _serve(job: dict[str, object], body: bytes, answers: BinaryIO) -> tuple[dict[str, object], bool]:
    content_type = job["content_type"] if isinstance(job["content_type"], str) else None
    try:
        run = _load(job)
        _write_frame(answers, STARTED)
        return {"result": run(body, content_type, str(job["url"]))}, True
    except ParseError as error:
        return {"error": str(error)}, True
    except MemoryError:
        return {"error": "too much memory"}, False
    except RecursionError:
        return {"error": "nested too deeply"}, True
    except Exception as error:
        # A parser's bug on a stranger's bytes costs this document, not the run.
        return {"error": f"parser crashed: {type(error).__name__}: {error}"[:300]}, True


def _load(job: dict[str, object]) -> Callable[[bytes, str | None, str], object]:
    """Import what *job* needs, the first time only: a tick without new articles never loads trafilatura."""
    name = str(job["job"])
    if name == "extract_page":
        from crawler.article.extract import extract_page

        rules = rules_from_json(cast("dict[str, object]", job.get("rules") or {}))
        return lambda body, content_type, url: page_to_json(extract_page(body, content_type, url, rules))
    parse = getattr(import_module(PARSERS[name]), f"parse_{name}")
    return lambda body, content_type, url: feed_to_json(parse(body, content_type, url))


def feed_to_json(feed: ParsedFeed) -> dict[str, object]:
    """Return *feed* as JSON data; `feed_from_json` turns it back into an equal value."""
    return {
        "entries": [
            [e.title, e.url, e.guid, e.summary, e.content, e.author, _stamp(e.published), e.publisher]
            for e in feed.entries
        ],
        "title": feed.title,
        "language": feed.language,
        "ttl_s": None if feed.ttl is None else feed.ttl.total_seconds(),
        "damaged": feed.damaged,
        "older": feed.older,
        "moved": feed.moved,
        "parts": feed.parts,
    }


def feed_from_json(data: dict[str, object]) -> ParsedFeed:
    """Return the feed that `feed_to_json` wrote."""
    rows = cast(
        "list[tuple[str, str | None, str | None, str, str, str | None, str | None, str | None]]",
        data["entries"],
    )
    ttl_s = cast("float | None", data["ttl_s"])
    return ParsedFeed(
        entries=tuple(FeedEntry(*row[:6], _moment(row[6]), row[7]) for row in rows),
        title=cast("str", data["title"]),
        language=cast("str | None", data["language"]),
        ttl=None if ttl_s is None else timedelta(seconds=ttl_s),
        damaged=cast("str | None", data["damaged"]),
        older=cast("str | None", data["older"]),
        moved=cast("str | None", data["moved"]),
        parts=tuple(cast("list[str]", data["parts"])),
    )


def rules_to_json(rules: ExtractRules) -> dict[str, object]:
    """Return *rules* as JSON data; `rules_from_json` turns them back into an equal value."""
    return {"keep": rules.keep, "drop": rules.drop, "min_chars": rules.min_chars}


def rules_from_json(data: dict[str, object]) -> ExtractRules:
    """Return the rules that `rules_to_json` wrote."""
    return ExtractRules(
        keep=tuple(cast("list[str]", data.get("keep", ()))),
        drop=tuple(cast("list[str]", data.get("drop", ()))),
        min_chars=cast("int | None", data.get("min_chars")),
    )


def page_to_json(page: ExtractedPage) -> dict[str, object]:
    """Return *page* as JSON data; `page_from_json` turns it back into an equal value."""
    return {
        "text": page.text,
        "title": page.title,
        "language": page.language,
        "author": page.author,
        "published": _stamp(page.published),
        "canonical_url": page.canonical_url,
        "truncated": page.truncated,
        "several": page.several,
        "keep_missed": page.keep_missed,
    }


def page_from_json(data: dict[str, object]) -> ExtractedPage:
    """Return the page that `page_to_json` wrote."""
    return ExtractedPage(
        text=cast("str", data["text"]),
        title=cast("str | None", data["title"]),
        language=cast("str | None", data["language"]),
        author=cast("str | None", data["author"]),
        published=_moment(cast("str | None", data["published"])),
        canonical_url=cast("str | None", data["canonical_url"]),
        truncated=bool(data["truncated"]),
        several=bool(data["several"]),
        keep_missed=bool(data["keep_missed"]),
    )


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp)


def _read_frame(stream: BinaryIO) -> tuple[dict[str, object], bytes] | None:
    header = stream.read(FRAME.size)
    if len(header) < FRAME.size:
        return None
    json_bytes, body_bytes = FRAME.unpack(header)
    meta, body = stream.read(json_bytes), stream.read(body_bytes)
    if len(meta) < json_bytes or len(body) < body_bytes:
        return None  # the parent died while it wrote
    return json.loads(meta), body


def _write_frame(stream: BinaryIO, answer: dict[str, object]) -> None:
    data = json.dumps(answer).encode()
    stream.write(FRAME.pack(len(data), 0) + data)
    stream.flush()


if __name__ == "__main__":
    main()
