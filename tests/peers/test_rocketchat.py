"""Texts for Apprise in Rocket.Chat's own parser: no mention, no emphasis, no link but addresses of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alerts.channels.apprise import AppriseKeys, render
from alerts.message.platform import Style
from tests.contract.hostile import ATTACKS
from tests.peers.node import ask
from tests.peers.sweep import draw
from tests.peers.test_cards import attacked
from tests.situations import SITUATIONS, digest_of

KEYS = AppriseKeys.model_validate({"url": "rockets://webhook@chat.example.org/#desk"})
PARSE = "(text => require('@rocket.chat/message-parser').parse(text, {emoticons: false, customDomains: ['example']}))"
INERT = {"PARAGRAPH", "PLAIN_TEXT", "LINE_BREAK", "LINK"}


def test_another_parser_finds_text_and_our_addresses_only() -> None:
    digests = [*map(digest_of, SITUATIONS), *map(attacked, ATTACKS), *draw(40, 5_000)]
    texts = [part.body.decode() for digest in digests for part in render(digest, KEYS, Style.PLAIN)]
    for text, found in zip(texts, ask("message-parser", PARSE, texts), strict=True):
        found = [node for node in _nodes(found) if "unicode" not in node]  # a true emoji is no code
        ours = re.findall(r"(?m)^https?://[!-~]+$", text)
        assert {node["type"] for node in found} <= INERT, text
        opened = [node["value"]["src"]["value"] for node in found if node["type"] == "LINK"]
        # a comma that ends an address is no part of it to this parser; the page is found all the same
        assert sorted(_bare(opened)) == sorted(_bare(ours)), text


def test_the_parser_would_find_them() -> None:
    (found,) = ask("message-parser", PARSE, ["@all *b* [t](https://evil.example) e.org"])
    assert {"MENTION_USER", "BOLD", "LINK"} <= {node["type"] for node in _nodes(found)}


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        if "type" in node:
            yield node
        for child in node.values():
            yield from _nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _nodes(child)


def _bare(urls: list[str]) -> list[str]:
    return [url.rstrip(".,;:!?'&*") for url in urls]
