"""Does a channel's address answer, and is its token good: asked without posting anything.

Only reading calls of a platform are used. Where it has none (an incoming webhook takes messages and nothing
else) its host is asked for its front page: that the way is open, not that the address is right. Neither an
address nor a token leaves here in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import SecretStr

from alerts.checkup.service import services_of
from alerts.message.platform import HttpRequest, HttpResponse
from alerts.message.wire import decode_object, read_text
from alerts.transport.http import Client
from crawler.clock import utc_now
from crawler.errors import TransportError

if TYPE_CHECKING:
    from alerts.config import Channel
    from alerts.transport.handover import Service
    from crawler.config import Settings


class Standing(StrEnum):
    """How sure it is that messages will arrive."""

    GOOD = "good"  # the platform knows the token and the place
    REACHABLE = "reachable"  # the host answers; only a message would show more
    FAILED = "failed"
    LOCAL = "local"  # printed on the terminal
    UNKNOWN = "not asked"


@dataclass(frozen=True, slots=True)
class ChannelProbe:
    """What was found out about one channel, in words that hold no secret."""

    channel_id: str
    platform: str
    standing: Standing
    said: str


@dataclass(frozen=True, slots=True)
class Question:
    """A request that posts nothing, and how its answer is read: None is "no objection", text is what is wrong."""

    request: HttpRequest
    object_to: Callable[[HttpResponse], str | None]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The questions for one platform. *proven* is said when no answer is objected to."""

    ask: Callable[[Any], tuple[Question, ...]]
    proven: str
    standing: Standing = Standing.GOOD


async def probe_channels(settings: Settings, channels: Sequence[Channel]) -> tuple[ChannelProbe, ...]:
    """Return a probe of every channel, in their order. Posts nothing."""
    services = await services_of(channels, utc_now())
    async with Client.for_settings(settings) as client:
        return tuple(
            await asyncio.gather(*(_probe(client, channel, services.get(channel.id)) for channel in channels))
        )


async def _probe(client: Client, channel: Channel, service: Service | None) -> ChannelProbe:
    if service is not None:
        if service.problem:
            return _told(channel, Standing.FAILED, service.problem)
        said = f"{service.name}: the address is well-formed; only `newswatch send-test` shows more"
        return _told(channel, Standing.UNKNOWN, said)
    if channel.platform.local:
        return _told(channel, Standing.LOCAL, "prints on the terminal")
    inquiry = INQUIRIES.get(channel.platform.name, FRONT_PAGE)
    try:
        for question in inquiry.ask(channel.keys):
            response = await client.send(question.request)
            if problem := question.object_to(response):
                return _told(channel, Standing.FAILED, problem)
    except TransportError as error:
        return _told(channel, Standing.FAILED, str(error))
    except LookupError:
        return _told(channel, Standing.UNKNOWN, "this version has no way to ask it without posting")
    return _told(channel, inquiry.standing, inquiry.proven)


def _told(channel: Channel, standing: Standing, said: str) -> ChannelProbe:
    return ChannelProbe(channel.id, channel.platform.name, standing, said)


def _get(url: str, token: str = "") -> HttpRequest:
    return HttpRequest("GET", url, b"", {"authorization": f"Bearer {token}"} if token else {})


def _refusal(response: HttpResponse, words: Mapping[int, str]) -> str | None:
    """Return what a status other than 200 means here; free text of the answer might echo the token."""
    if response.status == 200:
        return None
    return f"HTTP {response.status}{': ' if response.status in words else ''}{words.get(response.status, '')}"


# https://core.telegram.org/bots/api#getme and #getchat: both only read.
def _ask_telegram(keys: Any) -> tuple[Question, ...]:
    bot = f"{keys.api.rstrip('/')}/bot{keys.token.get_secret_value()}"
    chat = quote(str(keys.chat), safe="")

    def object_to_bot(response: HttpResponse) -> str | None:
        bad = "the token is not known; BotFather gives a new one"
        if refused := _refusal(response, {401: bad, 404: bad}):
            return refused
        return (
            None if decode_object(response.body).get("ok") is True else "something else than Telegram answers"
        )

    def object_to_chat(response: HttpResponse) -> str | None:
        return _refusal(
            response,
            {
                400: "the token is good, but the bot does not see the chat: check `chat`, and add the bot to it",
                403: "the token is good, but the bot was removed from the chat",
            },
        )

    return (
        Question(_get(f"{bot}/getMe"), object_to_bot),
        Question(_get(f"{bot}/getChat?chat_id={chat}"), object_to_chat),
    )


# https://docs.discord.com/developers/resources/webhook#get-webhook-with-token
def _ask_discord(keys: Any) -> tuple[Question, ...]:
    parts = urlsplit(keys.url.get_secret_value())

    def object_to(response: HttpResponse) -> str | None:
        bad = "no such webhook; make a new one"
        if refused := _refusal(response, {401: bad, 404: bad}):
            return refused
        return (
            None if read_text(decode_object(response.body), "id") else "something else than Discord answers"
        )

    return (Question(_get(urlunsplit(parts._replace(query="", fragment=""))), object_to),)


# https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3accountwhoami
def _ask_matrix(keys: Any) -> tuple[Question, ...]:
    base = f"{keys.homeserver.rstrip('/')}/_matrix/client/v3"
    token = keys.token.get_secret_value()

    def object_to_account(response: HttpResponse) -> str | None:
        bad = "the access token is not known"
        if refused := _refusal(response, {401: bad, 403: bad, 404: "no homeserver at this address"}):
            return refused
        found = decode_object(response.body)
        return None if read_text(found, "user_id") else "something else than a homeserver answers"

    def object_to_room(response: HttpResponse) -> str | None:
        if refused := _refusal(response, {}):
            return refused
        rooms = decode_object(response.body).get("joined_rooms")
        joined = isinstance(rooms, list) and keys.room in rooms
        return None if joined else "the token is good, but its account is not in the room: invite it and join"

    return (
        Question(_get(f"{base}/account/whoami", token), object_to_account),
        Question(_get(f"{base}/joined_rooms", token), object_to_room),
    )


# https://docs.ntfy.sh/config/#health-checks
def _ask_ntfy(keys: Any) -> tuple[Question, ...]:
    root = keys.url.get_secret_value().rstrip("/").rpartition("/")[0]

    def object_to(response: HttpResponse) -> str | None:
        if refused := _refusal(response, {404: "no ntfy server at this address"}):
            return refused
        return (
            None
            if decode_object(response.body).get("healthy") is True
            else "something else than ntfy answers"
        )

    return (Question(_get(f"{root}/v1/health"), object_to),)


# https://developers.mattermost.com/api-documentation/#/operations/GetPing
def _ask_mattermost(keys: Any) -> tuple[Question, ...]:
    root = keys.url.get_secret_value().partition("/hooks/")[0].rstrip("/")

    def object_to(response: HttpResponse) -> str | None:
        return _refusal(response, {404: "no Mattermost at this address"})

    return (Question(_get(f"{root}/api/v4/system/ping"), object_to),)


def _ask_front_page(keys: Any) -> tuple[Question, ...]:
    """Ask the host for its front page: the path, which is the secret and takes messages, is left out."""
    written = getattr(keys, "url", "")
    parts = urlsplit(written.get_secret_value() if isinstance(written, SecretStr) else str(written))
    if parts.scheme not in ("http", "https"):  # elsewhere the host may well be the token
        raise LookupError("no web address")
    front = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "/", "", ""))

    def object_to(response: HttpResponse) -> str | None:
        return None if response.status < 500 else f"HTTP {response.status}"

    return (Question(HttpRequest("HEAD", front, b""), object_to),)


FRONT_PAGE = Inquiry(
    _ask_front_page,
    "its host answers; only `newswatch send-test` shows whether the address is right",
    Standing.REACHABLE,
)
INQUIRIES: Mapping[str, Inquiry] = {
    "telegram": Inquiry(_ask_telegram, "the token is good and the bot sees the chat"),
    "discord": Inquiry(_ask_discord, "the webhook exists"),
    "matrix": Inquiry(_ask_matrix, "the token is good and its account is in the room"),
    "ntfy": Inquiry(
        _ask_ntfy,
        "the server is healthy; only `newswatch send-test` shows whether it takes the topic",
        Standing.REACHABLE,
    ),
    "mattermost": Inquiry(
        _ask_mattermost,
        "the server answers; only `newswatch send-test` shows whether the hook is right",
        Standing.REACHABLE,
    ),
}
