"""The killable parser: hostile documents cost themselves only, and no process outlives its use."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.child import Worker
from crawler.errors import ParseError
from crawler.model import ExtractedPage, FeedEntry, ParsedFeed
from crawler.worker import feed_from_json, feed_to_json, page_from_json, page_to_json

URL = "https://site.example/story"
ROOT = Path(__file__).parent.parent.parent
FEED = b"<rss><channel><title>T</title><item><title>One</title><link>/1</link></item></channel></rss>"
PAGE = (
    b"<html lang=en><body><article>"
    + b"<p>Some honest words stand here, and enough.</p>" * 20
    + b"</article>"
)
# Cannot be parsed within the second that these tests give: measured beyond 8 s and 60 s.
SLOW_PAGE = b"<html><body><p " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b">x</p>"
SLOW_FEED = b"<rss><channel><item><title>%s%s</title></item></channel></rss>" % (
    b"<a>" * 340_000,
    b"</a>" * 340_000,
)
HOSTILE_PAGES = {
    "200k attributes": SLOW_PAGE,
    "100k-deep": b"<html><body>" + b"<div>" * 100_000 + b"words " * 100,
    "JSON-LD bomb": b'<html><script type="application/ld+json">{"a":"'
    + b'\\"' * 18_000
    + b"</script>"
    + PAGE[14:],
}


def children_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_feed_and_page_come_back_as_values() -> None:
    async def scenario() -> tuple[ParsedFeed, ExtractedPage]:
        worker = Worker()
        try:
            return await worker.parse("feed", FEED, "text/xml", URL), await worker.extract_page(
                PAGE, None, URL
            )
        finally:
            await worker.close()

    feed, page = asyncio.run(scenario())
    assert feed.entries == (FeedEntry("One", url="https://site.example/1"),)
    assert page.text.startswith("Some honest words")


def test_wire_form_loses_nothing() -> None:
    date = datetime(2025, 11, 3, 4, tzinfo=UTC)
    entry = FeedEntry("လွိုင်ကော်", URL, "g", "s", "c\nd", "a", date, "p")  # Loikaw
    feed = ParsedFeed((entry, FeedEntry("")), "T", "my", timedelta(minutes=30), "cut off", URL, URL)
    page = ExtractedPage("a\nb", "t", "my", "x", date, URL, truncated=True)
    assert feed_from_json(feed_to_json(feed)) == feed
    assert page_from_json(page_to_json(page)) == page


def test_parse_errors_keep_their_cause() -> None:
    async def scenario() -> None:
        worker = Worker()
        try:
            await worker.parse("feed", b"<html><title>Just a moment...</title>", None, URL)
        finally:
            await worker.close()

    with pytest.raises(ParseError, match="challenge page"):
        asyncio.run(scenario())


def test_a06_hostile_documents_are_cut_off_and_the_next_is_fine() -> None:
    async def scenario() -> tuple[list[str], ParsedFeed, float]:
        worker = Worker(children=1, deadline_s=1.0)
        causes = []
        try:
            await worker.extract_page(PAGE, None, URL)
            for work in (
                worker.extract_page(SLOW_PAGE, None, URL),
                worker.parse("feed", SLOW_FEED, None, URL),
            ):
                try:
                    await work
                except ParseError as error:
                    causes.append(str(error))
                    assert not error.temporary
            started = time.monotonic()
            return causes, await worker.parse("feed", FEED, None, URL), time.monotonic() - started
        finally:
            await worker.close()

    causes, feed, seconds = asyncio.run(scenario())
    assert causes == ["too slow: not parsed within 1 s"] * 2
    assert len(feed.entries) == 1
    assert seconds < 30


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_a06_hostile_page_ends_within_its_deadline(name: str) -> None:
    async def scenario() -> None:
        worker = Worker(children=1, deadline_s=2.0)
        try:
            await worker.extract_page(PAGE, None, URL)
            async with asyncio.timeout(20):
                try:
                    page = await worker.extract_page(HOSTILE_PAGES[name], None, URL)
                except ParseError as error:
                    assert str(error).startswith("too ")
                else:
                    assert isinstance(page.text, str)
        finally:
            await worker.close()

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
@pytest.mark.parametrize(
    ("how", "temporary"), [(signal.SIGSEGV, False), (signal.SIGKILL, True), (signal.SIGTERM, True)]
)
def test_killed_child_costs_one_document_and_is_replaced(how: signal.Signals, temporary: bool) -> None:
    async def scenario() -> tuple[ParseError, ParsedFeed]:
        worker = Worker(children=1)
        before = children_of(os.getpid())
        try:
            await worker.parse("feed", FEED, None, URL)
            (child,) = children_of(os.getpid()) - before
            job = asyncio.create_task(worker.extract_page(SLOW_PAGE, None, URL))
            await asyncio.sleep(1.5)  # by then it is at work, also on a loaded machine
            os.kill(child, how)
            with pytest.raises(ParseError) as raised:
                await job
            return raised.value, await worker.parse("feed", FEED, None, URL)
        finally:
            await worker.close()
            assert children_of(os.getpid()) == before  # no zombie either

    error, feed = asyncio.run(scenario())
    assert "crashed" in str(error)
    assert error.temporary is temporary  # the kernel short of memory is not the document's fault
    assert len(feed.entries) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="finds the children in /proc")
def test_many_jobs_share_few_children() -> None:
    async def scenario() -> tuple[int, int]:
        worker = Worker(children=2)
        before = children_of(os.getpid())
        try:
            feeds = await asyncio.gather(*(worker.parse("feed", FEED, None, URL) for _ in range(12)))
            return len(feeds), len(children_of(os.getpid()) - before)
        finally:
            await worker.close()

    assert asyncio.run(scenario()) == (12, 2)


def test_close_ends_a_job_in_flight_at_once() -> None:
    async def scenario() -> tuple[str, float]:
        worker = Worker(deadline_s=60)
        job = asyncio.create_task(worker.extract_page(SLOW_PAGE, None, URL))
        await asyncio.sleep(1.5)
        started = time.monotonic()
        await worker.close()
        with pytest.raises(ParseError) as raised:
            await job
        with pytest.raises(RuntimeError):
            await worker.parse("feed", FEED, None, URL)
        return str(raised.value), time.monotonic() - started

    cause, seconds = asyncio.run(scenario())
    assert cause == "stopped: the run ends"
    assert seconds < 5


def test_cancelled_job_leaves_a_usable_worker() -> None:
    async def scenario() -> ParsedFeed:
        worker = Worker(children=1, deadline_s=60)
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await worker.extract_page(SLOW_PAGE, None, URL)
            return await worker.parse("feed", FEED, None, URL)
        finally:
            await worker.close()

    assert len(asyncio.run(scenario()).entries) == 1


def run_in_child(program: str, stdin: bytes = b"") -> str:
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program],
        input=stdin,
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return answer.stdout.decode()


def test_feeds_alone_never_load_the_extractor() -> None:
    program = (
        "import sys; from crawler.parse.feeds import parse_feed; import crawler.child\n"
        "parse_feed(sys.stdin.buffer.read(), None, 'https://a.example/')\n"
        "print(sorted({'trafilatura', 'courlan', 'scrapy'} & set(sys.modules)))"
    )
    assert run_in_child(program, FEED).strip() == "[]"


def test_parent_side_loads_no_parser() -> None:
    program = (
        "import sys, crawler.child\nprint(sorted({'feedparser', 'lxml', 'trafilatura'} & set(sys.modules)))"
    )
    assert run_in_child(program).strip() == "[]"


def test_child_may_open_no_connection_and_print_no_answer() -> None:
    program = (
        "import socket, sys, crawler.worker as worker\n"
        "def parse(body, content_type, url):\n"
        "    print('stray words of a library')\n"
        "    socket.create_connection(('127.0.0.1', 9))\n"
        "worker._load = lambda job: parse\n"
        "worker.main()"
    )
    order = b'{"job": "x", "content_type": null, "url": "", "deadline_s": 5}'
    answer = run_in_child(program, len(order).to_bytes(4, "big") + b"\0\0\0\0" + order)
    assert "stray" not in answer
    assert "PermissionError: a parser must not" in answer


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_child_dies_with_its_parent_even_in_the_middle_of_a_job() -> None:
    program = (
        "import asyncio, sys; from crawler.child import Worker\n"
        "async def main():\n"
        "    worker = Worker(deadline_s=60)\n"
        "    await worker.parse('feed', b'<rss><channel></channel></rss>', None, 'https://a.example/')\n"
        "    job = asyncio.create_task(worker.extract_page(sys.stdin.buffer.read(), None, 'https://a.example/'))\n"
        "    await asyncio.sleep(1)\n"
        "    print('busy', flush=True)\n"
        "    await job\n"
        "asyncio.run(main())"
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdin is not None and parent.stdout is not None
    with parent:
        parent.stdin.write(SLOW_PAGE)
        parent.stdin.close()
        assert parent.stdout.readline() == b"busy\n"
        (child,) = children_of(parent.pid)
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":  # dead; whoever adopted it has not looked yet
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")
