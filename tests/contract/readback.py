"""What readers see of a digest's headlines, read back from the messages: nothing may be lost on the way.

A headline that is shown is the cleaned original, whole, or a beginning of it and an ellipsis; zero-width characters do
not count, look-alikes are taken back. One that is not shown must be counted: "+3 more stories not listed". TDLib reads
Telegram's texts, HTML and markdown are read by what stands here, never by an adapter.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alerts.message.plaintext import ELLIPSIS, clean_line, cut_text
from tests.contract import tdlib

if TYPE_CHECKING:
    from alerts.model import Digest, Report

Message = Mapping[str, Any]

# What Teams, Google Chat, Mattermost and Discord's titles are given in place of signs of their markup, one for one.
LOOKALIKES = {"∗": "*", "＿": "_", "ʻ": "`", "＼": "\\", "∼": "~", "‹": "<", "›": ">"}
_ALIKE = str.maketrans(LOOKALIKES | dict.fromkeys("\u200b\u200c\u200d\u2060", ""))
_SHORTEST_CHARS = 60  # no budget cuts a headline shorter than this
_KEY_CHARS = 20
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</(?:p|li|ul|blockquote|div)>|<br>")


def _of_html(text: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))


def _of_markdown(text: str) -> str:
    """Undo escapes, bold and links of Discord's and Mattermost's markdown in one pass."""
    pattern = r"\\([^0-9A-Za-z\s])|\*\*|(?<=\])\([^)\s]*\)|\[|\]"
    return re.sub(pattern, lambda match: match[1] or "", text)


def _slack(message: Message) -> Iterator[str]:
    if "blocks" not in message:
        yield html.unescape(re.sub(r"<[^>]*>", "", message["text"]))
    for block in message.get("blocks", []):
        if block["type"] == "rich_text":
            yield from (_leaves(element) for element in block["elements"])
        elif block["type"] == "header":
            yield block["text"]["text"]
        else:
            yield from (element["text"] for element in block["elements"])


def _leaves(element: Message) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(map(_leaves, element["elements"]))
    return "".join(leaf["text"] for leaf in element["elements"])


def _discord(message: Message) -> Iterator[str]:
    yield _of_markdown(message["content"])
    for embed in message.get("embeds", []):
        yield embed.get("author", {}).get("name", "")
        yield embed.get("title", "")
        yield _of_markdown(embed.get("description", ""))
        yield embed.get("footer", {}).get("text", "")


def _telegram(message: Message) -> Iterator[str]:
    is_html = "parse_mode" in message
    if tdlib.PRESENT:
        yield tdlib.parse(message["text"], is_html=is_html).text
    else:
        yield _of_html(message["text"]) if is_html else message["text"]


def _googlechat(message: Message) -> Iterator[str]:
    yield message.get("text", "")
    for card in message.get("cardsV2", []):
        yield card["card"]["header"]["title"]
        for widget in (each for section in card["card"]["sections"] for each in section["widgets"]):
            shown = widget.get("decoratedText") or widget["textParagraph"]
            yield shown.get("topLabel", "")
            yield _of_html(shown["text"])
            yield shown.get("bottomLabel", "")


def _teams(message: Message) -> Iterator[str]:
    def texts(elements: Sequence[Message]) -> Iterator[str]:
        for element in elements:
            if "text" in element:
                yield element["text"].replace("**", "")
            yield from texts(element.get("items", []))

    return texts(message["attachments"][0]["content"]["body"])


def _webhook(message: Message) -> Iterator[str]:
    data = message["data"]
    for story in data["stories"]:
        yield from (report["headline"] or "(no headline)" for report in story["reports"])
        yield f"+{story['reports_omitted']} more reports:"
    yield from (report["change"] or report["headline"] or "(no headline)" for report in data["brief"])


def views(name: str, body: bytes) -> tuple[str, ...]:
    """Return what readers see of one message, line by line; two texts where a platform shows either of two."""
    if name in ("console", "apprise"):
        return (body.decode("utf-8"),)
    message = json.loads(body)
    if name == "matrix":
        rich = message.get("formatted_body")
        return (message["body"], _of_html(rich)) if rich else (message["body"],)
    if name == "ntfy":
        return (message["message"],)
    if name == "mattermost":
        return (_of_markdown(message["text"]),)
    found = {
        "slack": _slack,
        "discord": _discord,
        "telegram": _telegram,
        "googlechat": _googlechat,
        "teams": _teams,
        "webhook": _webhook,
    }[name](message)
    return ("\n".join(found),)


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
