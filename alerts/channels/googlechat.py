"""Google Chat incoming webhooks: cards, in whose widgets outside text cannot mention or link.

Owns cardsV2 and the thread key; the message's own ``text``, which is markup, serves the plain style only.
Facts: discovery document chat.v1 (revision 20261107); https://developers.google.com/workspace/chat/limits.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import ConfigDict

from alerts.message.answer import classify_api
from alerts.message.layout import Line, Telling, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_emphasis, break_links, break_mentions
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    RetryLater,
    Sent,
    Style,
    TargetDead,
    is_text,
)
from alerts.message.prose import Markup, dress_pieces, plain_markup, section_of, write_lines
from alerts.message.wire import (
    SecretAddress,
    decode_object,
    encode_json,
    explain,
    post_json,
    read_id,
    read_text,
)

if TYPE_CHECKING:
    from alerts.model import Digest

MAX_BODY_BYTES = 28_000  # of 32,000 for the whole message, cards included
MAX_WIDGETS = 90  # of 100 in a card
MAX_PARTS = 5

Widget = dict[str, Any]


class GoogleChatKeys(ChannelKeys):
    """``url`` is the webhook as copied from the space, with its ``key`` and ``token``."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: SecretAddress


def _text_only(text: str) -> str:
    """Return *text* without live mentions, links or emphasis: only letters reach the chat's own markup."""
    text = text.replace("<", "‹").replace(">", "›")
    return break_links(
        break_mentions(break_emphasis(text))
    )  # a look-alike may be a letter: a mention behind @


def _bold(text: str) -> str:
    return f"<b>{text}</b>"


def _link(label: str, host: str, url: str) -> str:
    return f'<a href="{escape(url)}">{label}</a> ({host})'


CARD_TEXT = Markup(text=escape, strong=_bold, mark=_bold, link=_link)
PLAIN = plain_markup(_text_only)


def _report(line: Line, above: str = "", *, strong: bool = False) -> Widget:
    """Return one report as a widget that opens its article; labels show their text as it is."""
    text = _bold(escape(line.shown)) if strong else escape(line.shown)
    widget: Widget = {"text": text, "bottomLabel": line.byline, "wrapText": True}
    if above:
        widget["topLabel"] = above
    if line.url:
        widget["onClick"] = {"openLink": {"url": line.url}}
    return {"decoratedText": widget}


def _paragraph(text: str) -> Widget:
    return {"textParagraph": {"text": text}}


def _story(story: Telling) -> list[Widget]:
    widgets = [_report(story.lead, story.heading, strong=True)]
    if story.sentence:
        widgets.append(_paragraph(dress_pieces(story.sentence, CARD_TEXT)))
    if story.facts:
        widgets.append(_paragraph("<br>".join(dress_pieces(fact, CARD_TEXT) for fact in story.facts)))
    widgets += [_report(line) for line in story.further]
    notes = "<br>".join(escape(note) for note in (story.rest, story.known) if note)
    return widgets + ([_paragraph(notes)] if notes else [])


def _card(page: Page) -> dict[str, Any]:
    sections: list[dict[str, Any]] = []
    previous = ""
    for item in page.items:
        content, section = item.content, section_of(item)
        if not section:
            sections.append({"widgets": []})
        elif section != previous:
            sections.append({"header": section, "widgets": []})
        previous = section
        if isinstance(content, Telling):
            sections[-1]["widgets"] += _story(content)
        else:
            widget = _report(content) if isinstance(content, Line) else _paragraph(escape(content))
            sections[-1]["widgets"].append(widget)
    ending = "<br>".join(escape(line) for line in (*page.tail, page.footer))
    return {"header": {"title": page.heading}, "sections": [*sections, {"widgets": [_paragraph(ending)]}]}


def count_widgets(body: bytes) -> int:
    """Return the number of widgets in the message's card."""
    cards = decode_object(body).get("cardsV2", [])
    return sum(len(section["widgets"]) for card in cards for section in card["card"]["sections"])


def render(digest: Digest, keys: GoogleChatKeys, style: Style) -> tuple[Part, ...]:
    """Return messages of at most 28,000 bytes and 90 widgets; parts of one digest share a thread."""

    def write(page: Page) -> bytes:
        thread = digest.answers.digest_id if digest.answers else digest.digest_id
        message: dict[str, Any] = {"thread": {"threadKey": f"newswatch-{thread}"}}
        if is_text(digest, style):
            return encode_json(message | {"text": "\n".join(write_lines(page, PLAIN))})
        message["fallbackText"] = _text_only(page.heading)  # what a phone's notification shows of a card
        return encode_json(message | {"cardsV2": [{"cardId": "digest", "card": _card(page)}]})

    def fits(body: bytes) -> bool:
        marked = mark_repeat(body, digest.digest_id)
        return len(marked) <= MAX_BODY_BYTES and count_widgets(marked) <= MAX_WIDGETS

    return paginate(digest, write, fits, MAX_PARTS)


def request(keys: GoogleChatKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST, with a ``requestId`` that Google promises to honour once.

    The promise is documented for signed-in apps and unproven for webhooks, so nothing relies on it. The
    thread key counts only beside ``messageReplyOption``.
    """
    query = {
        "messageReplyOption": "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
        "requestId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"newswatch:{delivery.idempotency_key}")),
    }
    url = keys.url.get_secret_value()
    return post_json(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}", delivery.body)


_NAME = re.compile(r"spaces/[\w-]{1,80}/messages/[\w.=-]{1,120}", re.ASCII)
_STATUS = re.compile(r"[A-Z][A-Z_]{3,40}")


def classify(response: HttpResponse) -> Outcome:
    """Read Google's verdict; a key that is no longer valid comes as a 400, like a bad message."""
    found = decode_object(response.body)
    outcome = classify_api(response, "Google Chat")
    message = read_text(found, "error", "message")
    status = read_text(found, "error", "status")
    reason = explain(response, status if _STATUS.fullmatch(status) else "")
    if isinstance(outcome, Sent):
        return Sent(read_id(found, "name", _NAME))
    if response.status == 400 and message.startswith("API key not valid"):
        return TargetDead(explain(response, "the webhook's key is not valid"))
    if isinstance(outcome, RetryLater):
        return replace(outcome, reason=reason)
    return outcome


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Say above everything else that the message may be a repeat."""
    message, note = decode_object(body), repeat_note(digest_id)
    if "text" in message:
        message["text"] = put_first(note, message["text"])
    noted = {"widgets": [_paragraph(escape(note))]}
    for card in message.get("cardsV2", []):
        if card["card"]["sections"][0] != noted:
            card["card"]["sections"].insert(0, noted)
    return encode_json(message)


PLATFORM = Platform(
    name="googlechat",
    keys=GoogleChatKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    answers=True,
    pace=timedelta(seconds=1.2),
    secrets=("url",),
    placeholder={"url": "https://chat.googleapis.com/v1/spaces/"},
    remedies=tuple(
        (
            phrase,
            "Make a new webhook: the space's menu > Apps & integrations > Webhooks; copy its link whole.",
        )
        for phrase in (
            "key is not valid",
            "HTTP 401",
            "HTTP 403",
            "HTTP 404",
            "PERMISSION_DENIED",
            "NOT_FOUND",
        )
    ),
)
