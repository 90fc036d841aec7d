"""The demonstration: the real pipeline against invented outlets and a chat room, all on loopback.

It owns the story that is told and the verdict on what the room received; the pipeline itself is handed in.
Nothing is written outside a temporary folder, which is gone afterwards.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.demo.chatroom import ReceivedMessage, SampleChatroom
from alerts.demo.newsroom import SampleNewsroom, write_config
from alerts.demo.outlets import FEED_NAMES, OUTLETS, SampleArticle, load_articles
from alerts.demo.show import show_message
from alerts.demo.theme import LOCAL
from alerts.terminal import MAX_COLUMNS, MIN_COLUMNS, Span, paint, wrap_text
from alerts.text.width import display_width
from crawler.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

FIRST_RUN_WINDOW = timedelta(hours=24)  # as written into the demonstration's settings.yaml

_OUTLET_NAMES = {outlet.outlet_id: outlet.name for outlet in OUTLETS}


class _Narrator:
    """Writes the story to *out* at the given width, with or without colour."""

    def __init__(self, out: TextIO, colour: bool, columns: int) -> None:
        self._out = out
        self._colour = colour
        self._columns = max(min(columns, MAX_COLUMNS), MIN_COLUMNS)

    def heading(self, text: str) -> None:
        self._write(f"\n{paint([Span(text, bold=True)], colour=self._colour)}\n")

    def say(self, text: str = "", indent: str = "  ") -> None:
        for start, end in wrap_text(text, self._columns - len(indent)):
            self._write(f"{indent}{text[start:end]}".rstrip() + "\n")

    def show(self, messages: Iterable[ReceivedMessage]) -> None:
        for message in messages:
            at = message.received_at.astimezone(LOCAL)
            shown = show_message(message.platform, message.payload, self._columns, self._colour, at=at)
            self._write(f"\n{shown}")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()  # each step takes seconds: people should see it when it happens


def run_demo(
    run_cycle: Callable[[Path], int],
    lexicon: Path,
    out: TextIO,
    colour: bool,
    columns: int,
    *,
    program: str = "newswatch",
) -> int:
    """Run the pipeline twice against the sample outlets, tell the story on *out*, and judge the result.

    *run_cycle* is given a configuration folder, runs one whole cycle whatever the poll intervals say, and
    returns its exit status. Returns 0 when the room received every story once and nothing else, otherwise 1
    after saying what is wrong. *program* is how the reader would start newswatch.
    """
    narrator = _Narrator(out, colour, columns)
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-demo-") as folder,
        SampleNewsroom(utc_now()) as newsroom,
        SampleChatroom() as room,
    ):
        config = Path(folder)
        write_config(config, newsroom.base_url, room.base_url, lexicon)
        _introduce(narrator, newsroom.articles)

        narrator.heading("First run")
        problem = _run(narrator, run_cycle, config, newsroom)
        first = room.messages
        narrator.show(first)

        new = newsroom.publish_update()
        narrator.heading("The outlets publish again")
        _announce(narrator, new)

        narrator.heading("Second run")
        problem = _run(narrator, run_cycle, config, newsroom) or problem
        second = room.messages[len(first) :]
        narrator.show(second)

    problems = ([problem] if problem else []) + judge(first, second)
    narrator.heading("What just happened")
    if problems:
        for text in problems:
            narrator.say(text)
        narrator.say("This is a fault of newswatch or of its installation, not of your configuration.")
        return 1
    _conclude(narrator, first, second, program)
    return 0


def judge(first: Sequence[ReceivedMessage], second: Sequence[ReceivedMessage]) -> list[str]:
    """Return what is wrong with the messages of the two runs, in sentences; an empty list is success.

    An article counts as told where its link stands in a message. Of an event told by several outlets one link
    is enough; an article of the first run must not come again in the second.
    """
    if not first:
        return ["The chat room received nothing in the first run."]
    told_first, told_second = _told(first), _told(second)
    problems = []
    for run, told, is_update in (("first", told_first, False), ("second", told_second, True)):
        for article in _one_per_event(a for a in load_articles() if is_due(a) and a.is_update == is_update):
            if not any(a.event == article.event and told[a.slug] for a in load_articles()):
                problems.append(f"Missing from the {run} run: {article.title}")
    for article in load_articles():
        if told_first[article.slug] and told_second[article.slug]:
            problems.append(f"Sent twice: {article.title} ({_OUTLET_NAMES[article.outlet_id]})")
        if any(article.title in text and _is_zawgyi(article) for text in _texts(first)):
            problems.append(f"Shown in Zawgyi, not converted: {article.title}")
        if not is_due(article) and (told_first[article.slug] or told_second[article.slug]):
            problems.append(f"Sent, but it should not have been: {article.title}")
    return problems


def is_due(article: SampleArticle) -> bool:
    """Tell whether *article* is about a topic and young enough for a first run."""
    return bool(article.topics) and article.age <= FIRST_RUN_WINDOW


def _told(messages: Iterable[ReceivedMessage]) -> Counter[str]:
    """Return in how many messages the link of each article stands, by slug."""
    texts = _texts(messages)
    return Counter({a.slug: sum(f"/{a.slug}" in text for text in texts) for a in load_articles()})


def _texts(messages: Iterable[ReceivedMessage]) -> list[str]:
    return [json.dumps(message.payload, ensure_ascii=False) for message in messages]


def _is_zawgyi(article: SampleArticle) -> bool:
    return any(o.outlet_id == article.outlet_id and o.furniture == "my-zawgyi" for o in OUTLETS)


def _one_per_event(articles: Iterable[SampleArticle]) -> list[SampleArticle]:
    return list({article.event: article for article in articles}.values())


def _introduce(narrator: _Narrator, articles: Sequence[SampleArticle]) -> None:
    due = [article for article in articles if is_due(article)]
    narrator.say(
        f"On this computer, {len(OUTLETS)} invented outlets and an invented chat room are now running. "
        "Nothing is read from or sent to any other machine.",
        indent="",
    )
    narrator.heading("The outlets publish")
    width = max(display_width(name) for name in _OUTLET_NAMES.values())
    for outlet in OUTLETS:
        number = sum(article.outlet_id == outlet.outlet_id for article in articles)
        padding = " " * (width - display_width(outlet.name))
        narrator.say(f"{outlet.name}{padding}  {number} articles  {FEED_NAMES[outlet.feed]}")
    narrator.say()
    narrator.say(
        f"Of {len(articles)} articles, {len(due)} are today's news about Loikaw or Operation 1111; two of "
        "these are the same agency report. Yet every page names both in its weather box, menus and most-read "
        "list, and among the rest are look-alikes: Operation 1027, an 11.11 sale, Loi Kaw Wan camp and "
        "လောက်ကိုင် (Laukkai)."
    )


def _run(
    narrator: _Narrator, run_cycle: Callable[[Path], int], config: Path, newsroom: SampleNewsroom
) -> str | None:
    """Run one cycle and say what the outlets saw of it; return what went wrong, if anything."""
    visits_before, started = len(newsroom.visits), time.monotonic()
    status = run_cycle(config)
    seconds = time.monotonic() - started
    visits = newsroom.visits[visits_before:]
    feeds = {f"/{outlet.outlet_id}/{outlet.feed_path}" for outlet in OUTLETS}
    asked = [visit for visit in visits if visit.path in feeds]
    unchanged = sum(visit.status == 304 for visit in asked)
    pages = sum(
        visit.status == 200 and visit.path.count("/") > 4 for visit in visits
    )  # /outlet/2026/11/slug/
    report = f"{len(asked)} feeds read" + (f" ({unchanged} unchanged: 304)" if unchanged else "")
    fetched = "1 article page" if pages == 1 else f"{pages} article pages"
    narrator.say(f"{report}, {fetched} fetched, {seconds:.1f} s.")
    return f"A run ended with status {status} instead of 0." if status else None


def _announce(narrator: _Narrator, new: Iterable[SampleArticle]) -> None:
    known = {article.event for article in load_articles() if not article.is_update}
    for article in new:
        kind = "an event already told, by one more outlet" if article.event in known else "a new event"
        narrator.say(f"{_OUTLET_NAMES[article.outlet_id]}: {kind}.")
        narrator.say(article.title, indent="    ")


def _conclude(
    narrator: _Narrator, first: Sequence[ReceivedMessage], second: Sequence[ReceivedMessage], program: str
) -> None:
    told = [article for article in load_articles() if _told(first)[article.slug]]
    events = len({article.event for article in told})
    posts = "one message" if len(first) == 1 else f"{len(first)} messages"
    narrator.say(
        f"The first run sent {len(told)} reports of {events} events in {posts}: no look-alike, nothing older than a "
        "day, and the Zawgyi page as readable Burmese. The second run sent only what was new"
        + (", in one message" if len(second) == 1 else "")
        + ": nothing was repeated. With your own outlets, topics and channels it works the same way. Next:"
    )
    narrator.say()
    commands = (
        (f"{program} check", "is the configuration right, what is set up?"),
        (f"{program} run --dry-run", "print a digest of the real news, send nothing"),
    )
    width = max(len(command) for command, _ in commands)
    for command, purpose in commands:
        narrator.say(f"{command:{width}}  {purpose}", indent="    ")
