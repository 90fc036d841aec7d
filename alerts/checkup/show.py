"""The findings of ``check --online`` as lines for people and as data for programs. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from alerts.checkup.channel import ChannelProbe, Standing
from alerts.message.moment import age
from alerts.message.plaintext import clean_line
from alerts.terminal import CYAN, YELLOW, Pen, Span
from alerts.text.width import display_width
from crawler.discovery.probe import SourceProbe
from crawler.discovery.routechoice import RouteProbe, write_routes

_INDENT = "  "
_LABEL = 11  # columns of a label, its indent included
_STATUS = 34
_RED = 31  # one of the terminal's own colours, as in `alerts.terminal`


def source_lines(probe: SourceProbe, now: datetime, pen: Pen) -> Iterator[str]:
    """Yield one source: how its routes stand, what the site is, what else was found, what to change."""
    yield pen.paint(Span(probe.source_id, bold=True), Span(f"  {clean_line(probe.name)}"))
    if probe.proxy:
        yield from _labelled("through", probe.proxy, pen)
    for number, route in enumerate(probe.routes, 1):
        yield from _route_lines(f"{number} {route.kind}", route, now, pen)
    if probe.home and (probe.cms or probe.home_problem or probe.is_complete):
        made = f"made with {clean_line(probe.cms)}" if probe.cms else "made with what is not recognised"
        site = f"home page: {probe.home_problem}" if probe.home_problem else made
        yield from _labelled("site", site, pen)
    wait = f"; asks for {probe.delay_s:g} s between two requests" if probe.delay_s else ""
    yield from _labelled("robots", f"{probe.robots}{wait}", pen)
    for route in probe.found:
        yield from _route_lines(f"+ {route.kind}", route, now, pen)
    if not probe.is_complete:
        yield from _labelled(
            "", "the time was up before everything was tried; see --time-budget", pen, YELLOW
        )
    if probe.suggestion:
        yield from _labelled("better", f"{clean_line(probe.suggestion.reason)}. In sources.yaml:", pen, CYAN)
        yield from write_routes(probe.suggestion)  # to be copied: never wrapped
    yield ""


def _route_lines(label: str, route: RouteProbe, now: datetime, pen: Pen) -> Iterator[str]:
    lead = f"{_INDENT}{label}".ljust(_LABEL + 3)
    colour = None if route.works else YELLOW if route.problem is None else _RED
    told = _state(route, now)
    state = Span(clean_line(told), colour=colour, bold=colour is not None)
    wide = display_width(told) <= _STATUS and (
        pen.columns is None or display_width(lead) + _STATUS + 2 + display_width(route.url) <= pen.columns
    )
    if wide:
        gap = " " * (_STATUS + 2 - display_width(told))
        yield lead + pen.paint(state, Span(f"{gap}{clean_line(route.url)}", dim=True))
        return
    yield from pen.wrap([state], lead, " " * len(lead))
    yield " " * len(lead) + pen.paint(Span(clean_line(route.url), dim=True))  # an address is copied whole


def _state(route: RouteProbe, now: datetime) -> str:
    if route.problem or not route.items:
        return route.status
    newest = f"newest {age(route.newest, now)}" if route.newest else "undated"
    more = [f"{route.items} item{'s' * (route.items != 1)}", newest, route.text or ""]
    more += ["in another language"] * route.foreign + [f"damaged: {route.damaged}"] * bool(route.damaged)
    return ", ".join(([route.stale] if route.stale else []) + [piece for piece in more if piece])


def _labelled(label: str, text: str, pen: Pen, colour: int | None = None) -> Iterator[str]:
    lead = f"{_INDENT}{label}".ljust(_LABEL + 3)
    yield from pen.wrap([Span(text, colour=colour)], lead, " " * len(lead))


def channel_lines(probes: Sequence[ChannelProbe], pen: Pen) -> Iterator[str]:
    """Yield one line a channel."""
    width = max((display_width(probe.channel_id) for probe in probes), default=0)
    for probe in probes:
        lead = f"{_INDENT}{probe.channel_id}{' ' * (width - display_width(probe.channel_id))}  "
        failed = probe.standing is Standing.FAILED
        state = Span(f"{probe.standing.value}: ", bold=failed, colour=_RED if failed else None)
        yield from pen.wrap([Span(f"{probe.platform}, "), state, Span(probe.said)], lead, " " * len(lead))


def summary_lines(
    sources: Sequence[SourceProbe], channels: Sequence[ChannelProbe], pen: Pen
) -> Iterator[str]:
    """Yield what matters of it all, last: it is what stays on the screen."""
    working = sum(probe.works for probe in sources)
    yield f"{working} of {len(sources)} sources can be read"
    groups = (
        ("cannot be read", [p.source_id for p in sources if p.fails], _RED),
        (
            "read by a later route only",
            [p.source_id for p in sources if p.works and not p.routes[0].works],
            YELLOW,
        ),
        ("a better route is proposed", [p.source_id for p in sources if p.suggestion], CYAN),
        ("not tried to the end", [p.source_id for p in sources if not p.is_complete], YELLOW),
        ("channels that fail", [p.channel_id for p in channels if p.standing is Standing.FAILED], _RED),
    )
    for words, names, colour in groups:
        if names:
            yield from pen.wrap(
                [Span(f"{words}: ", colour=colour), Span(", ".join(names))], _INDENT, _INDENT * 2
            )


def source_data(probe: SourceProbe) -> dict[str, Any]:
    """Return a source's findings for ``--json``."""
    suggestion = probe.suggestion
    return {
        "id": probe.source_id,
        "name": probe.name,
        "works": probe.works,
        "answered": probe.answered,
        "complete": probe.is_complete,
        "proxy": probe.proxy,
        "routes": [_route_data(route) for route in probe.routes],
        "home": probe.home,
        "home_problem": probe.home_problem,
        "cms": probe.cms,
        "robots": {"said": probe.robots, "crawl_delay_seconds": probe.delay_s},
        "found": [_route_data(route) for route in probe.found],
        "suggestion": suggestion
        and {
            "reason": suggestion.reason,
            "routes": [{"kind": route.kind, "url": route.url} for route in suggestion.routes],
            "yaml": "\n".join(write_routes(suggestion)),
        },
    }


def _route_data(route: RouteProbe) -> dict[str, Any]:
    data = {
        "kind": route.kind,
        "url": route.url,
        "works": route.works,
        "status": route.status,
        "items": route.items,
        "newest": route.newest,
        "text": route.text,
        "other_language": route.foreign,
        "damaged": route.damaged,
    }
    return data | ({"found_by": route.found_by} if route.found_by else {})


def channel_data(probe: ChannelProbe) -> dict[str, Any]:
    """Return a channel's findings for ``--json``."""
    return {
        "id": probe.channel_id,
        "platform": probe.platform,
        "standing": probe.standing,
        "said": probe.said,
    }
