"""Any service that the package apprise knows, for those without an adapter here: plain text, and a weaker guarantee.

Nobody knows which service will read the text, so what is a mention, a masked link, emphasis or HTML for any of them is
broken at once: Slack, Rocket.Chat, Zulip, Mattermost, mail.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from alerts.message.layout import put_first, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_emphasis, break_links, break_mentions
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
    Handover,
    Part,
    Platform,
    Style,
    classify_status,
)
from alerts.message.prose import address_below_in_markdown, plain_markup, write_lines

if TYPE_CHECKING:
    from alerts.model import Digest

MOST_CHARS = 1_900  # the least that the services of this kind are known to take is 2,000, or more
LEAST_CHARS = 1_200  # heading, counts and footer alone may take 1,000
MAX_PARTS = 3

_ADDRESS = re.compile(r"[a-z][a-z0-9]*://[!-~]+", re.IGNORECASE)  # apprise's own names have no other letters
_OTHER_FORMS = ("http", "https", "file")  # the first two are addresses of configurations for Apprise
# What `break_mentions` leaves: Zulip's @**all**, @_**name** and #**stream** need no letter behind the sign.
_SIGN = re.compile(r"[@#](?!\u200b)")
_EMOJI = re.compile(r":(?=[\w+-]+:)")
_BAR = re.compile(r"\|(?=\|)")  # two hide what they enclose: Rocket.Chat, Discord
_LIST = re.compile(r"^(?=[-+] |\d+[.)])")
_BRACKETS = str.maketrans({"<": "‹", ">": "›"})


def _check_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value().strip()
    if not _ADDRESS.fullmatch(address):
        raise ValueError("must be an Apprise URL such as rockets://webhook@host/#channel, without spaces")
    if address.partition("://")[0].lower() in _OTHER_FORMS:
        raise ValueError(
            "must begin with the name of an Apprise service such as mailtos://, zulip:// or jsons://"
        )
    return SecretStr(address)


class AppriseKeys(ChannelKeys):
    """``url`` is an Apprise URL, ``max_chars`` the most code points that one message may have."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: Annotated[SecretStr, AfterValidator(_check_address)]
    max_chars: int = Field(default=MOST_CHARS, ge=LEAST_CHARS, le=10_000)


def disarm(text: str) -> str:
    """Return *text* without anything that one of the services takes for a mention, a link, HTML or emphasis."""
    text = break_links(break_mentions(break_emphasis(text.translate(_BRACKETS))))
    text = _BAR.sub("|\u200b", _SIGN.sub(lambda match: match[0] + "\u200b", text))
    return _LIST.sub("\u200b", _EMOJI.sub(":\u200b", text))


_PLAIN = plain_markup(disarm, address_below_in_markdown)


def render(digest: Digest, keys: AppriseKeys, style: Style) -> tuple[Part, ...]:
    """Return plain texts of at most ``max_chars`` code points; there is no plainer form than this."""
    most = getattr(keys, "max_chars", MOST_CHARS)

    def write(page: Page) -> bytes:
        return "\n".join(write_lines(page, _PLAIN)).encode("utf-8")

    def fits(body: bytes) -> bool:
        return len(mark_repeat(body, digest.digest_id).decode("utf-8")) <= most

    return paginate(digest, write, fits, MAX_PARTS)


def request(keys: AppriseKeys, delivery: Delivery) -> Handover:
    """Return the text for Apprise; nothing is offered against a double."""
    return Handover(keys.url.get_secret_value(), delivery.body)


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Open the text with the note that it may be a repeat, once."""
    return put_first(repeat_note(digest_id), body.decode("utf-8")).encode("utf-8")


PLATFORM = Platform(
    name="apprise",
    keys=AppriseKeys,
    render=render,
    request=request,
    classify=classify_status,
    mark_repeat=mark_repeat,
    pace=timedelta(seconds=2),
    secrets=("url",),
    package="apprise",
    placeholder={"url": "jsons://receiver.invalid/"},
    accepted="Look whether it stands there: what Apprise reports is believed.",
    remedies=(
        (
            "does not understand",
            "Compare `url` with the service's page at appriseit.com/services.",
        ),
        (
            "does not work here",
            "Install what it needs beside newswatch (pip install), or choose a service over HTTP.",
        ),
        ("several recipients", "Write a channel for each of them, each with its own `url`."),
        (
            "the proxy cannot carry",
            "Only services over HTTP go through `network.proxy`. Send mail through a service with an HTTP interface, "
            "or without the proxy.",
        ),
        (
            "login is not accepted",
            "Correct user and password in `url`; many mail services want an app password.",
        ),
        (
            "no TLS or no login",
            "Try mailtos://, or `?mode=ssl` or `?mode=starttls` in `url`, as your mail service asks.",
        ),
        ("SMTP 5", "The mail server refuses sender or recipient: look at `from` and `to` in `url`."),
    ),
)
