"""Matrix rooms over the client-server API: a PUT whose transaction id makes every repeat invisible.

Owns event content within the spec's allowed HTML tags, since servers do not sanitise; refuses room aliases.
Facts: https://spec.matrix.org/latest/client-server-api/ (PUT .../send/{eventType}/{txnId}) and Synapse.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import ConfigDict, SecretStr, field_validator

from alerts.message.answer import rate_limited, spare_channel
from alerts.message.layout import Line, Telling, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    Editing,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Rejected,
    Sent,
    Style,
    TargetDead,
    Unknown,
    classify_status,
    is_text,
)
from alerts.message.prose import PLAIN_TEXT, Markup, dress_pieces, section_of, write_lines
from alerts.message.wire import Address, decode_object, encode_json, explain, read_id, read_text

if TYPE_CHECKING:
    from alerts.model import Digest

# The whole event may have 65,536 bytes of canonical JSON with what the server adds; 64,500 of content passed.
MAX_BODY_BYTES = 50_000
MAX_EDITED_BYTES = 60_000
MAX_PARTS = 5


class MatrixKeys(ChannelKeys):
    """``homeserver`` as clients reach it, an access token and the room's id."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    homeserver: Address
    token: SecretStr
    room: str

    @field_validator("room")
    @classmethod
    def _is_room_id(cls, value: str) -> str:
        if not value.startswith("!") or len(value) < 2:
            raise ValueError(
                "must be the room id, which starts with '!' (room settings, Advanced); not an alias"
            )
        return value


def _link(label: str, host: str, url: str) -> str:
    return f'<a href="{escape(url)}">{label}</a> ({host})'


def _strong(text: str) -> str:
    return f"<b>{text}</b>"


HTML = Markup(text=escape, strong=_strong, mark=_strong, link=_link)


def _write_html(page: Page) -> str:
    out = [f"<p><b>{escape(page.heading)}</b></p>"]
    section = ""
    for item in page.items:
        content = item.content
        if section_of(item) != section:
            out.append("</ul>" if section else "")
            section = section_of(item)
            out.append(f"<p><b>{section}</b></p><ul>" if section else "")
        if isinstance(content, Telling):
            out.append(_story_html(content))
        elif isinstance(content, Line):
            out.append(f"<li>{_line_html(content)}</li>")
        else:
            out.append(f"<li>{escape(content)}</li>")
    out.append("</ul>" if section else "")
    out.append(f"<p>{'<br>'.join(escape(line) for line in (*page.tail, page.footer))}</p>")
    return "".join(out)


def _line_html(line: Line, *, strong: bool = False) -> str:
    label = _strong(escape(line.headline)) if strong else escape(line.headline)
    shown = _link(label, escape(line.host), line.url) if line.url else label
    return f"{shown}<br>{escape(line.byline)}"


def _story_html(story: Telling) -> str:
    heading = f"{escape(story.heading)}<br>" if story.heading else ""
    out = f"<p>{heading}{_line_html(story.lead, strong=True)}</p>"
    if story.sentence:
        out += f"<blockquote>{dress_pieces(story.sentence, HTML)}</blockquote>"
    if story.facts:
        out += f"<p>{'<br>'.join(dress_pieces(fact, HTML) for fact in story.facts)}</p>"
    if story.further:
        out += f"<ul>{''.join(f'<li>{_line_html(line)}</li>' for line in story.further)}</ul>"
    notes = "<br>".join(escape(note) for note in (story.rest, story.known) if note)
    return out + (f"<p>{notes}</p>" if notes else "")


def _thread_of(event_id: str) -> dict[str, object]:
    """Return the relation of a reply in the thread of an event; clients without threads show a reply.

    https://spec.matrix.org/v1.17/client-server-api/#threading
    """
    return {
        "rel_type": "m.thread",
        "event_id": event_id,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": event_id},
    }


def render(digest: Digest, keys: MatrixKeys, style: Style) -> tuple[Part, ...]:
    """Return ``m.text`` events of at most 50,000 bytes; other types do not notify. Rich ones add HTML."""

    def write(page: Page) -> bytes:
        content: dict[str, object] = {
            "msgtype": "m.text",
            "body": "\n".join(write_lines(page, PLAIN_TEXT)),
            "m.mentions": {},  # without it an "@room" in a headline rings everybody
        }
        if digest.answers and digest.answers.message_id.startswith(
            "$"
        ):  # else of the channel's earlier platform
            content["m.relates_to"] = _thread_of(digest.answers.message_id)
        if not is_text(digest, style):
            content |= {"format": "org.matrix.custom.html", "formatted_body": _write_html(page)}
        return encode_json(content)

    def fits(body: bytes) -> bool:
        return len(mark_repeat(body, digest.digest_id)) <= MAX_BODY_BYTES

    return paginate(digest, write, fits, MAX_PARTS)


def request(keys: MatrixKeys, delivery: Delivery) -> HttpRequest:
    """Return the PUT; the same key within a day yields the same event, whatever happened before."""
    room, transaction = quote(keys.room, safe=""), quote(delivery.idempotency_key, safe="")
    url = f"{keys.homeserver.rstrip('/')}/_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}"
    headers = {
        "authorization": f"Bearer {keys.token.get_secret_value()}",
        "content-type": "application/json; charset=utf-8",
    }
    return HttpRequest("PUT", url, delivery.body, headers)


_EVENT_ID = re.compile(r"\$[!-~]{1,254}")  # https://spec.matrix.org/latest/appendices/#event-ids
_CODE = re.compile(r"M_[A-Z_]{1,40}")
_DEAD = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_FORBIDDEN", "M_USER_DEACTIVATED")


def classify(response: HttpResponse) -> Outcome:
    """Read the homeserver's verdict from ``errcode``.

    A 2xx whose body has no ``event_id`` comes from something else than a homeserver: unknown, and safe to repeat.
    """
    found = decode_object(response.body)
    code = read_text(found, "errcode")
    reason = explain(response, code if _CODE.fullmatch(code) else "")
    outcome = classify_status(response)
    if isinstance(outcome, Sent):
        event_id = read_id(found, "event_id", _EVENT_ID)
        if response.body.strip() and not event_id:
            return Unknown(explain(response, "without an event id"))
        return Sent(event_id)
    if response.status == 429 or code == "M_LIMIT_EXCEEDED":
        return replace(rate_limited(response, _old_wait_s(found)), reason=reason)
    if code in _DEAD:
        return TargetDead(reason)
    if code in ("M_TOO_LARGE", "M_BAD_JSON", "M_NOT_JSON") and 400 <= response.status < 500:
        return Rejected(reason)
    return outcome


def classify_edit(response: HttpResponse) -> Outcome:
    """Read the verdict on an edit, which is an event like any other."""
    code = read_text(decode_object(response.body), "errcode")
    return spare_channel(classify(response), is_named=code in _DEAD)


def _old_wait_s(found: dict[str, Any]) -> float | None:
    """Return ``retry_after_ms`` in seconds: older homeservers send it instead of ``Retry-After``."""
    wait_ms = found.get("retry_after_ms")
    if not isinstance(wait_ms, int | float) or isinstance(wait_ms, bool):
        return None
    return min(wait_ms, 1e9) / 1000


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Say in both forms of the message that it may be a repeat."""
    return encode_json(_with_note(body, repeat_note(digest_id)))


def _with_note(body: bytes, note: str) -> dict[str, Any]:
    content = decode_object(body)
    content["body"] = put_first(note, content["body"])
    if "formatted_body" in content:
        lines = "<br>".join(map(escape, note.split("\n")))
        content["formatted_body"] = put_first(f"<p>{lines}</p>", content["formatted_body"], gap="")
    return content


def annotate(body: bytes, note: str, message_id: str) -> bytes | None:
    """Return the event that replaces a message; clients that know no edits show its own body, so that is the note.

    https://spec.matrix.org/v1.17/client-server-api/#event-replacements: the original's thread stays, and what
    ``m.new_content`` says of relations is ignored, so it says nothing.
    """
    content = _with_note(body, note)
    content.pop("m.relates_to", None)
    edit = encode_json(
        {
            "msgtype": "m.text",
            "body": f"* {note}",
            "m.mentions": {},
            "m.new_content": content,
            "m.relates_to": {"rel_type": "m.replace", "event_id": message_id},
        }
    )
    return edit if len(edit) <= MAX_EDITED_BYTES else None


_LOG_IN = (
    "The access token is not known any more (logging out ends it). Log in as the account and set `token`: in Element "
    "Settings > Help & About > Advanced > Access Token."
)

PLATFORM = Platform(
    name="matrix",
    keys=MatrixKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    answers=True,
    editing=Editing(annotate, request, classify_edit),
    idempotent=True,
    remembers_for=timedelta(hours=20),  # Synapse forgets transaction ids after 24 hours
    secrets=("token",),
    place=("homeserver", "room"),
    placeholder={"homeserver": "https://matrix.invalid", "token": "-", "room": "!room:matrix.invalid"},
    remedies=(
        (
            "M_FORBIDDEN",
            "Invite the token's account into the room, log in as it and accept; let it send there.",
        ),
        ("M_UNKNOWN_TOKEN", _LOG_IN),
        ("M_MISSING_TOKEN", _LOG_IN),
        (
            "M_USER_DEACTIVATED",
            "The account is closed: make another, invite it into the room, and set its `token`.",
        ),
        (
            "M_UNRECOGNIZED",
            "No homeserver is at this address: see what `homeserver` of your server's well-known is.",
        ),
        (
            "event id",
            "No homeserver is at this address: open HOMESERVER/_matrix/client/versions in a browser.",
        ),
        (
            "HTTP 404",
            "No homeserver is at this address: open HOMESERVER/_matrix/client/versions in a browser.",
        ),
        ("HTTP 401", _LOG_IN),
    ),
)
