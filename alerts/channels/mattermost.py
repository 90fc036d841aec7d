"""Mattermost incoming webhooks: one post of markdown in which outside text is inert.

Owns the escapes: the API has no switch against mentions, and the server itself rewrites ``<!channel>``.
Facts: mattermost/mattermost, ``model/incoming_webhook.go``, ``model/post.go``, ``app/webhook.go``,
``app/slack.go`` and ``app/mention_parser_standard.go``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ConfigDict

from alerts.message.answer import classify_api
from alerts.message.layout import put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_links, break_mentions
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Style,
    TargetDead,
)
from alerts.message.prose import (
    Markup,
    address_below_in_markdown,
    bold_in_markdown,
    plain_markup,
    write_lines,
)
from alerts.message.wire import (
    SecretAddress,
    decode_object,
    encode_json,
    explain,
    post_json,
    read_text,
)

if TYPE_CHECKING:
    from alerts.model import Digest

MAX_TEXT_CHARS = 15_000  # above 16,383 code points the server silently splits a post in several
MAX_PARTS = 3

_SPECIAL = re.compile(r"([\\`*_~\[\](){}#+\-!|]|(?<=\d)\.(?=\s))")
_EMOJI = re.compile(r":(?=[\w+-]+:)")


class MattermostKeys(ChannelKeys):
    """``url`` is the incoming webhook's address, ``https://host/hooks/...``."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: SecretAddress


def _disarm(text: str) -> str:
    """Return *text* without mentions, links under other words, channel links, emoji codes and HTML-like brackets."""
    text = text.replace("<", "‹").replace(">", "›").replace("@", "@\u200b").replace("~", "~\u200b")
    return _EMOJI.sub(":\u200b", break_links(break_mentions(text)))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _disarm(text))


def _strong(text: str) -> str:
    return f"**{text}**"


def _link(label: str, host: str, url: str) -> str:
    return f"[{label}]({url}) ({host})"


# The empty line ends the quotation, or markdown takes the next line into it.
MARKDOWN = Markup(
    text=_escape, strong=_strong, mark=bold_in_markdown, link=_link, quote=("> ", "\n"), bullet="* "
)
PLAIN = plain_markup(_escape, address_below_in_markdown)


def render(digest: Digest, keys: MattermostKeys, style: Style) -> tuple[Part, ...]:
    """Return posts of at most 15,000 code points."""
    markup = MARKDOWN if style is Style.RICH else PLAIN

    def write(page: Page) -> bytes:
        return encode_json({"text": "\n".join(write_lines(page, markup))})

    def fits(body: bytes) -> bool:
        return len(decode_object(mark_repeat(body, digest.digest_id))["text"]) <= MAX_TEXT_CHARS

    return paginate(digest, write, fits, MAX_PARTS)


def request(keys: MattermostKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST to the webhook; Mattermost offers nothing against a double."""
    return post_json(keys.url.get_secret_value(), delivery.body)


_DEAD = ("web.incoming_webhook.invalid", "web.incoming_webhook.disabled", "web.incoming_webhook.channel")


def classify(response: HttpResponse) -> Outcome:
    """Read Mattermost's verdict.

    An unknown or deleted hook answers 400 ``web.incoming_webhook.invalid``; 501 says that the server has
    webhooks switched off. A 500 may come after the post was made.
    """
    found = decode_object(response.body)
    code = read_text(found, "id")
    known = next((dead for dead in _DEAD if code.startswith(dead)), "")
    if known and (response.status == 501 or 400 <= response.status < 500):
        return TargetDead(explain(response, known))
    return classify_api(response, "Mattermost")


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Open the post with the note that it may be a repeat."""
    return encode_json({"text": put_first(repeat_note(digest_id), decode_object(body)["text"], gap="\n\n")})


PLATFORM = Platform(
    name="mattermost",
    keys=MattermostKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    pace=timedelta(seconds=1),
    secrets=("url",),
    placeholder={"url": "https://mattermost.invalid/hooks/"},
    remedies=(
        *(
            (code, "Incoming webhooks are off: System Console > Integrations > Enable Incoming Webhooks.")
            for code in ("webhook.disabled", "HTTP 501")
        ),
        ("webhook.channel", "The hook's channel is gone, or the hook is locked to another: edit the hook."),
        *(
            (code, "Make a new hook: main menu > Integrations > Incoming Webhooks > Add; copy its URL.")
            for code in ("webhook.invalid", "HTTP 404")
        ),
        (
            "HTTP 403",
            "The hook is locked to another channel, or its owner may not post there: edit the hook.",
        ),
    ),
)
