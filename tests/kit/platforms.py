"""The table of facts: one profile for every platform of ours. What stands here is the vendor's, never the adapter's.

Sources: the vendors' pages named beside each fact. A number in *ours* is where our messages end by decision, below
the hard one. A new platform gets its line in `PROFILES`, or a test fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from alerts.channels import PLATFORMS
from alerts.message.platform import Style
from tests.contract.verify import VERIFIERS
from tests.kit import chats, edits, measure
from tests.kit.profile import CANARY, Limit, Profile, Said, Subject
from tests.kit.reading import every

if TYPE_CHECKING:
    from alerts.message.platform import ChannelKeys, Part
    from alerts.model import Digest

_NO_HTTP = "printed on the terminal of this machine: there is no server that could answer, refuse or be slow"

_SLACK_PAGE = "docs.slack.dev/reference/block-kit/blocks"
_SLACK = Profile(
    keys=lambda server: {"url": f"{server}/services/T0/B0/{CANARY}"},
    home="https://hooks.slack.com",
    read=chats.read_slack,
    verify=VERIFIERS["slack"],
    limits=(
        Limit("blocks", 50, 45, measure.slack_blocks, _SLACK_PAGE),
        Limit("text of all blocks", 12_000, 9_000, measure.slack_block_text, "slackapi/bolt-js#2509"),
        Limit("JSON with blocks", 13_200, 12_000, measure.rich_only(measure.body_chars, "blocks"),
              "slackapi/bolt-js#2509"),
        Limit("plain text", 4_000, 3_500, measure.plain_only(measure.of_text("text"), "blocks"),
              "docs.slack.dev/changelog/2018-truncating-really-long-messages: 4,000 advised, cut at 40,000"),
    ),
    says=(
        Said(200, b"ok", "sent"), Said(200, {"ok": True}, "sent"),
        Said(200, {"ok": False, "error": "invalid_blocks"}, "refused"),
        Said(200, {"ok": False, "error": "channel_is_archived"}, "dead"),
        Said(200, b"<html>Sign in to the network</html>", "unknown"),
        *(Said(400, word, "refused") for word in (b"invalid_payload", b"invalid_blocks", b"msg_blocks_too_long",
                                                  b"invalid_blocks_format", b"user_not_found", b"no_text")),
        *(Said(403, word, "dead") for word in (b"action_prohibited", b"invalid_token")),
        *(Said(404, word, "dead") for word in (b"no_service", b"channel_not_found", b"no_team")),
        Said(410, b"channel_is_archived", "dead"), Said(500, b"rollup_error", "unknown"),
        Said(429, {"retry_after": 1, "ok": False, "error": "rate_limited"}, "later"),
    ),
    refusal=Said(400, b"invalid_blocks", "refused"),
    farewell=Said(404, b"no_service", "dead"),
    wait=lambda seconds: {"retry_after": seconds, "ok": False, "error": "rate_limited"},
    least_pace_s=1.0,  # docs.slack.dev/apis/web-api/rate-limits: one a second
    most_parts=5,
    is_rich=lambda body: "blocks" in json.loads(body),
)  # fmt: skip

_DISCORD_PAGE = "docs.discord.com/developers/resources/message#embed-object-embed-limits"
_DISCORD = Profile(
    keys=lambda server: {"url": f"{server}/api/v10/webhooks/1/{CANARY}?thread_id=7"},
    home="https://discord.com",
    read=chats.read_discord,
    verify=VERIFIERS["discord"],
    limits=(
        Limit("content", 2_000, 1_900, measure.of_text("content"), "docs.discord.com/developers/resources/webhook"),
        Limit("embeds", 10, 10, measure.discord_embeds, _DISCORD_PAGE),
        Limit("description", 4_096, 4_000, measure.discord_description, _DISCORD_PAGE),
        Limit("sum over all embeds", 6_000, 5_800, measure.discord_sum, _DISCORD_PAGE),
    ),
    says=(
        Said(204, b"", "sent"), Said(200, {"id": "1234567890"}, "sent"), Said(200, b"<html></html>", "unknown"),
        Said(404, {"message": "Unknown Webhook", "code": 10015}, "dead"),
        Said(401, {"message": "Invalid Webhook Token", "code": 50027}, "dead"),
        Said(403, {"code": 50001}, "dead"), Said(400, {"code": 10003}, "dead"), Said(400, {"code": 220001}, "dead"),
        *(Said(400, {"code": code}, "refused") for code in (50035, 50006, 240000)),
        Said(413, {"code": 40005}, "refused"), Said(403, {"code": 200000}, "refused"),
        Said(403, b"<html>error code: 1015</html>", "again"), Said(429, b"<html>error code: 1015</html>", "later"),
        Said(502, b"", "again"), Said(500, {"code": 0}, "unknown"), Said(504, b"", "unknown"),
    ),
    refusal=Said(400, {"code": 50035, "errors": {}}, "refused"),
    farewell=Said(404, {"message": "Unknown Webhook", "code": 10015}, "dead"),
    wait=lambda seconds: {"message": "You are being rate limited.", "retry_after": seconds, "global": False},
    least_pace_s=2.0,  # 30 in 60 seconds for a channel: discord-api-docs#6753
    most_parts=5,
    is_rich=lambda body: "embeds" in json.loads(body),
    edited=bytes,
    message_id="1400000000000000007",
)  # fmt: skip

_TELEGRAM = Profile(
    keys=lambda server: {"token": f"123:{CANARY}", "chat": "-1001234567890", "thread": 5, "api": server},
    home="https://api.telegram.org",
    read=chats.read_telegram,
    verify=VERIFIERS["telegram"],
    limits=(
        Limit("shown text", 4_096, 4_000, measure.telegram_shown, "core.telegram.org/bots/api#sendmessage"),
        Limit("raw text", 32_768, 30_000, measure.of_text("text", measure.utf8), "tdlib/telegram-bot-api Client.cpp"),
        Limit("entities", 100, 90, measure.telegram_entities, "tdlib/td MessageEntity.cpp"),
    ),
    says=(
        Said(200, {"ok": True, "result": {"message_id": 42}}, "sent"),
        Said(200, {"ok": False, "error_code": 400}, "refused"), Said(200, b"<html></html>", "unknown"),
        Said(401, {"ok": False, "description": "Unauthorized"}, "dead"),
        Said(403, {"ok": False, "description": "Forbidden: bot was kicked from the group chat"}, "dead"),
        *(Said(400, {"ok": False, "description": f"Bad Request: {words}"}, "dead")
          for words in ("chat not found", "CHAT_WRITE_FORBIDDEN", "message thread not found")),
        *(Said(400, {"ok": False, "description": f"Bad Request: {words}"}, "refused")
          for words in ("can't parse entities: Unsupported start tag", "message is too long")),
        Said(400, {"ok": False, "parameters": {"migrate_to_chat_id": -100987}}, "dead"),
        Said(502, {"ok": False, "description": "Bad Gateway"}, "again"), Said(500, {"ok": False}, "unknown"),
    ),
    refusal=Said(400, {"ok": False, "description": "Bad Request: can't parse entities"}, "refused"),
    farewell=Said(403, {"ok": False, "description": "Forbidden: bot was kicked from the group chat"}, "dead"),
    wait=lambda seconds: {"ok": False, "error_code": 429, "parameters": {"retry_after": seconds}},
    least_pace_s=3.0,  # 20 a minute in one group: core.telegram.org/bots/faq
    most_parts=5,
    is_rich=lambda body: "parse_mode" in json.loads(body),
    edited=edits.edited_telegram,
    message_id="4711",
)  # fmt: skip

_MATRIX = Profile(
    keys=lambda server: {"homeserver": server, "token": CANARY, "room": "!abc:example.org"},
    home="https://matrix.example.org",
    read=chats.read_matrix,
    verify=VERIFIERS["matrix"],
    limits=(
        Limit("event content", 64_500, 50_000, measure.body_bytes,
              "spec.matrix.org, size limits: 65,536 with what the server adds"),
    ),
    says=(
        Said(200, {"event_id": "$e"}, "sent"), Said(200, {}, "unknown"), Said(200, b"<html>portal</html>", "unknown"),
        Said(200, b"[]", "unknown"), Said(200, {"event_id": 7}, "unknown"),
        Said(400, {"errcode": "M_BAD_JSON"}, "refused"), Said(400, {"errcode": "M_NOT_JSON"}, "refused"),
        Said(413, {"errcode": "M_TOO_LARGE"}, "refused"), Said(401, {"errcode": "M_UNKNOWN_TOKEN"}, "dead"),
        Said(403, {"errcode": "M_FORBIDDEN", "error": "not in room"}, "dead"),
        Said(404, {"errcode": "M_UNRECOGNIZED"}, "dead"), Said(429, {"errcode": "M_LIMIT_EXCEEDED"}, "later"),
        Said(500, {"errcode": "M_UNKNOWN"}, "unknown"), Said(502, {}, "again"), Said(504, {}, "unknown"),
    ),
    refusal=Said(413, {"errcode": "M_TOO_LARGE", "error": "event too large"}, "refused"),
    farewell=Said(403, {"errcode": "M_FORBIDDEN", "error": "not in room"}, "dead"),
    wait=lambda seconds: {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": _milliseconds(seconds)},
    is_idempotent=True,  # spec.matrix.org: transaction identifiers
    identity=lambda request: f"{request.method} {request.url}",
    most_parts=5,
    is_rich=lambda body: "formatted_body" in json.loads(body),
    edited=edits.edited_matrix,
    message_id="$event:example.org",
)  # fmt: skip

_MATTERMOST = Profile(
    keys=lambda server: {"url": f"{server}/hooks/{CANARY}"},
    home="https://chat.example.org",
    read=chats.read_mattermost,
    verify=VERIFIERS["mattermost"],
    limits=(
        Limit("post", 16_383, 15_000, measure.of_text("text"), "mattermost model/post.go: PostMessageMaxRunesV2"),
    ),
    says=(
        Said(200, b"ok", "sent"), Said(200, b"<html>portal</html>", "unknown"),
        Said(400, {"id": "web.incoming_webhook.invalid.app_error"}, "dead"),
        Said(400, {"id": "web.incoming_webhook.text.app_error"}, "refused"), Said(403, {}, "dead"),
        Said(500, {"id": "web.incoming_webhook.creating.app_error"}, "unknown"),
        Said(501, {"id": "web.incoming_webhook.disabled.app_error"}, "dead"),
    ),
    refusal=Said(400, {"id": "web.incoming_webhook.text.app_error"}, "refused"),
    farewell=Said(400, {"id": "web.incoming_webhook.invalid.app_error"}, "dead"),
    least_pace_s=0.1,  # 10 a second where limits are on: mattermost config RateLimitSettings
    most_parts=3,
    is_rich=lambda body: "](" in json.loads(body)["text"],
)  # fmt: skip

_GOOGLE_PAGE = "developers.google.com/workspace/chat/limits"
_GOOGLECHAT = Profile(
    keys=lambda server: {"url": f"{server}/v1/spaces/A/messages?key={CANARY}&token={CANARY}"},
    home="https://chat.googleapis.com",
    read=chats.read_googlechat,
    verify=VERIFIERS["googlechat"],
    limits=(
        Limit("message", 32_000, 28_000, measure.body_bytes, _GOOGLE_PAGE),
        Limit("widgets", 100, 90, measure.google_widgets, _GOOGLE_PAGE),
    ),
    says=(
        Said(200, {"name": "spaces/A/messages/B"}, "sent"), Said(200, b"<html>portal</html>", "unknown"),
        Said(400, {"error": {"status": "INVALID_ARGUMENT", "message": "Message is too long"}}, "refused"),
        Said(400, {"error": {"status": "INVALID_ARGUMENT", "message": "API key not valid. Pass one."}}, "dead"),
        Said(404, {"error": {"status": "NOT_FOUND"}}, "dead"),
        Said(403, {"error": {"status": "PERMISSION_DENIED"}}, "dead"),
        Said(429, {"error": {"status": "RESOURCE_EXHAUSTED"}}, "later"),
    ),
    refusal=Said(400, {"error": {"status": "INVALID_ARGUMENT", "message": "Invalid JSON payload"}}, "refused"),
    farewell=Said(404, {"error": {"status": "NOT_FOUND"}}, "dead"),
    identity=lambda request: parse_qs(urlsplit(request.url).query)["requestId"][0],  # unproven for webhooks
    least_pace_s=1.0,  # 60 writes a minute and space
    most_parts=5,
    is_rich=lambda body: "cardsV2" in json.loads(body),
)  # fmt: skip

_TEAMS = Profile(
    keys=lambda server: {"url": f"{server}/workflows/1/triggers/manual/paths/invoke?sig={CANARY}"},
    home="https://x.environment.api.powerplatform.com",
    read=chats.read_teams,
    verify=VERIFIERS["teams"],
    limits=(
        Limit("card in UTF-8", 24_453, 20_000, measure.body_bytes, "MicrosoftDocs/msteams-docs#11274"),
        Limit("card in ASCII", 28_672, 27_000, measure.ascii_bytes, "MicrosoftDocs/msteams-docs#11274"),
    ),
    says=(
        Said(202, b"", "sent"), Said(200, b"1", "sent"), Said(200, b"<html>portal</html>", "unknown"),
        Said(200, b"Teams endpoint returned HTTP error 429 with ContextId", "later"),
        Said(200, b"Teams endpoint returned HTTP error 413 with ContextId", "refused"),
        Said(400, {"error": {"code": "WorkflowTriggerIsNotEnabled"}}, "dead"),
        Said(400, {"error": {"code": "TriggerInputSchemaMismatch"}}, "refused"), Said(413, b"", "refused"),
        Said(401, {"error": {"code": "DirectApiAuthorizationRequired"}}, "dead"), Said(404, b"", "dead"),
    ),
    refusal=Said(400, {"error": {"code": "TriggerInputSchemaMismatch"}}, "refused"),
    farewell=Said(400, {"error": {"code": "WorkflowTriggerIsNotEnabled"}}, "dead"),
    least_pace_s=1.8,  # 60 in 30 s, 100 an hour: MicrosoftDocs/msteams-docs connectors-using
    most_parts=3,
    is_rich=lambda body: any(every(json.loads(body), "selectAction")),
)  # fmt: skip

_NTFY = Profile(
    keys=lambda server: {"url": f"{server}/{CANARY}", "token": CANARY},
    home="https://ntfy.example.org",
    read=chats.read_ntfy,
    verify=VERIFIERS["ntfy"],
    limits=(
        Limit("message", 4_096, 3_900, measure.of_text("message", measure.utf8), "ntfy server/config.go"),
        Limit("title", 250, 200, measure.of_text("title", measure.utf8), "ntfy web and phone clients cut it"),
        Limit("JSON", 8_192, 8_000, measure.body_bytes, "ntfy server.go: twice the message"),
    ),
    says=(
        Said(200, {"id": "hwQ2YpKdmg"}, "sent"), Said(200, b"<html>portal</html>", "unknown"),
        Said(429, {"code": 42908, "http": 429}, "later"), Said(429, {"code": 42901, "http": 429}, "later"),
        Said(507, {"code": 50701, "http": 507}, "again"), Said(401, {"code": 40101, "http": 401}, "dead"),
        Said(403, {"code": 40301, "http": 403}, "dead"), Said(413, {"code": 41301, "http": 413}, "refused"),
    ),
    refusal=Said(400, {"code": 40024, "http": 400, "error": "message invalid"}, "refused"),
    farewell=Said(403, {"code": 40301, "http": 403, "error": "forbidden"}, "dead"),
    identity=lambda request: request.headers["x-sequence-id"],  # from 2.16 on a repeat replaces the message
    least_pace_s=5.0,  # docs.ntfy.sh/publish: one in 5 s after 60
    most_parts=1,
    unmet={
        "title": "it is cut at its own limit and never splits a message; all slots too long show that",
        "JSON": "quotation marks alone come near it, and meet the limit of the message before",
    },
    is_rich=lambda body: "title" in json.loads(body),
    body_secret="JSON is published to the server's root, with the topic in the body",
)  # fmt: skip

_WEBHOOK = Profile(
    keys=lambda server: {"url": f"{server}/hook/{CANARY}", "secret": CANARY},
    home="https://example.org",
    read=chats.read_webhook,
    verify=VERIFIERS["webhook"],
    limits=(Limit("body", 20_000, 20_000, measure.body_bytes, "standardwebhooks.com: 20 kB advised"),),
    says=(
        Said(200, b"", "sent"), Said(204, b"", "sent"), Said(202, b"<html>thanks</html>", "sent"),
        Said(410, b"", "dead"),
    ),
    refusal=Said(422, {"error": "unprocessable"}, "refused"),
    farewell=Said(410, b"", "dead"),
    is_idempotent=True,  # standardwebhooks.com: the receiver remembers webhook-id
    identity=lambda request: request.headers["webhook-id"],
    is_rich=lambda body: not body.isascii(),
    hides={"copy_of": "the reports of one story stand side by side in it; a receiver compares them itself"},
)  # fmt: skip

_CONSOLE = Profile(
    keys=lambda server: {},
    home="console:",
    read=chats.read_console,
    verify=VERIFIERS["console"],
    skips={
        "limits": "a terminal scrolls: it has no limit that a message could exceed",
        "answers": _NO_HTTP,
        "waits": _NO_HTTP,
        "transport": _NO_HTTP,
        "poison": _NO_HTTP,
        "revoked": _NO_HTTP,
        "plain": "it has one form only, which is plain text already",
    },
)


_APPRISE = Profile(
    keys=lambda server: {"url": f"{server.replace('http', 'json', 1)}/{CANARY}"},  # Apprise's plainest service
    home="https://example.org",
    read=chats.read_apprise,
    verify=VERIFIERS["apprise"],
    limits=(
        Limit("text", 2_000, 1_900, measure.body_chars, "the least that apprise knows of chats: Discord's 2,000"),
    ),
    says=(Said(200, b"ok", "sent"), Said(404, b"", "dead"), Said(400, b"", "refused")),
    refusal=Said(400, b"", "refused"),
    farewell=Said(404, b"", "dead"),
    least_pace_s=1.0,
    most_parts=3,
    received=lambda body: json.loads(body)["message"].encode(),
    costly="each message is a process of its own, which loads Apprise for half a second",
    skips={"plain": "it has one form only, which is plain text already"},
)  # fmt: skip


def _milliseconds(seconds: object) -> object:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return seconds
    return seconds * 1000 if abs(seconds) < 1e300 else seconds


PROFILES: Mapping[str, Profile] = {
    "slack": _SLACK,
    "discord": _DISCORD,
    "telegram": _TELEGRAM,
    "matrix": _MATRIX,
    "mattermost": _MATTERMOST,
    "googlechat": _GOOGLECHAT,
    "teams": _TEAMS,
    "ntfy": _NTFY,
    "webhook": _WEBHOOK,
    "console": _CONSOLE,
    "apprise": _APPRISE,
}


def keys_of(name: str) -> ChannelKeys:
    """Return the sample keys of a platform of ours, the canary in every secret."""
    return subject(name).keys()


def render(name: str, digest: Digest, style: Style = Style.RICH) -> tuple[Part, ...]:
    """Return the messages of *digest* for a platform of ours."""
    return subject(name).render(digest, style)


def subject(name: str) -> Subject:
    """Return a platform of ours under test."""
    return Subject(PLATFORMS[name], PROFILES[name])
