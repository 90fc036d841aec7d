"""What each platform documents about a message, checked on the bytes alone and written apart from the adapters.

Numbers are the platforms' own hard limits, except where a platform documents none.
"""

from __future__ import annotations

import html.parser
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slack_sdk.models.blocks import Block

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff]"
)


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
    forms = [json.dumps(message, ensure_ascii=only, separators=(",", ":")) for only in (False, True)]
    assert body.decode() in forms[: 1 + ascii_too], "compact JSON"
    for text in _strings(message):
        found = _FORBIDDEN.search(text)
        assert not found, f"U+{ord(found[0]):04X} in {text!r}"
        assert not any(0xE0000 <= ord(char) <= 0xE007F for char in text)
    return message


def _assert_http(url: str) -> None:
    assert re.fullmatch(r"https?://[a-z0-9._\[\]:-]+/[!-~]*", url), url
    assert len(url) <= 2048
    assert not re.search(r'[()<>"|\\]', url), url


def verify_slack(body: bytes) -> None:
    """Block Kit reference: 50 blocks, header 150, context 10 elements of 2000; mrkdwn only in ``text``."""
    message = _load(body)
    assert 1 <= len(message["text"]) <= 4000
    assert not re.search(r"<(?!https?://[^|<>]*>)", message["text"]), "only links of ours"
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False
    for url in re.findall(r"<([^>]*)>", message["text"]):
        _assert_http(url.replace("&amp;", "&"))
    blocks = message.get("blocks", [])
    assert len(blocks) <= 50
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
        assert block["type"] in {"header", "rich_text", "context"}
        for leaf in _leaves(block):
            assert leaf["type"] in {"text", "link", "plain_text"}, (
                "nothing that mentions, nothing that is parsed"
            )
            assert 1 <= len(leaf["text"]) <= 3000
            if leaf["type"] == "link":
                _assert_http(leaf["url"])
        if block["type"] == "context":
            assert len(block["elements"]) <= 10
    assert sum(len(leaf["text"]) for block in blocks for leaf in _leaves(block)) <= 9000
    assert not blocks or len(body.decode()) <= 12_000


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
    assert message["allowed_mentions"] == {"parse": []}
    assert 1 <= len(message["content"]) <= 2000
    embeds = message.get("embeds", [])
    assert len(embeds) <= 10
    assert bool(embeds) != bool(message.get("flags", 0) & 4), "the flag would hide our own embeds"
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
                assert 1 <= len(text.strip()) <= limit, name
                total += len(text.strip())
        if "url" in embed:
            _assert_http(embed["url"])
    assert total <= 6000
    for markdown in [
        message["content"],
        *(embed["description"] for embed in embeds if "description" in embed),
    ]:
        _assert_inert_markdown(markdown)


def _assert_inert_markdown(markdown: str) -> None:
    """Read escapes as Discord does: what is left active may only be ours."""
    active = re.sub(r"\\[^0-9A-Za-z\s]", "", markdown)
    for url in re.findall(r"\[open\]\(([^)]*)\)|<(https?://[^>]*)>", active):
        _assert_http(url[0] or url[1])
    active = re.sub(r"\[open\]\([^)]*\)|<https?://[^>]*>", "", active).replace("**", "")
    assert not re.search(r"[@<`_~|*#\[\]]|://", active), active
    assert not re.search(r"(?m)^(>(?! )|-(?! )|\d+[.)] )", active), active


class _TelegramHtml(html.parser.HTMLParser):
    """Telegram's HTML: only <b>, <blockquote> and <a href>, properly nested, and four named entities."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.shown = ""
        self.outside_links = ""
        self.entities = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert (tag, [name for name, _ in attrs]) in [("b", []), ("blockquote", []), ("a", ["href"])], tag
        for _, value in attrs:
            _assert_http(value or "")
        self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "<" not in data
        assert "&" not in data
        self._show(data)

    def handle_entityref(self, name: str) -> None:
        self._show({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name])

    def handle_charref(self, name: str) -> None:
        self._show(chr(int(name[1:], 16)) if name.startswith("x") else chr(int(name)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _show(self, text: str) -> None:
        self.shown += text
        if "a" not in self.open:
            self.outside_links += text


def verify_telegram(body: bytes) -> None:
    """Bot API and Client.cpp: 4096 after parsing, 32,768 bytes before, 100 entities, nothing turns live."""
    message = _load(body)
    assert message["link_preview_options"] == {"is_disabled": True}
    text = message["text"]
    assert len(text.encode()) <= 32_768
    outside = shown = re.sub(r"(?m)^https?://[!-~]*$", "", text)
    if "parse_mode" in message:
        assert message["parse_mode"] == "HTML"
        parser = _TelegramHtml()
        parser.feed(text)
        parser.close()
        assert not parser.open
        assert parser.entities <= 100
        shown, outside = parser.shown, parser.outside_links
        assert 1 <= len(shown.encode("utf-16-le")) // 2 <= 4096
    else:
        assert 1 <= len(text.encode("utf-16-le")) // 2 <= 4096
    assert not re.search(r"@\w|(?<!\w)/\w|#\w", outside), outside
    assert not re.search(r"\w\.[^\W\d_]{2}", outside), outside


def verify_matrix(body: bytes) -> None:
    """Events: 65,536 bytes with what the server adds; no mention, only harmless tags."""
    message = _load(body)
    assert len(body) <= 60_000
    assert message["m.mentions"] == {}
    assert message["body"]
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9!]+)", message.get("formatted_body", "")))
    assert tags <= {
        "a",
        "b",
        "strong",
        "em",
        "ul",
        "li",
        "p",
        "br",
        "blockquote",
        "details",
        "summary",
        "h4",
    }, tags


def verify_ntfy(body: bytes) -> None:
    """Publishing as JSON: message 4096 bytes, no markdown, one link at most and that a web page."""
    message = _load(body)
    assert 1 <= len(message["message"].encode()) <= 4096
    assert len(message.get("title", "").encode()) <= 250
    assert len(body) <= 8192
    assert not message.get("markdown")
    if "click" in message:
        _assert_http(message["click"])


def verify_mattermost(body: bytes) -> None:
    """Posts: 16,383 code points; no word that the server or the client reads as a mention."""
    text = _load(body)["text"]
    assert 1 <= len(text) <= 16_383
    assert not re.search(r"@\w|<[!@]", text), text


def verify_googlechat(body: bytes) -> None:
    """Messages: 32,000 bytes, 100 widgets a card; nobody mentioned."""
    message = _load(body)
    assert len(body) <= 32_000
    assert "<users/" not in message.get("text", "")
    for card in message.get("cardsV2", []):
        assert sum(len(section["widgets"]) for section in card["card"]["sections"]) <= 100


def verify_teams(body: bytes) -> None:
    """Workflows: about 28 KB of the card encoded again; no entity, so no mention."""
    message = _load(body)
    assert len(json.dumps(message)) <= 28_672
    for attachment in message["attachments"]:
        assert "entities" not in attachment["content"].get("msteams", {})


def verify_webhook(body: bytes) -> None:
    """Standard Webhooks: an object with type, timestamp and data; the plain form is pure ASCII."""
    assert {"type", "timestamp", "data"} <= set(_load(body, ascii_too=True))


def verify_console(body: bytes) -> None:
    """A terminal: printable text and line ends, nothing that moves the cursor."""
    text = body.decode("utf-8")
    assert not any(unicodedata.category(char) == "Cc" and char != "\n" for char in text)


VERIFIERS: Mapping[str, Callable[[bytes], None]] = {
    name.removeprefix("verify_"): check for name, check in globals().items() if name.startswith("verify_")
}
