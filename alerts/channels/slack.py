"""Slack incoming webhooks: a digest as Block Kit ``rich_text``, where untrusted text is data, not markup.

Facts: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/block-kit/blocks and the 2016 changelog of webhook errors. A webhook
gives no message id and no idempotency: an answer that was lost stays unknown.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from alerts.message.answer import classify_api, rate_limited
from alerts.message.layout import Line, Telling, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_emphasis, break_mentions, cut_text
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Rejected,
    RetryLater,
    Sent,
    Style,
    TargetDead,
    Unknown,
    is_text,
)
from alerts.message.prose import plain_markup, section_of, write_lines
from alerts.message.wire import SecretAddress, decode_object, encode_json, post_json

if TYPE_CHECKING:
    from alerts.message.paging import Item
    from alerts.message.plaintext import Piece
    from alerts.model import Digest

# Hard: 50 blocks, 150 in a header, 3000 in a text. The cap over all blocks is undocumented, near 12,000
# (slackapi/bolt-js#2509), so a message stays well below it.
MAX_BLOCKS = 45
MAX_TEXT_CHARS = 9_000
MAX_BODY_CHARS = 12_000
MAX_PLAIN_CHARS = 3_500  # of 40,000 allowed; Slack advises less than 4,000
MAX_HEADER_CHARS = 150
MAX_PARTS = 5

# Texts of error bodies; `no_service`, `no_team` and `invalid_token` are seen but undocumented.
_DEAD = {
    "action_prohibited", "invalid_token", "channel_not_found", "channel_is_archived", "no_service", "no_team",
    "no_active_hooks", "team_disabled", "token_revoked", "account_inactive",
}  # fmt: skip
_CODE = re.compile(r"[a-z][a-z_]{1,40}")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_QUOTED = re.compile(r"^(?=&gt;)")


class SlackKeys(ChannelKeys):
    """``url`` is the webhook's address and its only credential."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: SecretAddress


def escape(text: str) -> str:
    """Return *text* as Slack's markup shows it literally: no mention, bare link, emphasis, quotation or ``:emoji:``."""
    text = break_emphasis(break_mentions(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _QUOTED.sub("\u200b", _EMOJI.sub(":\u200b", text))


def _plain_link(label: str, host: str, url: str) -> str:
    return f"{label} ({host})\n<{url.replace('&', '&amp;')}>"


PLAIN = plain_markup(escape, _plain_link)


def render(digest: Digest, keys: SlackKeys, style: Style) -> tuple[Part, ...]:
    """Return the digest as messages of at most 45 blocks and 12,000 characters, five at most."""

    def fits(body: bytes) -> bool:
        return _fits(mark_repeat(body, digest.digest_id))

    return paginate(digest, _write_text if is_text(digest, style) else _write_blocks, fits, MAX_PARTS)


def _write_text(page: Page) -> bytes:
    return encode_json(_envelope("\n".join(write_lines(page, PLAIN))))


def _write_blocks(page: Page) -> bytes:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain_text(cut_text(page.heading, MAX_HEADER_CHARS))}
    ]
    previous = ""
    for item in page.items:
        section = section_of(item)
        if section and section == previous:
            blocks[-1]["elements"][-1]["elements"].append(_one_line(item))
        elif section:
            blocks.append(_rich_text(_section(_text(section, bold=True)), _list(_one_line(item))))
        elif isinstance(item.content, Telling):
            blocks.append(_tell(item.content))
        previous = section
    closing = [_plain_text(text) for text in ("\n".join(page.tail), page.footer) if text]
    blocks.append({"type": "context", "elements": closing})
    return encode_json(_envelope(escape(page.heading)) | {"blocks": blocks})


def _envelope(text: str) -> dict[str, Any]:
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": {"bold": True}} if bold else {"type": "text", "text": text}


def _rich_text(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def _section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def _list(*sections: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(sections)}


def _headline(line: Line, *, bold: bool = False) -> list[dict[str, Any]]:
    if not line.url:
        return [_text(line.shown, bold=bold)]
    link: dict[str, Any] = {"type": "link", "url": line.url, "text": line.headline}
    if bold:
        link["style"] = {"bold": True}
    return [link, _text(f" ({line.host})")]


def _report(line: Line) -> dict[str, Any]:
    return _section(*_headline(line), _text(f" · {line.byline}"))


def _one_line(item: Item) -> dict[str, Any]:
    return _report(item.content) if isinstance(item.content, Line) else _section(_text(str(item.content)))


def _pieces(pieces: tuple[Piece, ...]) -> list[dict[str, Any]]:
    return [_text(text, bold=is_marked) for text, is_marked in pieces]


def _tell(telling: Telling) -> dict[str, Any]:
    heading = [_text(telling.heading + "\n")] if telling.heading else []
    lead = telling.lead
    elements = [_section(*heading, *_headline(lead, bold=True), _text("\n" + lead.byline))]
    if telling.sentence:
        elements.append({"type": "rich_text_quote", "elements": _pieces(telling.sentence)})
    if telling.facts:
        lines = [_pieces(fact) for fact in telling.facts]
        elements.append(_section(*lines[0], *(leaf for line in lines[1:] for leaf in (_text("\n"), *line))))
    if telling.further:
        elements.append(_list(*(_report(line) for line in telling.further)))
    notes = "\n".join(note for note in (telling.rest, telling.known) if note)
    if notes:
        elements.append(_section(_text(notes)))
    return _rich_text(*elements)


def _fits(body: bytes) -> bool:
    message = decode_object(body)
    if "blocks" not in message:
        return len(message["text"]) <= MAX_PLAIN_CHARS
    blocks = message["blocks"]
    return (
        len(blocks) <= MAX_BLOCKS
        and len(body.decode()) <= MAX_BODY_CHARS
        and _count_text(blocks) <= MAX_TEXT_CHARS
    )


def _count_text(node: object) -> int:
    """Count the characters under every ``text`` key, however deep."""
    if isinstance(node, list):
        return sum(_count_text(child) for child in node)
    if not isinstance(node, dict):
        return 0
    return sum(
        len(child) if key == "text" and isinstance(child, str) else _count_text(child)
        for key, child in node.items()
    )


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Return *body* saying first that it may be a repeat."""
    message = decode_object(body)
    note = repeat_note(digest_id)
    if message["text"].startswith(escape(note)):
        return body
    message["text"] = put_first(escape(note), message["text"])
    if "blocks" in message:
        message["blocks"].insert(0, {"type": "context", "elements": [_plain_text(note)]})
    return encode_json(message)


def request(keys: SlackKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST to the webhook."""
    return post_json(keys.url.get_secret_value(), delivery.body)


def classify(response: HttpResponse) -> Outcome:
    """Read Slack's verdict: the body of an error is one word, of a success "ok".

    A 429 says how long to wait in ``Retry-After`` (whole seconds) and, from some hosts, in JSON.
    """
    found = decode_object(response.body)
    if response.status == 429:
        return rate_limited(response, found.get("retry_after"))
    outcome = classify_api(response, "Slack")
    if isinstance(outcome, RetryLater):
        return outcome
    word = found.get("error") or response.body[:64].decode("ascii", "replace").strip()
    code = word if isinstance(word, str) and _CODE.fullmatch(word) else ""
    if isinstance(outcome, Sent):
        if found.get("ok") is not False:
            return outcome
        outcome = Rejected(f"HTTP {response.status}")
    if code in _DEAD and not isinstance(outcome, Unknown):
        return TargetDead(f"{code} (HTTP {response.status})")
    return type(outcome)(f"{code} (HTTP {response.status})") if code else outcome


PLATFORM = Platform(
    name="slack",
    keys=SlackKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    pace=timedelta(seconds=1.2),  # one message a second; going on beyond it gets an app disabled
    secrets=("url",),
    placeholder={"url": "https://hooks.slack.com/services/"},
    remedies=(
        ("channel_is_archived", "Unarchive the channel in Slack, or make a webhook for another."),
        ("action_prohibited", "An administrator restricts who may post there: ask one to let the app in."),
        ("user_not_found", "The webhook's owner has left: make a new webhook."),
        ("team", "The workspace is gone or switched off: make a webhook in another."),
        *(
            (
                code,
                "The webhook is gone. Make one at api.slack.com/apps: your app, Incoming Webhooks, Add New Webhook.",
            )
            for code in (*sorted(_DEAD), "HTTP 404", "HTTP 410", "HTTP 403")
        ),
    ),
)
