"""Telegram bots: a digest as HTML that Telegram's strict parser always accepts, previews off.

Facts: https://core.telegram.org/bots/api#sendmessage and #html-style, tdlib/telegram-bot-api (Client.cpp:
32,768 bytes of raw text at most, before parsing). Telegram offers no idempotency.
"""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PositiveInt, SecretStr

from alerts.message.answer import classify_api, rate_limited, spare_channel
from alerts.message.layout import put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_mentions
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
)
from alerts.message.prose import Markup, plain_markup, write_lines
from alerts.message.wire import Address, decode_object, encode_json, post_json

if TYPE_CHECKING:
    from alerts.model import Digest

# Hard: 4096 code points after parsing (UTF-16 units are the safe over-estimate), 32,768 bytes before it,
# about 100 entities, beyond which further ones are dropped in silence.
MAX_SHOWN_UNITS = 4_000
MAX_RAW_BYTES = 30_000
MAX_ENTITIES = 90
MAX_EDITED_UNITS = 4_096
MAX_EDITED_BYTES = 32_768
MAX_PARTS = 5

_TAG = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r"[A-Za-z0-9:_-]+")
_CHAT = re.compile(r"-?\d{1,16}|@[A-Za-z]\w{3,31}", re.ASCII)

# Phrases in ``description`` of a 400 after which no message to this chat can succeed.
_DEAD = (
    "chat not found",
    "chat_id is empty",
    "upgraded to a supergroup",
    "not enough rights",
    "have no rights to send",
    "need administrator rights",
    "chat_write_forbidden",
    "peer_id_invalid",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "group is deactivated",
)
_BAD = (
    "can't parse entities",
    "message is too long",
    "text is too long",
    "message text is empty",
    "message can't be edited",
    "message to edit not found",
    "message_id_invalid",
    "message_author_required",
)


def _check_token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("must be the token that BotFather gave: digits, a colon, letters")
    return value


def _check_chat(value: str) -> str:
    if not _CHAT.fullmatch(value):
        raise ValueError("must be a chat's number such as -1001234567890, or a public channel's @name")
    return value


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class TelegramKeys(ChannelKeys):
    """``token`` is the bot's credential; ``chat`` its group or channel, ``thread`` a topic of a forum."""

    model_config = ConfigDict(hide_input_in_errors=True)

    token: Annotated[SecretStr, AfterValidator(_check_token)]
    chat: Annotated[str, BeforeValidator(_number_as_text), AfterValidator(_check_chat)]
    api: Address = "https://api.telegram.org"
    thread: PositiveInt | None = None


def escape(text: str) -> str:
    """Escape *text* for Telegram's HTML, its mentions, commands and bare domains broken."""
    return html.escape(break_mentions(text), quote=True)


def _link(label: str, host: str, url: str) -> str:
    # The host stands inside the link: outside, it would become a link of its own.
    return f'<a href="{html.escape(url)}">{label} ({host.replace(chr(0x200B), "")})</a>'


def _bold(text: str) -> str:
    return f"<b>{text}</b>"


RICH = Markup(text=escape, strong=_bold, mark=_bold, link=_link, quote=("<blockquote>", "</blockquote>"))
PLAIN = plain_markup(break_mentions)


def render(digest: Digest, keys: TelegramKeys, style: Style) -> tuple[Part, ...]:
    """Return the digest as messages of at most 4,000 shown units, 30,000 raw bytes and 90 entities."""
    envelope: dict[str, Any] = {"chat_id": keys.chat, "link_preview_options": {"is_disabled": True}}
    if keys.thread is not None:
        envelope["message_thread_id"] = keys.thread
    if digest.answers and digest.answers.message_id.isdigit():
        # a message that was deleted since must not hold back the news
        earlier = {"message_id": int(digest.answers.message_id), "allow_sending_without_reply": True}
        envelope["reply_parameters"] = earlier
    if style is Style.RICH:
        envelope["parse_mode"] = "HTML"
    markup = RICH if style is Style.RICH else PLAIN

    def write(page: Page) -> bytes:
        return encode_json(envelope | {"text": "\n".join(write_lines(page, markup))})

    def fits(body: bytes) -> bool:
        return _fits(mark_repeat(body, digest.digest_id))

    return paginate(digest, write, fits, MAX_PARTS)


def _fits(body: bytes, most_units: int = MAX_SHOWN_UNITS, most_bytes: int = MAX_RAW_BYTES) -> bool:
    message = decode_object(body)
    raw = message["text"]
    shown = html.unescape(_TAG.sub("", raw)) if "parse_mode" in message else raw
    return (
        len(shown.encode("utf-16-le")) // 2 <= most_units
        and len(raw.encode()) <= most_bytes
        and len(_TAG.findall(raw)) // 2 <= MAX_ENTITIES
    )


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Return *body* saying first that it may be a repeat."""
    return _with_note(body, repeat_note(digest_id))


def _with_note(body: bytes, note: str) -> bytes:
    message = decode_object(body)
    shown = escape(note) if "parse_mode" in message else break_mentions(note)
    return encode_json(message | {"text": put_first(shown, message["text"])})


def annotate(body: bytes, note: str, message_id: str) -> bytes | None:
    """Return the parameters of ``editMessageText``: how a text is parsed and previewed is said anew."""
    noted = _with_note(body, note)
    if not re.fullmatch(r"[0-9]{1,18}", message_id) or not _fits(noted, MAX_EDITED_UNITS, MAX_EDITED_BYTES):
        return None
    message = decode_object(noted)
    kept = ("chat_id", "link_preview_options", "parse_mode", "text")
    return encode_json(
        {"message_id": int(message_id)} | {key: message[key] for key in kept if key in message}
    )


def request(keys: TelegramKeys, delivery: Delivery) -> HttpRequest:
    """Return the call of ``sendMessage``; the token stands in the path."""
    return _call("sendMessage", keys, delivery)


def request_edit(keys: TelegramKeys, delivery: Delivery) -> HttpRequest:
    """Return the call of ``editMessageText``; which message it is stands in the body."""
    return _call("editMessageText", keys, delivery)


def _call(method: str, keys: TelegramKeys, delivery: Delivery) -> HttpRequest:
    address = f"{keys.api.rstrip('/')}/bot{keys.token.get_secret_value()}/{method}"
    return post_json(address, delivery.body)


def classify(response: HttpResponse) -> Outcome:
    """Read Telegram's verdict.

    A 429 names its wait in JSON (``parameters.retry_after``, seconds). A 403 means that the bot was
    removed or never let in; a 400 is about the chat or about the message, as its description says.
    """
    found = decode_object(response.body)
    parameters = found.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if response.status == 429:
        return rate_limited(response, parameters.get("retry_after"))
    outcome = classify_api(response, "Telegram")
    if isinstance(outcome, Sent):
        return _read_success(response, found)
    if response.status != 400:
        return outcome
    moved_to = parameters.get("migrate_to_chat_id")
    if isinstance(moved_to, int) and not isinstance(moved_to, bool) and abs(moved_to) < 2**53:
        return TargetDead(f"HTTP 400: the group became a supergroup: set chat: {moved_to}")
    description = found.get("description")
    said = description.lower() if isinstance(description, str) else ""
    for phrase in _DEAD:
        if phrase in said:
            return TargetDead(f"HTTP 400: {phrase}")
    # Only phrases we know are passed on: an unknown text might repeat the address, and so the token.
    return Rejected(f"HTTP 400: {next((phrase for phrase in _BAD if phrase in said), 'refused')}")


def classify_edit(response: HttpResponse) -> Outcome:
    """Read the verdict on an edit; a message that says so already is not modified, which is a 400 and all we want."""
    found = decode_object(response.body)
    said = found.get("description")
    if response.status == 400 and isinstance(said, str) and "message is not modified" in said.lower():
        return Sent()
    return spare_channel(classify(response), is_named=found.get("ok") is False)


def _read_success(response: HttpResponse, found: dict[str, Any]) -> Outcome:
    if found.get("ok") is False:
        return Rejected(f"HTTP {response.status}, but not ok")
    result = found.get("result")
    message_id = result.get("message_id") if isinstance(result, dict) else None
    known = isinstance(message_id, int) and not isinstance(message_id, bool) and abs(message_id) < 2**63
    return Sent(str(message_id) if known else None)


_FIND_NUMBER = (
    "Its number: write something in the chat, open https://api.telegram.org/bot<TOKEN>/getUpdates in a browser, take "
    "the number at chat.id (a group's is negative) and set `chat` to it, in quotes."
)

PLATFORM = Platform(
    name="telegram",
    keys=TelegramKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    answers=True,
    editing=Editing(annotate, request_edit, classify_edit),
    pace=timedelta(seconds=3.5),  # about 20 a minute in one group
    secrets=("token",),
    place=("api", "chat", "thread"),
    placeholder={"token": "0:placeholder", "chat": "-1000000000000"},
    remedies=(
        ("set chat:", "Write that number into `chat` of this channel, in quotes."),
        ("upgraded to a supergroup", "It has a new number now: " + _FIND_NUMBER),
        ("chat not found", "Add the bot to the group (to a channel as its administrator). " + _FIND_NUMBER),
        ("chat_id is empty", "`chat` is empty. " + _FIND_NUMBER),
        ("peer_id_invalid", "`chat` is no chat that the bot knows. " + _FIND_NUMBER),
        (
            "message thread not found",
            "`thread` is no topic of this group: open the topic, its link ends in the number.",
        ),
        ("topic_", "The topic is closed or deleted: open it again, or set another `thread`."),
        ("group is deactivated", "The group was deleted: make a new one, add the bot, and set `chat`."),
        *(
            (phrase, "Make the bot an administrator that may post messages.")
            for phrase in _DEAD
            if "right" in phrase
        ),
        ("chat_write_forbidden", "Let members write in this group, or make the bot its administrator."),
        ("HTTP 403", "The bot was removed or blocked: add it to the chat again."),
        ("HTTP 401", "The token is not known. Ask @BotFather: /mybots, your bot, API Token."),
        ("HTTP 404", "The token is not known. Ask @BotFather: /mybots, your bot, API Token."),
    ),
)
