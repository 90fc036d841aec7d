"""Slack, Discord and Telegram message payloads read into plain blocks of styled text, as their clients would.

It reads what newswatch may send and the usual rest of each format; an unknown element shows its text, or
nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from html import unescape
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from alerts.terminal import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069"


def make_printable(text: str) -> str:
    """Return *text* without control and direction characters: they could move the cursor or hide words."""
    kept = (" " if char in "\t\r" else char for char in text if char not in _BIDI)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cs"))


LINK_COLOUR = 34  # blue

Kind = Literal["text", "heading", "small", "quote", "rule"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a message: one logical line, to be wrapped. ``prefix`` is a bullet or number."""

    spans: tuple[Span, ...] = ()
    kind: Kind = "text"
    prefix: str = ""


def read_payload(platform: str, payload: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what a client of *platform* would show; an unknown platform shows its keys and values."""
    reader = _READERS.get(platform, _read_anything)
    return tuple(_dim_bylines(reader(payload)))


def _dim_bylines(blocks: Iterable[Block]) -> Iterator[Block]:
    """Make the line under a linked headline small, and the host behind a link dim: so the headline leads."""
    under_headline = False
    for block in blocks:
        links = [span.colour == LINK_COLOUR for span in block.spans]
        if under_headline and block.kind == "text" and not any(links) and not block.prefix:
            yield replace(block, kind="small")
        else:
            spans = (
                replace(span, dim=True) if after_link and re.fullmatch(r" \([^()]*\)", span.text) else span
                for after_link, span in zip([False, *links], block.spans, strict=False)
            )
            yield replace(block, spans=tuple(spans))
        under_headline = any(
            link and (span.bold or block.kind == "heading")
            for link, span in zip(links, block.spans, strict=True)
        )


def link_span(label: str, url: str, style: Span) -> Span:
    """Return a link as clients show it: its label, or for a bare address the host."""
    shown = label if label and label != url else host_of(url)
    return replace(style, text=make_printable(shown), underline=True, colour=LINK_COLOUR)


def host_of(url: str) -> str:
    """Return the host and port of *url*, the whole of it where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:  # a malformed IPv6 address
        return url


def split_lines(spans: Iterable[Span], kind: Kind = "text", prefix: str = "") -> Iterator[Block]:
    """Yield one block a line of *spans*, whose texts may hold line breaks."""
    line: list[Span] = []
    for span in spans:
        first, *others = span.text.split("\n")
        line.append(replace(span, text=make_printable(first)))
        for other in others:
            yield Block(tuple(line), kind, prefix)
            line, prefix = [replace(span, text=make_printable(other))], " " * len(prefix)
    if any(span.text for span in line):
        yield Block(tuple(line), kind, prefix)


# ---- Slack: https://docs.slack.dev/reference/block-kit/blocks


def _read_slack(payload: Mapping[str, Any]) -> Iterator[Block]:
    blocks = payload.get("blocks") or []
    if not blocks:  # text is the notification when there are blocks, the message when there are none
        yield from split_lines(_mrkdwn(str(payload.get("text", ""))))
    for block in blocks:
        yield Block()  # clients set blocks apart
        yield from _slack_block(block)
    for attachment in payload.get("attachments") or []:
        yield from _read_slack(attachment)


def _slack_block(block: Mapping[str, Any]) -> Iterator[Block]:
    match block.get("type"):
        case "header":
            yield from split_lines(_slack_text(block.get("text")), "heading")
        case "divider":
            yield Block(kind="rule")
        case "context":
            texts = [(*_slack_text(element), Span("  ")) for element in block.get("elements", [])]
            yield from split_lines(chain.from_iterable(texts), "small")
        case "section":
            yield from split_lines(_slack_text(block.get("text")))
            for field in block.get("fields", []):
                yield from split_lines(_slack_text(field))
        case "rich_text":
            for element in block.get("elements", []):
                yield from _slack_rich(element)
        case "markdown":
            yield from _discord_markdown(str(block.get("text", "")))


def _slack_text(value: Any) -> list[Span]:
    if not isinstance(value, dict):
        return []
    text = str(value.get("text", ""))
    return [Span(text)] if value.get("type") == "plain_text" else list(_mrkdwn(text))


def _slack_rich(element: Mapping[str, Any], depth: int = 0) -> Iterator[Block]:
    children = element.get("elements", [])
    match element.get("type"):
        case "rich_text_list":
            for number, child in enumerate(children, 1 + int(element.get("offset", 0))):
                bullet = f"{number}. " if element.get("style") == "ordered" else "• "
                indent = "  " * int(element.get("indent", depth))
                yield from split_lines(map(_slack_leaf, child.get("elements", [])), prefix=indent + bullet)
        case "rich_text_quote":
            yield from split_lines(map(_slack_leaf, children), "quote")
        case "rich_text_preformatted":
            yield from split_lines(replace(_slack_leaf(child), code=True) for child in children)
        case _:
            yield from split_lines(map(_slack_leaf, children))


def _slack_leaf(leaf: Mapping[str, Any]) -> Span:
    marks = leaf.get("style") or {}
    style = Span("", bold="bold" in marks, italic="italic" in marks, code="code" in marks)
    match leaf.get("type"):
        case "link":
            return link_span(str(leaf.get("text", "")), str(leaf.get("url", "")), style)
        case "emoji":
            return replace(style, text=f":{leaf.get('name', '')}:")
        case "user" | "usergroup" | "broadcast":
            return replace(style, text=f"@{leaf.get('range') or leaf.get('user_id') or 'group'}", bold=True)
        case "date":
            return replace(style, text=str(leaf.get("fallback", "")))
        case _:
            return replace(style, text=str(leaf.get("text", "")))


_MRKDWN = re.compile(
    r"<(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>"
    r"|(?<![^\W_])\*(?P<bold>[^*\n]+)\*(?![^\W_])|(?<![^\W_])_(?P<italic>[^_\n]+)_(?![^\W_])|`(?P<code>[^`\n]+)`"
)


def _mrkdwn(text: str, style: Span = Span("")) -> Iterator[Span]:  # noqa: B008 - a frozen value
    position = 0
    for match in _MRKDWN.finditer(text):
        yield replace(style, text=unescape(text[position : match.start()]))
        position = match.end()
        if match["bold"]:
            yield from _mrkdwn(match["bold"], replace(style, bold=True))
        elif match["italic"]:
            yield from _mrkdwn(match["italic"], replace(style, italic=True))
        elif match["code"]:
            yield replace(style, text=unescape(match["code"]), code=True)
        elif match["target"][0] in "!@#":  # a date, a mention or a channel: the fallback is what is shown
            shown = match["label"] or "@" + match["target"].lstrip("!@#").partition("^")[0]
            yield replace(style, text=unescape(shown), bold=match["label"] is None)
        else:
            yield link_span(unescape(match["label"] or ""), unescape(match["target"]), style)
    yield replace(style, text=unescape(text[position:]))


# ---- Discord: https://discord.com/developers/docs/resources/message#embed-object


def _read_discord(payload: Mapping[str, Any]) -> Iterator[Block]:
    yield from _discord_markdown(str(payload.get("content") or ""))
    for number, embed in enumerate(payload.get("embeds") or []):
        if number:
            yield Block(kind="rule")
        author = embed.get("author") or {}
        yield from split_lines([Span(str(author.get("name", "")))], "small")
        if title := str(embed.get("title") or ""):
            style = Span(title, bold=True)
            shown = link_span(title, str(embed["url"]), style) if embed.get("url") else style
            yield from split_lines([shown])
        yield from _discord_markdown(str(embed.get("description") or ""))
        for field in embed.get("fields") or []:
            yield from split_lines([Span(str(field.get("name", "")), bold=True)])
            yield from _discord_markdown(str(field.get("value", "")))
        footer = [str((embed.get("footer") or {}).get("text") or ""), str(embed.get("timestamp") or "")]
        yield from split_lines([Span(" · ".join(filter(None, footer)))], "small")


_DISCORD = re.compile(
    r"\\(?P<escaped>[^\w\s])|\[(?P<label>(?:[^\[\]\\\n]|\\.)+)\]\(<?(?P<url>https?://[^\s<>]+?)>?\)"
    r"|<(?P<bare>https?://[^\s<>]+)>|<t:(?P<time>-?\d+)(?::\w)?>"
    r"|\*\*(?P<bold>[^\n]+?)\*\*|\*(?P<italic>[^*\n]+)\*|__(?P<under>[^\n]+?)__|`(?P<code>[^`\n]+)`"
)


def _discord_markdown(text: str) -> Iterator[Block]:
    for line in text.splitlines():
        kind: Kind = "text"
        prefix, body = "", line
        if match := re.match(r"#{1,3} ", line):
            kind, body = "heading", line[match.end() :]
        elif line.startswith("-# "):
            kind, body = "small", line[3:]
        elif line.startswith("> "):
            kind, body = "quote", line[2:]
        elif match := re.match(r"\s*[-*] ", line):
            prefix, body = "• ", line[match.end() :]
        spans = tuple(_discord_inline(body))
        yield from split_lines(spans, kind, prefix) if line.strip() else iter([Block()])


def _discord_inline(text: str, style: Span = Span("")) -> Iterator[Span]:  # noqa: B008 - a frozen value
    position = 0
    for match in _DISCORD.finditer(text):
        yield replace(style, text=text[position : match.start()])
        position = match.end()
        if match["escaped"]:
            yield replace(style, text=match["escaped"])
        elif match["url"]:
            yield link_span(re.sub(r"\\(\W)", r"\1", match["label"]), match["url"], style)
        elif match["bare"]:
            yield link_span("", match["bare"], style)
        elif match["time"]:
            yield replace(style, text=f"<t:{match['time']}>")
        elif match["bold"]:
            yield from _discord_inline(match["bold"], replace(style, bold=True))
        elif match["italic"]:
            yield from _discord_inline(match["italic"], replace(style, italic=True))
        elif match["under"]:
            yield from _discord_inline(match["under"], replace(style, underline=True))
        else:
            yield replace(style, text=match["code"] or "", code=True)
    yield replace(style, text=text[position:])


# ---- Telegram: https://core.telegram.org/bots/api#html-style


class _TelegramHtml(HTMLParser):
    """Collects styled spans; unknown tags are shown as nothing, as the real parser would refuse them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.spans: list[Span] = []
        self._open: list[tuple[str, str]] = []  # (tag, href)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append((tag, dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        style = Span(
            data,
            bold=bool(tags & {"b", "strong"}),
            italic=bool(tags & {"i", "em"}),
            underline=bool(tags & {"u", "ins"}),
            code=bool(tags & {"code", "pre"}),
            dim="blockquote" in tags,
        )
        href = next((href for tag, href in reversed(self._open) if tag == "a"), "")
        self.spans.append(link_span(data, href, style) if href else style)


def _read_telegram(payload: Mapping[str, Any]) -> Iterator[Block]:
    text = str(payload.get("text") or payload.get("caption") or "")
    if str(payload.get("parse_mode", "")).upper() != "HTML":
        yield from split_lines([Span(text)])
        return
    parser = _TelegramHtml()
    parser.feed(text)
    parser.close()
    yield from split_lines(parser.spans)


def _read_anything(payload: Mapping[str, Any]) -> Iterator[Block]:
    for key, value in payload.items():
        yield from split_lines([Span(f"{key}: ", dim=True), Span(str(value))])


_READERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Block]]] = {
    "slack": _read_slack,
    "discord": _read_discord,
    "telegram": _read_telegram,
}
