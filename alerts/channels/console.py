"""The terminal as a channel: a digest in plain lines, wrapped so that no Burmese syllable breaks.

Owns the look of what a first-time user sees. The body is bare UTF-8 text without any control sequence;
``colour`` adds emphasis for whoever knows that the other end is a terminal.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import unquote

from alerts.message.layout import Line, Telling, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import cut_text, is_cut_point
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    Part,
    Platform,
    Style,
    classify_status,
)
from alerts.message.prose import section_of
from alerts.text.width import display_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.message.paging import Item
    from alerts.message.plaintext import Piece
    from alerts.model import Digest

COLUMNS = 80
_INDENT = "    "
_QUOTE = "    │ "
_BY = "— "
_TO = "→ "
_MORE = "    + "
_NOTE = "    · "
_BULLET = "  · "
_OPEN, _CLOSE = "«", "»"  # around matched words: light, and foreign to both English and Burmese spelling
_HELD_COLUMNS = 40  # marked words shorter than this stay on one line
_NO_LINE_START = "·၊။,.;:!?)]}%»”’…/"
_NO_LINE_END = "«([{“‘"
_HARD_SPACE = "\u00a0"
_INNER_SPACE = re.compile(r"(?<!·) (?!·)")
_COUNT = re.compile(r"(?:at least )?\d[\d,]* \S+")  # a number stays with what it counts
_BURMESE_ESCAPES = re.compile(r"(?:%E1%8[01]%[89AB][0-9A-F]|%E1%82%[89][0-9A-F])+")  # U+1000-U+109F


class ConsoleKeys(ChannelKeys):
    """The console has no keys of its own."""


def _may_break(text: str, i: int) -> bool:
    """Tell whether a line may end before index *i*: at spaces, after a slash or dash, between syllables."""
    before, char = text[i - 1], text[i]
    if before in " \u200b":
        return char not in _NO_LINE_START
    if before in _NO_LINE_END or char in _NO_LINE_START or char in " \u200b":
        return False
    if before in "၊။":
        return True
    both_burmese = "\u1000" <= char <= "\u109f" and "\u1000" <= before <= "\u109f"
    return both_burmese and is_cut_point(text, i)


def wrap(text: str, first: str, rest: str, columns: int = COLUMNS) -> list[str]:
    """Return *text* in lines of at most *columns*, led by *first* and then by *rest*.

    Words between guillemets stay on one line where they fit on one. A word without a break is cut hard
    at a syllable start, or left long when it has none.
    """
    kept = [match.span() for match in re.finditer(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}", text)]
    held = {i for a, b in kept if display_width(text[a:b]) < _HELD_COLUMNS for i in range(a + 1, b)}
    breaks = [i for i in range(1, len(text)) if _may_break(text, i) and i not in held]
    widths = [0, *accumulate(map(display_width, text))]
    lines: list[str] = []
    start, lead = 0, first
    while start < len(text):
        room = columns - display_width(lead)
        end = _line_end(text, start, breaks, widths, room)
        lines.append((lead + text[start:end].strip(" ")).rstrip(" "))
        start, lead = end, rest
    return lines or [first.rstrip(" ")]


def _line_end(text: str, start: int, breaks: list[int], widths: list[int], room: int) -> int:
    """Return where the line from *start* ends; *widths* are the columns before every index."""
    last = bisect_right(widths, widths[start] + room) - 1  # the furthest that fits, signs included
    if last >= len(text):
        return len(text)
    if text[last] == " ":
        last += 1  # a space at the end of a line takes no room
    nearest = bisect_right(breaks, last) - 1
    if nearest >= 0 and breaks[nearest] > start:
        return breaks[nearest]
    hard = next((i for i in range(last, start, -1) if is_cut_point(text, i)), None)
    if hard is not None:
        return hard
    return breaks[nearest + 1] if nearest + 1 < len(breaks) else len(text)


def _quote(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"{_OPEN}{text}{_CLOSE}" if marked else text for text, marked in pieces)


def _story_lines(number: int, story: Telling, columns: int) -> Iterator[str]:
    yield f"{number:>2}  " + cut_text(story.heading or "Story", columns - len(_INDENT), display_width)
    yield from _lead_lines(story, columns)
    for line in story.further:
        yield from _further_lines(line, _MORE, columns)
    for note in (story.rest, story.known):
        if note:
            yield from wrap(note.removeprefix("+"), _NOTE, " " * len(_NOTE), columns)


def _lead_lines(story: Telling, columns: int) -> Iterator[str]:
    line = story.lead
    yield from wrap(line.headline, _INDENT, _INDENT, columns)
    yield from wrap(_hold(line.byline), _INDENT + _BY, _INDENT + " " * len(_BY), columns)
    if story.sentence:
        yield from wrap(_quote(story.sentence), _QUOTE, _QUOTE, columns)
    for fact in story.facts:
        words = "".join(text for text, _ in fact)
        yield from wrap(_COUNT.sub(_hold_match, words), _INDENT, _INDENT + "  ", columns)
    if line.url:
        yield _INDENT + _TO + _readable(line.url)


def _hold_match(match: re.Match[str]) -> str:
    return match[0].replace(" ", _HARD_SPACE)


def _hold(facts: str) -> str:
    """Return *facts* with hard spaces, so that lines end at the dots between them."""
    return _INNER_SPACE.sub(_HARD_SPACE, facts)


def _further_lines(line: Line, lead: str, columns: int) -> Iterator[str]:
    rest = " " * len(lead)
    yield from wrap(f"{line.headline} — {_hold(line.byline)}", lead, rest, columns)
    if line.url:
        yield rest + _TO + _readable(line.url)


def _readable(url: str) -> str:
    """Return *url* with Burmese letters instead of nine characters for each; browsers take it back."""
    return _BURMESE_ESCAPES.sub(lambda match: unquote(match[0]), url)


def _item_lines(number: int, item: Item, columns: int) -> Iterator[str]:
    content = item.content
    if isinstance(content, Telling):
        yield from _story_lines(number, content, columns)
    elif isinstance(content, Line):
        yield from _further_lines(content, _BULLET, columns)
    else:
        yield from wrap(content, _BULLET, " " * len(_BULLET), columns)


def _title(text: str, columns: int) -> list[str]:
    *lines, last = wrap(text, "── ", "── ", columns - 4)
    return [*lines, f"{last} " + "─" * max(3, columns - display_width(last) - 1)]


def _write(page: Page, columns: int = COLUMNS) -> bytes:
    lines = _title(page.heading, columns)
    previous = ""
    for number, item in enumerate(page.items, start=1):
        section = section_of(item)
        if not section or section != previous:
            lines.append("")
        if section and section != previous:
            lines.append(f"{section}:")
        lines += _item_lines(number, item, columns)
        previous = section
    lines.append("")
    for line in (*page.tail, page.footer):
        lines += wrap(line, "", "", columns)
    return ("\n".join(lines) + "\n").replace(_HARD_SPACE, " ").encode("utf-8")


def render(digest: Digest, keys: ConsoleKeys, style: Style) -> tuple[Part, ...]:
    """Return the digest in one part, however long: a terminal scrolls."""
    return paginate(digest, _write, lambda body: True, max_parts=1)


def write_text(digest: Digest, columns: int) -> str:
    """Return the digest for a terminal of so many *columns*."""
    (part,) = paginate(digest, lambda page: _write(page, columns), lambda body: True, max_parts=1)
    return part.body.decode("utf-8")


def request(keys: ConsoleKeys, delivery: Delivery) -> HttpRequest:
    """Return the body under an address that no network knows; the deliverer prints it."""
    return HttpRequest("PRINT", "console:", delivery.body)


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Open with the note that the digest may be a repeat."""
    return put_first(repeat_note(digest_id), body.decode("utf-8")).encode("utf-8")


_RESET, _BOLD, _DIM, _TOPIC, _MATCH = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[1;33m"
_MARKED = re.compile(f"({_OPEN}[^{_CLOSE}]*{_CLOSE})")
_LOOKS = (  # the start of a line, its look, the look of lines that carry it on
    (re.compile(r"── |\S+:$"), _BOLD, ""),
    (re.compile(r"[ \d]\d  "), _TOPIC, _BOLD),
    (re.compile(r"    │ "), "", ""),
    (re.compile(r" {4,6}[—→] "), _DIM, _DIM),
    (re.compile(r"    [+·] |  · "), "", ""),
    (re.compile(r"\S"), _DIM, _DIM),
)


def colour(text: str) -> str:
    """Return a rendered body with ANSI emphasis for a terminal; only escape codes are added."""
    return "\n".join(_coloured_lines(text))


def _coloured_lines(text: str) -> Iterator[str]:
    following = ""
    for line in text.split("\n"):
        look = following
        for start, own, next_look in _LOOKS:
            if start.match(line):
                look, following = own, next_look
                break
        if line.startswith(_QUOTE):
            pieces = _MARKED.split(line)
            yield "".join(
                f"{_MATCH}{piece}{_RESET}" if _MARKED.fullmatch(piece) else piece for piece in pieces
            )
        else:
            yield f"{look}{line}{_RESET}" if look and line else line


PLATFORM = Platform(
    name="console",
    keys=ConsoleKeys,
    render=render,
    request=request,
    classify=classify_status,
    mark_repeat=mark_repeat,
    local=True,
)
