"""What readers see of a digest's headlines, read back from the messages: nothing may be lost on the way.

A headline that is shown is the cleaned original, whole, or a beginning of it and an ellipsis; zero-width characters do
not count, look-alikes are taken back. One that is not shown must be counted: "+3 more stories not listed". TDLib reads
Telegram's texts, a CommonMark parser those of Teams and Mattermost; nothing is read by an adapter.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alerts.message.plaintext import ELLIPSIS, clean_line, cut_text
from tests.contract import tdlib
from tests.kit.platforms import PROFILES
from tests.kit.reading import LOOKALIKES

if TYPE_CHECKING:
    from alerts.model import Digest, Report

Message = Mapping[str, Any]

_ALIKE = LOOKALIKES | dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060"), None)
_SHORTEST_CHARS = 60  # no budget cuts a headline shorter than this
_KEY_CHARS = 20


def _of_markdown(text: str) -> str:
    """Undo escapes, bold and links of Discord's markdown in one pass."""
    pattern = r"\\([^0-9A-Za-z\s])|\*\*|(?<=\])\([^)\s]*\)|\[|\]"
    return re.sub(pattern, lambda match: match[1] or "", text)


def _discord(message: Message) -> Iterator[str]:
    yield _of_markdown(message["content"])
    for embed in message.get("embeds", []):
        yield embed.get("author", {}).get("name", "")
        yield embed.get("title", "")
        yield _of_markdown(embed.get("description", ""))
        yield embed.get("footer", {}).get("text", "")


def _webhook(message: Message) -> Iterator[str]:
    data = message["data"]
    for story in data["stories"]:
        yield from (report["headline"] or "(no headline)" for report in story["reports"])
        yield f"+{story['reports_omitted']} more reports:"
    yield from (report["change"] or report["headline"] or "(no headline)" for report in data["brief"])


def views(name: str, body: bytes) -> tuple[str, ...]:
    """Return what readers see of one message, line by line; two texts where a platform shows either of two.

    The kit's readers (`tests.kit.chats`) read most; some signs that random digests draw mean something else to them
    in Discord's messages, a terminal's and data, which are read here.
    """
    if name == "console":
        return (body.decode("utf-8"),)
    if name == "telegram" and tdlib.PRESENT:
        message = json.loads(body)
        return (tdlib.parse(message["text"], is_html="parse_mode" in message).text,)
    if name in ("discord", "webhook"):
        return ("\n".join((_discord if name == "discord" else _webhook)(json.loads(body))),)
    return tuple(seen.text for seen in PROFILES[name].read(body))


def lost(name: str, digest: Digest, bodies: Sequence[bytes]) -> int:
    """Return how many headlines of *digest* are neither shown nor counted in its messages on one platform."""
    forms = zip(*(views(name, body) for body in bodies), strict=True)
    return max(lost_in("\n".join(form), digest, is_wrapped=name == "console") for form in forms)


def lost_in(text: str, digest: Digest, *, is_wrapped: bool = False) -> int:
    """Return how many headlines are neither shown nor counted in *text*, all that readers see of *digest*.

    White space counts for nothing where lines are wrapped.
    """
    counted = " ".join(text.split()) if is_wrapped else text
    stories = max(_number(r"\+([\d,]+) more stor(?:y|ies) not listed", counted) - digest.more, 0)
    briefs = _number(r"\+(\d+) more reports? not listed", counted)
    further = sum(int(number) for number in re.findall(r"\+?(\d+) more reports?:", counted))
    leads = [story.reports[0] for story in digest.stories]
    everything = [report for story in digest.stories for report in story.reports]
    largest = sorted((len(story.reports) for story in digest.stories), reverse=True)[:stories]
    missing = _missing(text, [*leads, *digest.brief], is_wrapped=is_wrapped) - stories - briefs
    missing_further = _missing(text, [*everything, *digest.brief], is_wrapped=is_wrapped)
    return max(missing, missing_further - further - briefs - sum(largest), 0)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1].replace(",", "")) if found else 0


def _original(report: Report) -> str:
    return clean_line(report.change or report.headline)


def _missing(text: str, reports: Sequence[Report], *, is_wrapped: bool) -> int:
    """Return how many of the headlines do not stand in *text*, in their order."""
    text = _bare(text, is_wrapped)
    headlines = [_original(report) for report in reports]
    found_of = {headline: _occurrences(text, headline, is_wrapped) for headline in set(headlines)}
    places = [found_of[headline] for headline in headlines]
    at = 0
    for number, found in enumerate(places):
        nearest = bisect_left(found, (at, 0))
        if nearest == len(found):
            return _missing_at_best(places, number)
        at = found[nearest][1]
    return 0


def _missing_at_best(places: Sequence[list[tuple[int, int]]], sure: int) -> int:
    """Return how many are missing when as many as can be are found: some were left out, whichever."""
    ends = [0]  # the earliest end of so many found
    for found in places:
        for many in range(len(ends) - 1, -1, -1):
            nearest = bisect_left(found, (ends[many], 0))
            if nearest == len(found):
                continue
            end = found[nearest][1]
            if many + 1 == len(ends):
                ends.append(end)
            else:
                ends[many + 1] = min(ends[many + 1], end)
    assert len(ends) > sure
    return len(places) - len(ends) + 1


def _bare(text: str, is_wrapped: bool) -> str:
    text = text.translate(_ALIKE)
    return re.sub(r"\s+", "", text) if is_wrapped else text


def _occurrences(text: str, original: str, is_wrapped: bool) -> list[tuple[int, int]]:
    """Return where a cleaned headline stands in *text*: whole, or cut with an ellipsis."""
    whole = _bare(original, is_wrapped) or _bare("(no headline)", is_wrapped)
    shortest = len(_bare(cut_text(original, _SHORTEST_CHARS), is_wrapped).removesuffix(ELLIPSIS))
    key = whole[: min(_KEY_CHARS, shortest)] if original else whole
    found = []
    start = text.find(key or ELLIPSIS)
    while start >= 0:
        if text.startswith(whole, start):
            found.append((start, start + len(whole)))
        else:
            end = start + _common(text, start, whole)
            if end - start >= len(key) and text[end : end + 1] == ELLIPSIS:
                found.append((start, end + 1))
        start = text.find(key or ELLIPSIS, start + 1)
    return found


def _common(text: str, start: int, whole: str) -> int:
    """Return how many characters of *whole* stand in *text* from *start* on."""
    low, high = 0, len(whole)
    while low < high:
        middle = (low + high + 1) // 2
        if text.startswith(whole[:middle], start):
            low = middle
        else:
            high = middle - 1
    return low
