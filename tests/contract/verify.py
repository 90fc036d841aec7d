"""What each platform documents about a message, checked on the bytes alone and written apart from the adapters.

Numbers are the platforms' own hard limits, except where a platform documents none. Beside these rules stand judges
that we did not write: published schemas (`tests.contract.schemas`), Telegram's own parser (`tests.contract.tdlib`),
slack_sdk's models and the library of the Standard Webhooks specification.
"""

from __future__ import annotations

import html.parser
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema.protocols import Validator
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.channels.webhook import PLATFORM as WEBHOOK
from alerts.channels.webhook import WebhookKeys
from alerts.message.platform import Delivery
from crawler.clock import utc_now
from tests.chatroom import SECRET
from tests.conftest import ROOT
from tests.contract import tdlib
from tests.contract.schemas import broken_rule, compiled, validator
from tests.peers.tally import count

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


class BrokenError(AssertionError):
    """A message that its platform would not show as we mean it."""


class OverLimitError(BrokenError):
    """Longer, or more of something, than the platform takes."""


class LiveError(BrokenError):
    """Outside text that mentions, links, formats or misleads."""


class RefusedError(BrokenError):
    """What a schema, a parser or a model of the platform does not take."""


def _within(size: int, limit: int, what: object) -> None:
    if size > limit:
        raise OverLimitError(f"{what}: {size:,} of {limit:,}")


def _inert(found: object, where: object = "") -> None:
    """Raise for anything that was *found* live."""
    if found:
        raise LiveError(f"{found} in {where!r}"[:1000])


def _taken(fault: object) -> None:
    """Raise for any *fault* that a judge has found."""
    if fault:
        raise RefusedError(str(fault)[:1000])


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for child in node.values():
            yield from _strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from _strings(child)


def _load(body: bytes, *, ascii_too: bool = False) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(body)
    forms = [json.dumps(message, ensure_ascii=False, separators=(",", ":"))]
    if ascii_too:
        forms.append(json.dumps(message, separators=(",", ":")))
    _taken("no compact JSON" if body.decode() not in forms else "")
    for text in _strings(message):
        _inert(_FORBIDDEN.search(text), text)
    return message


def _keep_http(url: str) -> None:
    _inert(None if re.fullmatch(r"https?://[a-z0-9._\[\]:-]+/[!-~]*", url) else "an address", url)
    _within(len(url), 2048, "address")
    _inert(re.search(r'[()<>"|\\]', url), url)


_OWN_LINE = re.compile(r"(?m)^https?://[!-~]*$")


def _without_own_lines(text: str) -> str:
    """Return *text* without the lines that are an address of ours, each of which is checked."""
    for url in _OWN_LINE.findall(text):
        _keep_http(url)
    return _OWN_LINE.sub("", text)


def verify_slack(body: bytes) -> None:
    """Block Kit reference: 50 blocks, header 150, context 10 elements of 2000; mrkdwn only in ``text``."""
    message = _load(body)
    _taken(broken_rule(validator("slack"), message))
    count("slack_sdk")
    _within(len(message["text"]), 4000, "text")
    _taken("" if message["text"].strip() else "no_text")
    _inert(re.search(r"<(?!https?://[^|<>]*>)", message["text"]), message["text"])
    _inert(message["unfurl_links"] or message["unfurl_media"], "previews")
    for url in re.findall(r"<([^>]*)>", message["text"]):
        _keep_http(url.replace("&amp;", "&"))
    blocks = message.get("blocks", [])
    _within(len(blocks), 50, "blocks")
    for block in blocks:
        _verify_block(block)
    _within(sum(len(leaf["text"]) for block in blocks for leaf in _leaves(block)), 9000, "text of all blocks")
    _within(len(body.decode()) if blocks else 0, 12_000, "message")


def _verify_block(block: dict[str, Any]) -> None:
    parsed = Block.parse(block)
    _taken("" if parsed else f"unknown block {block['type']}")
    assert parsed
    try:
        parsed.validate_json()
    except SlackObjectFormationError as error:
        raise OverLimitError(str(error)) from error
    for leaf in _leaves(block):
        _inert(leaf["type"] not in {"text", "link", "plain_text"}, leaf)  # the rest mentions or is parsed
        _taken("" if leaf["text"] else "an empty text")
        _within(len(leaf["text"]), 3000, "text")
        if leaf["type"] == "link":
            _keep_http(leaf["url"])
    if block["type"] == "context":
        _within(len(block["elements"]), 10, "context")


def _leaves(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for child in node:
            yield from _leaves(child)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node
        else:
            yield from _leaves(list(node.values()))


def verify_discord(body: bytes) -> None:
    """Webhook and embed resources: 2000, 10 embeds of 256/4096/2048, 6000 altogether, nobody mentioned."""
    message = _load(body)
    _inert(message["allowed_mentions"] != {"parse": []}, "allowed_mentions")
    _taken("" if message["content"].strip() else "empty")
    _within(len(message["content"]), 2000, "content")
    embeds = message.get("embeds", [])
    _within(len(embeds), 10, "embeds")
    _taken("the flag hides our own embeds" if bool(embeds) == bool(message.get("flags", 0) & 4) else "")
    total = 0
    for embed in embeds:
        sizes = {
            "title": (embed.get("title"), 256),
            "description": (embed.get("description"), 4096),
            "author": (embed.get("author", {}).get("name"), 256),
            "footer": (embed.get("footer", {}).get("text"), 2048),
        }
        for name, (text, limit) in sizes.items():
            if text is not None:
                _taken("" if text.strip() else f"empty {name}")
                _within(len(text.strip()), limit, name)
                total += len(text.strip())
        if "url" in embed:
            _keep_http(embed["url"])
        _inert(re.search(r"<(?!\u200b)", embed.get("title", "")), embed.get("title"))
    _within(total, 6000, "embeds")
    for markdown in [message["content"], *(embed.get("description", "") for embed in embeds)]:
        _keep_inert_markdown(markdown)
    _taken(broken_rule(validator("discord"), message))


def _keep_inert_markdown(markdown: str) -> None:
    """Read escapes as Discord does: what is left active may only be ours."""
    active = re.sub(r"\\[^0-9A-Za-z\s]", "·", markdown)
    for url in re.findall(r"\[open\]\(([^)]*)\)|<(https?://[^>]*)>", active):
        _keep_http(url[0] or url[1])
    active = re.sub(r"\[open\]\([^)]*\)|<https?://[^>]*>", "", active).replace("**", "")
    _inert(re.search(r"[@<`_~|*#\[\]]|://", active), active)
    _inert(re.search(r"(?m)^(>(?! )|-(?! )|\d+[.)] )", active), active)


class _Html(html.parser.HTMLParser):
    """HTML of which only *tags* and ``<a href>`` may be there, properly nested, and five named entities."""

    def __init__(self, tags: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.tags = {*tags, "a"}
        self.open: list[str] = []
        self.shown = ""
        self.outside_links = ""
        self.entities = 0

    def read(self, text: str) -> None:
        """Read *text* to its end."""
        self.feed(text)
        self.close()
        _taken(f"not closed: {self.open}" if self.open else "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        _inert(tag not in self.tags or names != (["href"] if tag == "a" else []), (tag, attrs))
        for _, value in attrs:
            _keep_http(value or "")
        if tag == "br":
            self._show("\n")
        else:
            self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag: str) -> None:
        _taken("" if self.open and self.open.pop() == tag else f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        _taken("a bare sign" if re.search("[<&]", data) else "")
        self._show(data)

    def handle_entityref(self, name: str) -> None:
        _taken("" if name in ("lt", "gt", "amp", "quot") else f"&{name};")
        self._show(html.unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._show(html.unescape(f"&#{name};"))

    def handle_comment(self, data: str) -> None:
        raise RefusedError(f"a comment: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _show(self, text: str) -> None:
        self.shown += text
        if "a" not in self.open:
            self.outside_links += text


def verify_telegram(body: bytes) -> None:
    """Bot API and Client.cpp: 4096 after parsing, 32,768 bytes before, 100 entities, nothing turns live.

    TDLib says what a reader's client makes of the text; where it is missing, two rules of thumb do.
    """
    message = _load(body)
    _taken(broken_rule(validator("telegram"), message))
    _taken("a preview" if message["link_preview_options"] != {"is_disabled": True} else "")
    text = message["text"]
    _within(len(text.encode()), tdlib.MAX_RAW_BYTES, "raw bytes")
    is_html = "parse_mode" in message
    shown, outside = text, _without_own_lines(text)
    if is_html:
        _taken("" if message["parse_mode"] == "HTML" else message["parse_mode"])
        parser = _Html({"b", "blockquote"})
        parser.read(text)
        _within(parser.entities, 100, "entities")
        shown, outside = parser.shown, parser.outside_links
    _taken("" if shown.strip() else "empty")
    _within(len(shown.encode("utf-16-le")) // 2, tdlib.MAX_CHARS, "shown text")
    _inert(re.search(r"@\w|(?<!\w)/\w|#\w", outside), outside)
    _inert(re.search(r"\w\.[^\W\d_]{2}", outside), outside)
    if tdlib.PRESENT:
        try:
            parsed = tdlib.parse(text, is_html=is_html)
        except tdlib.UnparsableError as error:
            raise RefusedError(f"TDLib: {error} in {text!r}") from error
        _inert(parsed.live(), parsed.text)
        _within(len(parsed.text), tdlib.MAX_CHARS, "shown text")
        kinds = {each.kind for each in parsed.entities}
        _inert(kinds - {"Bold", "BlockQuote", "TextUrl"}, kinds)


# https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes: a part of the tags that clients keep.
_MATRIX_TAGS = {"b", "strong", "em", "ul", "li", "p", "br", "blockquote", "details", "summary", "h4"}


def verify_matrix(body: bytes) -> None:
    """Events: 65,536 bytes with what the server adds; no mention, only harmless tags."""
    message = _load(body)
    _within(len(body), 60_000, "event")
    _inert(message["m.mentions"] != {}, "m.mentions")
    _taken("" if message["body"].strip() else "empty")
    _Html(_MATRIX_TAGS).read(message.get("formatted_body", ""))


def verify_ntfy(body: bytes) -> None:
    """Publishing as JSON: message 4096 bytes, no markdown, one link at most and that a web page."""
    message = _load(body)
    _taken("" if message["message"].strip() else "empty")
    _within(len(message["message"].encode()), 4096, "message")
    _within(len(message.get("title", "").encode()), 250, "title")
    _within(len(body), 8192, "body")
    _inert(message.get("markdown"), "markdown")
    if "click" in message:
        _keep_http(message["click"])


def verify_mattermost(body: bytes) -> None:
    """Posts: 16,383 code points; no mention for server or client, no link and no emphasis but ours."""
    text = _load(body)["text"]
    _taken("" if text.strip() else "empty")
    _within(len(text), 16_383, "text")
    _inert(re.search(r"@\w|<[!@]", text), text)
    active = re.sub(r"\\[^\w\s]", "·", text)
    for url in re.findall(r"\]\(([^)\s]*)\)", active):
        _keep_http(url)
    active = _without_own_lines(re.sub(r"\[[^\[\]\n]*\]\([^)\s]*\)", "", active))
    _inert(re.search(r"\]\(|://\w|<", active), active)


def verify_googlechat(body: bytes) -> None:
    """Messages: 32,000 bytes, 100 widgets a card; nobody mentioned, no markup and no link but ours."""
    message = _load(body)
    _taken(broken_rule(validator("googlechat"), message))
    _within(len(body), 32_000, "message")
    text = _without_own_lines(message.get("text", ""))
    _inert(re.search(r"[<*`]|@\w|://\w", text), text)
    for card in message.get("cardsV2", []):
        sections = card["card"]["sections"]
        _within(sum(len(section["widgets"]) for section in sections), 100, "widgets")
        for widget in (each for section in sections for each in section["widgets"]):
            for shown in (widget.get("decoratedText", {}), widget.get("textParagraph", {})):
                _Html({"b", "br"}).read(shown.get("text", ""))
                if link := shown.get("onClick"):
                    _keep_http(link["openLink"]["url"])


def verify_teams(body: bytes) -> None:
    """Workflows: about 28 KB of the card encoded again; no entity, so no mention; markdown finds nothing of others."""
    message = _load(body)
    _within(len(json.dumps(message)), 28_672, "message properties")
    _taken("" if set(message) == {"type", "attachments"} and len(message["attachments"]) == 1 else "envelope")
    card = message["attachments"][0]["content"]
    _inert("msteams" in card, "msteams")
    _taken(broken_rule(validator(f"adaptive-card-{card['version']}"), card))
    for element in _elements(card["body"]):
        if "text" in element:
            text = _without_own_lines(element["text"]).replace("**", "")
            _inert(re.search(r"[*_`\\<>]|\]\(|\{\{|@\w|://\w|^(?:[-+#>|=]|\d+[.)])", text), text)
        if "selectAction" in element:
            _keep_http(element["selectAction"]["url"])


def _elements(node: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for element in node:
        yield element
        yield from _elements(element.get("items", []))


@cache
def _webhook_schema() -> Validator:
    path = ROOT / "tests" / "golden" / "webhook.schema.json"
    return compiled(json.loads(path.read_text(encoding="utf-8")))


def verify_webhook(body: bytes) -> None:
    """Standard Webhooks: our published schema, the plain form pure ASCII, a signature that their library accepts."""
    _taken(broken_rule(_webhook_schema(), _load(body, ascii_too=True)))
    keys = WebhookKeys.model_validate({"url": "https://example.org/hook", "secret": SECRET})
    count("standardwebhooks")
    sent = WEBHOOK.request(keys, Delivery(body, "digest-1", utc_now()))
    try:
        Webhook(SECRET).verify(sent.body, dict(sent.headers))
    except WebhookVerificationError as error:
        raise RefusedError(f"standardwebhooks: {error}") from error


def verify_console(body: bytes) -> None:
    """A terminal: printable text and line ends, nothing that moves the cursor."""
    text = body.decode("utf-8")
    _inert([char for char in text if unicodedata.category(char) == "Cc" and char != "\n"], text[:200])


def verify_apprise(body: bytes) -> None:
    """Whatever service reads it: no mention of Slack, Zulip or Rocket.Chat, no link but an address of ours, no HTML."""
    text = body.decode("utf-8")
    _taken("" if text.strip() else "empty")
    _within(len(text), 1_900, "code points")
    _taken(_FORBIDDEN.search(text.replace("\n", " ")))
    shown = _without_own_lines(text)
    _inert(re.search(r"[<>]|[@#][\w*_]|\]\(|://\w|:[\w+-]+:|[*_`~]", shown), shown)


VERIFIERS: Mapping[str, Callable[[bytes], None]] = {
    name.removeprefix("verify_"): check for name, check in globals().items() if name.startswith("verify_")
}
