"""``newswatch status``: sources, channels, outbox and the last runs at a glance."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.delivery.outbox import Outbox
    from crawler.config import Source


TEXTS_FOR = timedelta(days=7)  # over which articles without a text of their own are counted


def describe_way(source: Source, route: int) -> str | None:
    """Return which of its routes a source is read by, None when it is the first: the others stand in for it."""
    if not 0 < route < len(source.routes):
        return None
    served = source.routes[route]
    host = urlsplit(str(served.url)).hostname
    return (
        f"read by route {route + 1} of {len(source.routes)}, {served.kind} at {host}: those before it did not serve; "
        "`check --online` says why"
    )


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def command(context: Context, as_json: bool) -> int:
    """Show what is watched, what works and what waits."""
    from alerts.secrets import redact
    from crawler.clock import utc_now

    config = context.load()
    now = utc_now()
    status = collect(config, now)
    if as_json:
        click.echo(redact(json.dumps(status, ensure_ascii=False)))
        return 0
    for line in status_lines(status, now):
        click.echo(redact(line))
    return 0


def collect(config: Config, now: datetime) -> dict[str, Any]:
    """Return what ``status --json`` prints."""
    from alerts.delivery.attempt import OPEN_STATES, State
    from alerts.delivery.channelstate import ChannelState, ChannelStates
    from alerts.delivery.notices import Notices
    from alerts.delivery.outbox import Outbox
    from alerts.digest.due import Past, first_chance, is_plan_quiet, quiet_until
    from alerts.digesting import plan_of
    from alerts.operators.incident import SILENT, Incidents
    from alerts.operators.runlog import RunLog
    from alerts.records.archive import Archive
    from crawler.model import PollState
    from crawler.records.oddity import describe, worth_a_word
    from crawler.records.store import Store

    store = Store.open(config.crawl.database_url)
    archive = Archive.open(store.engine)
    states = store.poll_states()
    incidents = Incidents(store.engine).open_subjects()
    last_read = {source_id: state.last_ok_at for source_id, state in states.items()}
    odd = worth_a_word(store.oddities(), last_read)
    texts = store.texts_since(now - TEXTS_FOR)
    sources = []
    for source in config.crawl.sources:
        state = states.get(source.id, PollState(source.id))
        health = (
            "off"
            if not source.enabled
            else "failing"
            if state.failures
            else "silent"
            if f"{SILENT}:{source.id}" in incidents
            else "ok"
            if state.last_ok_at
            else "new"
        )
        articles, summaries = texts.get(source.id, (0, 0))
        notes = [describe(item) for item in odd if item.source_id == source.id]
        if state.last_ok_at and (way := describe_way(source, state.route)):
            notes.append(way)
        if source.certificate:
            notes.append(
                "its TLS is broken: only the certificate that sources.yaml pins is accepted, and nobody vouches for it"
            )
        if summaries and source.full_text != "feed":
            week = f"in {TEXTS_FOR.days} days"
            notes.append(
                f"{summaries} of {articles} articles by headline or summary only {week}: no text of their pages"
            )
        sources.append(
            {
                "id": source.id,
                "name": source.name,
                "health": health,
                "last_read": _iso(state.last_ok_at),
                "last_item": _iso(state.last_item_at),
                "next_poll": _iso(state.next_poll_at),
                "next_poll_why": state.next_poll_why,
                "failures": state.failures,
                "failing_since": _iso(state.failing_since),
                "problem": state.problem,
                "articles": articles,
                "summary_only": summaries,
                "notes": notes,
            }
        )
    channel_states = ChannelStates(store.engine).load()
    pending = archive.oldest_pending()
    channels: list[dict[str, Any]] = []
    outbox = Outbox(store.engine)
    zone = ZoneInfo(config.crawl.settings.timezone)
    for channel in config.channels:
        known = channel_states.get(channel.id, ChannelState(channel.id))
        plan, past = plan_of(channel, zone), Past(known.last_digest_at, known.checked_at)
        oldest = pending.get(channel.id)
        channels.append(
            {
                "id": channel.id,
                "platform": channel.platform.name,
                "state": "paused" if known.paused_at else "ok",
                "reason": known.paused_reason,
                "last_sent": _iso(known.sent_at),
                "untold_since": _iso(oldest),
                "told_from": _iso(first_chance(plan, past, oldest) if oldest else None),
                "quiet_until": _iso(quiet_until(plan, now) if is_plan_quiet(plan, now) else None),
                **_queue_of(outbox, channel.id),
            }
        )
    channels += [
        {"id": skipped.id, "state": "skipped", "reason": f"set {', '.join(skipped.variables)}"}
        for skipped in config.skipped
    ]
    counts = outbox.counts()
    hearing = Notices(config, outbox, Incidents(store.engine), ChannelStates(store.engine)).hearing(now)
    watched = (*OPEN_STATES, State.DOUBTFUL, State.HELD, State.DEAD, State.SENT)
    runs = RunLog(store.engine).latest(5)
    store.engine.dispose()
    return {
        "sources": sources,
        "channels": channels,
        "outbox": {state.value: counts.get(state, 0) for state in watched},
        "operators": {
            "named": list(config.operators),
            "told_in": list(hearing.operators or hearing.others[:1]) if config.operators else [],
            "cannot_be_told": dict(hearing.deaf),
        },
        "incidents": sorted(incidents),
        "runs": runs,
    }


def _queue_of(outbox: Outbox, channel_id: str) -> dict[str, Any]:
    """Return what lies in the outbox for one channel, and what holds the first of it back."""
    from alerts.delivery.attempt import OPEN_STATES, State

    counts, first = outbox.counts(channel_id), outbox.next_part(channel_id)
    return {
        "waiting": sum(counts.get(state, 0) for state in (*OPEN_STATES, State.HELD)),
        "waiting_since": _iso(first.created if first else None),
        "waiting_for": first.reason if first else None,
        "next_try": _iso(first.not_before if first else None),
        "unknown": counts.get(State.UNKNOWN, 0) + counts.get(State.DOUBTFUL, 0),
        "dead": counts.get(State.DEAD, 0),
    }


def status_lines(status: dict[str, Any], now: datetime) -> list[str]:
    """Return what `collect` gave in lines for people."""
    from alerts.operators.incident import OFFLINE

    width = max((len(source["id"]) for source in status["sources"]), default=0)
    offline = "  (hardly a source answered in the last run: this machine seems to be offline)"
    lines = ["SOURCES" + (offline if OFFLINE in status["incidents"] else "")]
    for source in status["sources"]:
        line = f"  {source['id']:<{width}}  {source['health']:<7}  read {_ago(source['last_read'], now):<10}"
        line += f"  newest {_ago(source['last_item'], now):<10}"
        if source["health"] != "off" and source["next_poll"]:
            line += f"  next {_until(source['next_poll'], now):<9}"
            line += (
                f"  {source['next_poll_why']}" if source["next_poll_why"] and not source["problem"] else ""
            )
        if source["problem"]:
            line += f"  {source['problem']} ({source['failures']} times)"
        lines.append(line.rstrip())
        lines += [f"  {'':<{width}}  note: {note}" for note in source["notes"]]
    lines.append("CHANNELS")
    for channel in status["channels"]:
        line = f"  {channel['id']}: {channel['state']}"
        if channel.get("reason"):
            line += f" ({channel['reason']})"
        if channel.get("waiting"):
            line += f", {channel['waiting']} message{'s' if channel['waiting'] > 1 else ''} waiting"
            line += f" since {_ago(channel['waiting_since'], now)}" if channel["waiting_since"] else ""
            line += f" ({channel['waiting_for']})" if channel["waiting_for"] else ""
            if channel["next_try"] and datetime.fromisoformat(channel["next_try"]) > now:
                line += f", next try {_until(channel['next_try'], now)}"
        for state in ("unknown", "dead"):
            if channel.get(state):
                line += f", {channel[state]} {state}: newswatch outbox list --channel {channel['id']}"
        if channel.get("last_sent"):
            line += f", last message {_ago(channel['last_sent'], now)}"
        if channel.get("untold_since"):
            line += f", oldest news not told yet: {_ago(channel['untold_since'], now)}"
        if channel.get("told_from") and datetime.fromisoformat(channel["told_from"]) > now:
            line += f", to be told {_until(channel['told_from'], now)}"
        if channel.get("quiet_until"):
            line += f", quiet hours end {_until(channel['quiet_until'], now)}"
        lines.append(line)
    if not status["channels"]:
        lines.append("  none: digests are printed on the terminal")
    lines += _operator_lines(status["operators"])
    told = ", ".join(f"{number} {state}" for state, number in status["outbox"].items() if number)
    lines.append(f"OUTBOX: {told or 'empty'}")
    lines.append("LAST RUNS")
    for run in status["runs"]:
        if run.get("unfinished"):
            lines.append(f"  {run['run']}: did not finish")
            continue
        sources, deliveries = run["sources"], run["deliveries"]
        lines.append(
            f"  {run['finished']}: {sources['polled'] - sources['failed']} of {sources['due']} sources, "
            f"{run['entries']['new']} new, {deliveries['sent']} sent, {run['seconds']} s"
        )
    if not status["runs"]:
        lines.append("  none yet")
    return lines


def _operator_lines(operators: dict[str, Any]) -> list[str]:
    """Return who hears of failures, where that is not simply who should."""
    if not operators["cannot_be_told"]:
        return []
    why = "; ".join(
        f"{channel} cannot be told ({why})" for channel, why in operators["cannot_be_told"].items()
    )
    heard = ", ".join(operators["told_in"])
    return [f"OPERATORS: {why}: " + (f"notices go to {heard}" if heard else "nobody hears of failures")]


def _ago(moment: str | None, now: datetime) -> str:
    from alerts.message.moment import age

    return "never" if moment is None else age(datetime.fromisoformat(moment), now)


def _until(moment: str, now: datetime) -> str:
    minutes = (datetime.fromisoformat(moment) - now) // timedelta(minutes=1)
    if minutes < 1:
        return "now"
    return f"in {minutes} min" if minutes < 100 else f"in {round(minutes / 60)} h"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
