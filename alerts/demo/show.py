"""A received message drawn in the terminal as a chat room would show it. Returns text; prints nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alerts.demo.payload import Block, Kind, read_payload
from alerts.terminal import MAX_COLUMNS, MIN_COLUMNS, Span, paint, wrap_spans
from alerts.text.width import display_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


_BAR = "┃ "
_PLATFORM_NAMES = {"slack": "Slack", "discord": "Discord", "telegram": "Telegram", "webhook": "Webhook"}
_BAR_COLOURS = {"slack": 35, "discord": 34, "telegram": 36}  # the terminal's magenta, blue, cyan
_KIND_STYLES: dict[Kind, Span] = {
    "heading": Span("", bold=True),
    "small": Span("", dim=True),
    "quote": Span("", italic=True),
}


def show_message(
    platform: str,
    payload: Mapping[str, Any],
    columns: int,
    colour: bool,
    *,
    channel: str = "desk",
    sender: str = "newswatch",
    at: datetime | None = None,
) -> str:
    """Return the message as lines of at most *columns* columns, ending in a line break.

    A line names the channel, a second the sender and the time of *at* (in its own zone); a bar runs down the
    left of the message. Links show their label, bare ones their host. Without *colour* there is no escape
    sequence at all.
    """
    width = max(min(columns, MAX_COLUMNS), MIN_COLUMNS)
    bar = Span(_BAR, colour=_BAR_COLOURS.get(platform, 37))
    lines = [_head(platform, channel, width), _byline(sender, at)]
    body_width = width - display_width(_BAR)
    body = [line for block in read_payload(platform, payload) for line in _draw(block, body_width)]
    lines += [(bar, *line) if line else (replace(bar, text=_BAR.rstrip()),) for line in _trim_blank(body)]
    return "\n".join(paint(line, colour=colour).rstrip() for line in lines) + "\n"


def _head(platform: str, channel: str, width: int) -> tuple[Span, ...]:
    label, kind = f"# {channel} ", f" {_PLATFORM_NAMES.get(platform, platform)}"
    rule = "─" * (width - display_width(label) - display_width(kind))
    return Span(label, bold=True), Span(rule, dim=True), Span(kind, dim=True)


def _byline(sender: str, at: datetime | None) -> tuple[Span, ...]:
    spans = (Span(sender, bold=True, colour=32), Span(" APP", dim=True))
    return (*spans, Span(f"  {at:%H:%M}", dim=True)) if at else spans


def _draw(block: Block, width: int) -> Iterator[tuple[Span, ...]]:
    if block.kind == "rule":
        yield (Span("─" * min(width, 24), dim=True),)
        return
    if not any(span.text.strip() for span in block.spans):
        yield ()
        return
    if block.kind == "heading":
        yield ()
    style = _KIND_STYLES.get(block.kind, Span(""))
    prefix = block.prefix or ("│ " if block.kind == "quote" else "")
    spans = [
        replace(
            span,
            bold=span.bold or style.bold,
            dim=span.dim or style.dim,
            italic=span.italic or style.italic,
        )
        for span in block.spans
    ]
    indent = display_width(prefix)
    for number, line in enumerate(wrap_spans(spans, width - indent)):
        lead = prefix if number == 0 or block.kind == "quote" else " " * indent
        yield (Span(lead, dim=True), *line) if lead else line


def _trim_blank(lines: list[tuple[Span, ...]]) -> Iterator[tuple[Span, ...]]:
    """Yield *lines* without leading, trailing or doubled empty ones."""
    waiting = False
    started = False
    for line in lines:
        if not line:
            waiting = started
            continue
        if waiting:
            yield ()
        yield line
        waiting, started = False, True
