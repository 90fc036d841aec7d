"""Discord webhooks: a digest as embeds, one for each story, with every mention switched off.

Facts: https://docs.discord.com/developers/resources/webhook#execute-webhook, resources/message#embed-object
and topics/opcodes-and-status-codes. Lengths are code points. ``wait=true``, because without it a message
that is not saved returns no error.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import ConfigDict

from alerts.message.answer import classify_api, is_web_page, rate_limited, spare_channel
from alerts.message.layout import Line, Telling, put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_emphasis, cut_text
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
    RetryLater,
    Sent,
    Style,
    TargetDead,
    is_text,
)
from alerts.message.prose import Markup, dress_pieces, plain_markup, section_of, write_lines
from alerts.message.wire import SecretAddress, decode_object, encode_json, post_json, read_id

if TYPE_CHECKING:
    from alerts.message.paging import Item
    from alerts.model import Digest

# Hard: content 2000, 10 embeds, title 256, author 256, footer 2048, description 4096, their sum 6000.
MAX_CONTENT_CHARS = 1_900
MAX_EDITED_CHARS = 2_000
MAX_EMBEDS = 10
MAX_TITLE_CHARS = 250
MAX_DESCRIPTION_CHARS = 4_000
MAX_SUM_CHARS = 5_800
MAX_PLAIN_URL_CHARS = 800
MAX_PARTS = 5
SUPPRESS_EMBEDS = 4  # message flag: no previews; it would drop our own embeds too

# topics/opcodes-and-status-codes: codes after which no message to this address can succeed.
_DEAD = {
    10003: "the channel is gone",
    10004: "the server is gone",
    10015: "the webhook is gone",
    50013: "the webhook may not post",
    50027: "the webhook's token is wrong",
    220001: "a forum needs a thread: add ?thread_id=... to the url",
    220003: "a webhook cannot open this forum's thread",
}
_BAD = {
    10008: "the message is gone",
    40005: "too large",
    50005: "the message is another's",
    50006: "empty",
    50035: "malformed or too long",
    50083: "the thread is archived",
    200000: "refused by AutoMod",
    200001: "refused by AutoMod",
    240000: "a link was refused as harmful",
}
_SPECIAL = re.compile(r"[\\`*_~|>#\-\[\]()<@]|:(?=//|[\w+-]+:)|(?<=^\d)[.)]|(?<=^\d\d)[.)]")


_ID = re.compile(r"[0-9]{1,20}")
_IN_TITLE = re.compile(r"<|\|(?=\|)|:(?=//|[\w+-]+:)")


class DiscordKeys(ChannelKeys):
    """``url`` is the webhook's address and its only credential; ``?thread_id=`` in it is kept."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: SecretAddress


def escape(text: str) -> str:
    """Escape Discord's markdown, so that *text* shows as it is: no mention, link, heading or timestamp."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _in_title(text: str) -> str:
    """Return *text* inert in an embed's title: no masked links there, but emphasis, emoji, ``<t:..>`` and ``<@..>``."""
    return _IN_TITLE.sub(lambda match: match[0] + "\u200b", break_emphasis(text)).replace("\\", "＼")


def _bold(text: str) -> str:
    return f"**{text}**"


def _open_link(label: str, host: str, url: str) -> str:
    # Escapes show literally inside a link's label, so the label is a word of ours.
    return f"{label} ({host}) · [open]({url})"


def _plain_link(label: str, host: str, url: str) -> str:
    # A longer address would crowd its own story out of a message of 1,900 characters.
    return f"{label} ({host})\n<{url}>" if len(url) <= MAX_PLAIN_URL_CHARS else f"{label} ({host})"


RICH = Markup(text=escape, strong=_bold, mark=_bold, link=_open_link)
PLAIN = plain_markup(escape, _plain_link)


def render(digest: Digest, keys: DiscordKeys, style: Style) -> tuple[Part, ...]:
    """Return the digest as messages of at most ten embeds and 5,800 characters, five at most."""

    def fits(body: bytes) -> bool:
        return _fits(mark_repeat(body, digest.digest_id))

    return paginate(digest, _write_text if is_text(digest, style) else _write_embeds, fits, MAX_PARTS)


def _write_text(page: Page) -> bytes:
    return encode_json(_envelope("\n".join(write_lines(page, PLAIN))) | {"flags": SUPPRESS_EMBEDS})


def _write_embeds(page: Page) -> bytes:
    embeds: list[dict[str, Any]] = []
    previous = ""
    for item in page.items:
        section = section_of(item)
        if section and section == previous:
            embeds[-1]["description"] += "\n" + _one_line(item)
        elif section:
            embeds.append({"title": section, "description": _one_line(item)})
        elif isinstance(item.content, Telling):
            embeds.append(_tell(item.content))
        previous = section
    if page.tail or not embeds:
        tail = "\n".join(escape(line) for line in page.tail)
        embeds.append({"description": tail or "Nothing else to report."})
    embeds[-1]["footer"] = {"text": page.footer}
    return encode_json(_envelope(_bold(escape(page.heading))) | {"embeds": embeds})


def _envelope(content: str) -> dict[str, Any]:
    # A webhook's own default would still ping users: https://docs.discord.com/developers/resources/message
    return {"content": content, "allowed_mentions": {"parse": []}}


def _report(line: Line) -> str:
    shown, host = escape(line.headline), escape(line.host)
    linked = _open_link(shown, host, line.url) if line.url else escape(line.shown)
    return f"- {linked} · {escape(line.byline)}"


def _one_line(item: Item) -> str:
    return _report(item.content) if isinstance(item.content, Line) else f"- {escape(str(item.content))}"


def _tell(telling: Telling) -> dict[str, Any]:
    lead = telling.lead
    host = f" ({lead.host})" if lead.host else ""
    lines = [escape(lead.byline)]
    if telling.sentence:
        lines.append("> " + dress_pieces(telling.sentence, RICH))
    lines += [dress_pieces(fact, RICH) for fact in telling.facts]
    lines += [_report(line) for line in telling.further]
    lines += [escape(note) for note in (telling.rest, telling.known) if note]
    title = cut_text(_in_title(lead.headline), MAX_TITLE_CHARS - len(host)) + host
    embed: dict[str, Any] = {"title": title, "description": "\n".join(lines)}
    if lead.url:
        embed["url"] = lead.url
    if telling.heading:
        embed["author"] = {"name": cut_text(telling.heading, MAX_TITLE_CHARS)}
    return embed


def _fits(body: bytes) -> bool:
    message = decode_object(body)
    embeds = message.get("embeds", [])
    texts = [_texts(embed) for embed in embeds]
    return (
        len(message["content"]) <= MAX_CONTENT_CHARS
        and len(embeds) <= MAX_EMBEDS
        and all(len(embed["description"]) <= MAX_DESCRIPTION_CHARS for embed in embeds)
        and sum(map(len, texts)) <= MAX_SUM_CHARS
    )


def _texts(embed: dict[str, Any]) -> str:
    author, footer = embed.get("author", {}).get("name", ""), embed.get("footer", {}).get("text", "")
    return f"{embed.get('title', '')}{embed['description']}{author}{footer}"


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Return *body* saying first that it may be a repeat."""
    return _with_note(body, repeat_note(digest_id))


def _with_note(body: bytes, note: str) -> bytes:
    message = decode_object(body)
    message["content"] = put_first(escape(note), message["content"])
    return encode_json(message)


def annotate(body: bytes, note: str, message_id: str) -> bytes | None:
    """Return the whole message again, *note* first; mentions are off again, since an edit is read anew."""
    noted = _with_note(body, note)
    fits = len(decode_object(noted)["content"]) <= MAX_EDITED_CHARS
    return noted if fits and _ID.fullmatch(message_id) else None


def request(keys: DiscordKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST to the webhook, its answer awaited (``wait=true``)."""
    parts = urlsplit(keys.url.get_secret_value())
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "wait"]
    return post_json(urlunsplit(parts._replace(query=urlencode([*query, ("wait", "true")]))), delivery.body)


def request_edit(keys: DiscordKeys, delivery: Delivery) -> HttpRequest:
    """Return the PATCH of a message of the webhook's own; one in a thread is found by the thread's id only."""
    parts = urlsplit(keys.url.get_secret_value())
    query = [(name, value) for name, value in parse_qsl(parts.query) if name == "thread_id"]
    path = f"{parts.path.rstrip('/')}/messages/{delivery.edits}"
    address = urlunsplit(parts._replace(path=path, query=urlencode(query)))
    return replace(post_json(address, delivery.body), method="PATCH")


def classify(response: HttpResponse) -> Outcome:
    """Read Discord's verdict: a numeric code in JSON says more than the status.

    A 429 names its wait as a float in JSON; Cloudflare's own 429 and 403 are web pages and pass.
    """
    found = decode_object(response.body)
    code = found.get("code")
    if response.status == 429:
        return rate_limited(response, found.get("retry_after"))
    outcome = classify_api(response, "Discord")
    if isinstance(outcome, Sent):
        return Sent(read_id(found, "id", _ID))
    if 400 <= response.status < 500 and isinstance(code, int):
        if code in _DEAD:
            return TargetDead(f"{_DEAD[code]} (HTTP {response.status}, code {code})")
        if code in _BAD:
            return Rejected(f"{_BAD[code]} (HTTP {response.status}, code {code})")
    if response.status == 403 and is_web_page(response):
        # Too many invalid requests from one address: Cloudflare refuses them for a while, not for good.
        return RetryLater("HTTP 403 with a web page: this address is banned for a while", timedelta(hours=1))
    return outcome


def classify_edit(response: HttpResponse) -> Outcome:
    """Read the verdict on an edit; too many edits of old messages (code 30046) are a 429 and pass."""
    code = decode_object(response.body).get("code")
    return spare_channel(classify(response), is_named=isinstance(code, int) and code in _DEAD)


PLATFORM = Platform(
    name="discord",
    keys=DiscordKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    editing=Editing(annotate, request_edit, classify_edit),
    pace=timedelta(seconds=2.5),  # 30 in 60 s for each channel (staff, discord-api-docs#6753)
    secrets=("url",),
    placeholder={"url": "https://discord.com/api/webhooks/"},
    remedies=(
        (
            "a forum needs a thread",
            "The channel is a forum: copy a thread's ID and add ?thread_id=ID to the `url`.",
        ),
        (
            "this forum's thread",
            "The channel is a forum: add ?thread_id=ID of an existing thread to the `url`.",
        ),
        ("may not post", "Let webhooks post there: channel settings > Permissions."),
        ("AutoMod", "A rule of the server refuses it: server settings > AutoMod, except this channel."),
        (
            "banned for a while",
            "Too many refused requests came from this machine: wait an hour, remove dead webhooks.",
        ),
        *(
            (
                code,
                "Make a new webhook: channel settings > Integrations > Webhooks > New Webhook; copy its URL.",
            )
            for code in (
                "code 10003",
                "code 10004",
                "code 10015",
                "code 50027",
                "HTTP 401",
                "HTTP 403",
                "HTTP 404",
            )
        ),
    ),
)
