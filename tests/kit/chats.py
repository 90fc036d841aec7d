"""What readers see of a message: one small reader a platform, written from its documentation."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.kit.reading import (
    COMMONMARK,
    LOOKALIKES,
    TABLES,
    Seen,
    SeenPage,
    every,
    read_commonmark,
    read_html,
)

# -- Slack ----------------------------------------------------------------------------------------------------------

_SLACK_STYLE = re.compile(r"(?<![\w])([*_~`])(?=\S)[^\n]*?\S\1(?!\w)|(?m:^(?:>|&gt;)\s)")
_EMOJI_CODE = re.compile(r":[\w+'-]+:")


def read_slack_markup(text: str) -> Seen:
    """Read mrkdwn: https://docs.slack.dev/messaging/formatting-message-text."""
    live, links, shown, at = [], [], "", 0
    for match in re.finditer(r"<([^<>]*)>", text):
        shown += text[at : match.start()]
        target, _, label = match[1].partition("|")
        if re.match(r"https?://", target):
            links.append((html.unescape(label or target), html.unescape(target)))
        else:
            live.append(match[0])
        at = match.end()
    shown += text[at:]
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown), shown
    live += [match[0] for match in _SLACK_STYLE.finditer(shown)] + _EMOJI_CODE.findall(shown)
    live += re.findall(r"\w://\w\S*|(?<!\w)@(?:here|channel|everyone)\b", shown)
    return Seen(html.unescape(shown).translate(LOOKALIKES), tuple(live), tuple(links))


def read_slack(body: bytes) -> tuple[Seen, ...]:
    """Blocks are data; the message's own text is mrkdwn, and with blocks what a notification shows."""
    message = json.loads(body)
    top = read_slack_markup(message["text"])
    if "blocks" not in message:
        return (top,)
    page = SeenPage()
    page.live += top.live
    for block in message["blocks"]:
        assert block["type"] in ("header", "rich_text", "context"), block["type"]
        inner = [block["text"]] if block["type"] == "header" else block["elements"]
        for element in inner:
            page.plain("".join(_slack_leaves(element, page)))
    return (page.seen,)


def _slack_leaves(node: Mapping[str, Any], page: SeenPage) -> Iterator[str]:
    kind = node["type"]
    if kind == "plain_text":
        assert node["emoji"] is False
        yield node["text"]
    elif kind == "text":
        yield node["text"]
    elif kind == "link":
        page.links.append((node["text"], node["url"]))
        yield node["text"]
    else:
        assert kind in ("rich_text_section", "rich_text_quote", "rich_text_list"), f"a live {kind}"
        for element in node["elements"]:
            yield from _slack_leaves(element, page)
        yield "\n"


# -- Discord --------------------------------------------------------------------------------------------------------

_HIDDEN = 0xF0000  # escaped signs wait in a private plane while the active ones are looked at


def _hide_escapes(text: str) -> str:
    return re.sub(r"\\([^0-9A-Za-z\s])", lambda match: chr(_HIDDEN + ord(match[1])), text)


def _bare(text: str) -> str:
    return "".join(chr(ord(c) - _HIDDEN) if _HIDDEN <= ord(c) < _HIDDEN + 0x10000 else c for c in text)


def read_discord_markdown(text: str) -> Seen:
    """Read Discord's markdown; ours are bold, quotations, lists of hyphens, ``[open](url)`` and ``<url>``."""
    active = _hide_escapes(text)
    links: list[tuple[str, str]] = []

    def open_link(match: re.Match[str]) -> str:
        links.append((match[1] or match[3], match[2] or match[3]))
        return _bare(match[1] or "")

    active = re.sub(r"\[([^\]\[]*)\]\(([^()\s]*)\)|<(https?://[^<>\s]*)>", open_link, active)
    active = re.sub(r"(?m)^(?:> |- )", "", active)
    active = re.sub(r"\*\*(?=\S)(.+?)\*\*", r"\1", active)
    active = active.replace("\\", "\x00") if active.endswith("\\") else active
    live = re.findall(r"<[@#:/a-z][^\s>]*>?|@\w*|[`_~|*\[\]\x00]|\w*://\S*|:[\w+-]+:", active)
    live += re.findall(r"(?m)^(?:#{1,3} |-# |>{1,3} |[-+] |\d+[.)] ).*", active)
    return Seen(_bare(active), tuple(live), tuple(links))


def read_discord_title(text: str) -> Seen:
    """Read an embed's title: emphasis and emoji, neither mentions nor masked links (discord-api-docs#6088)."""
    active = _hide_escapes(text)
    live = re.findall(r"[*_~`\\]|\|\||<[@#:/a-z]\S*>?|:[\w+-]+:|\w://", active)
    return Seen(_bare(active).translate(LOOKALIKES), tuple(live))


def read_discord(body: bytes) -> tuple[Seen, ...]:
    """Content and embeds, mentions switched off."""
    message = json.loads(body)
    assert message["allowed_mentions"] == {"parse": []}
    page = SeenPage()
    page.add(read_discord_markdown(message["content"]))
    for embed in message.get("embeds", []):
        page.plain(embed.get("author", {}).get("name", ""))
        title = read_discord_title(embed.get("title", ""))
        page.add(title)
        if "url" in embed:
            page.links.append((title.text, embed["url"]))
        page.add(read_discord_markdown(embed.get("description", "")))
        page.plain(embed.get("footer", {}).get("text", ""))
    return (page.seen,)


# -- Telegram -------------------------------------------------------------------------------------------------------

TELEGRAM_LIVE = re.compile(
    r"@\w+|(?<![\w/])/\w+|#\w+|\$[A-Z]+|\w+\.[^\W\d_]{2,}|(?:tg|ton)://[\w?]\S*|\w://\w",
    re.ASCII | re.IGNORECASE,
)
TELEGRAM_LIVE_WIDE = re.compile(r"[\w]\.[^\W\d_]{2}|@\w|#\w")


def read_telegram(body: bytes) -> tuple[Seen, ...]:
    """HTML of three tags, or text in which a line of its own may be an address of ours."""
    message = json.loads(body)
    assert message["link_preview_options"] == {"is_disabled": True}
    if message.get("parse_mode") == "HTML":
        html_text = read_html(
            message["text"], frozenset(("b", "a", "blockquote")), frozenset(("lt", "gt", "amp", "quot"))
        )
        shown, outside, links = html_text.text, html_text.outside, html_text.links
    else:
        assert "parse_mode" not in message
        shown, links = (
            message["text"],
            [(url, url) for url in re.findall(r"(?m)^(https?://\S+)$", message["text"])],
        )
        outside = re.sub(r"(?m)^https?://\S+$", "", shown)
    live = TELEGRAM_LIVE.findall(outside) + TELEGRAM_LIVE_WIDE.findall(outside)
    return (Seen(shown, tuple(live), tuple(links)),)


# -- Teams and Mattermost -------------------------------------------------------------------------------------------


def read_teams(body: bytes) -> tuple[Seen, ...]:
    """TextBlocks are markdown (and ``{{DATE()}}``); a container opens its article on a tap."""
    message = json.loads(body)
    page = SeenPage()
    for attachment in message["attachments"]:
        card = attachment["content"]
        assert "entities" not in card.get("msteams", {})
        assert set(every(card["body"], "type")) <= {"TextBlock", "Container", "Action.OpenUrl"}
        for text in every(card["body"], "text"):
            page.links += [
                (url, url) for url in re.findall(r"(?m)^(https?://\S+)\Z", text)
            ]  # on a line of its own
            page.add(read_commonmark(COMMONMARK, text, frozenset()))
            page.live += re.findall(r"\{\{\w+|(?<!\w)@\w+|<at>", text)
        page.links += [("", action["url"]) for action in every(card["body"], "selectAction")]
    seen = page.seen
    return (Seen(seen.text.translate(LOOKALIKES), seen.live, seen.links),)


_MATTERMOST_LIVE = re.compile(
    r"@\w+|<[!@#]\S*|(?<!\w)~\w+|(?<!\w)#\w{2,}|:[\w+-]+:|\w+://\w\S*|(?<!\w)www\.\w|\w\.[a-z]{2}",
    re.IGNORECASE,
)


def read_mattermost(body: bytes) -> tuple[Seen, ...]:
    """Markdown of the server's own flavour; its mention parser reads the raw text, links included."""
    text = json.loads(body)["text"]
    seen = read_commonmark(TABLES, text, frozenset(("list", "quote")))
    raw = re.sub(r"\]\(https?://[^()\s]*\)|(?m:^https?://\S+$)| \([\w.-]+\)", "", text)
    raw = re.sub(r"\\([!-/:-@\[-`{-~])", lambda match: chr(_HIDDEN + ord(match[1])), raw)
    live = [*seen.live, *_MATTERMOST_LIVE.findall(raw), *re.findall(r"@\w+|<!\w+", text)]
    written = tuple((url, url) for url in re.findall(r"(?m)^(https?://\S+)$", text))
    return (Seen(seen.text.translate(LOOKALIKES), tuple(live), seen.links + written),)


# -- the rest -------------------------------------------------------------------------------------------------------

_GOOGLE_CARD = frozenset(("b", "i", "u", "s", "a", "br"))
_GOOGLE_STYLE = re.compile(r"(?<!\w)([*_~`])(?=\S)[^\n]*?\S\1(?!\w)")


def read_googlechat(body: bytes) -> tuple[Seen, ...]:
    """Widgets' ``text`` is simple HTML, labels and headers are plain; the message's own text is markup."""
    message = json.loads(body)
    page = SeenPage()
    for text in (message.get("text"), message.get("fallbackText")):
        if text is None:
            continue
        addresses = re.findall(r"(?m)^(https?://\S+)$", text)
        bare = re.sub(r"(?m)^https?://\S+$| \([\w.-]+\)", "", text)
        page.live += re.findall(r"<[^>\n]*>|@\w+|\w://\w\S*|\w\.[a-z]{2}", bare, re.IGNORECASE)
        page.live += [match[0] for match in _GOOGLE_STYLE.finditer(bare)]
        page.links += [(url, url) for url in addresses]
        page.plain(text.translate(LOOKALIKES))
    for card in message.get("cardsV2", []):
        page.plain(card["card"]["header"]["title"])
        for section in card["card"]["sections"]:
            page.plain(section.get("header", ""))
            for widget in section["widgets"]:
                _read_google_widget(widget, page)
    return (page.seen,)


def _read_google_widget(widget: Mapping[str, Any], page: SeenPage) -> None:
    (kind, content), *others = widget.items()
    assert not others
    assert kind in ("decoratedText", "textParagraph"), kind
    page.plain(content.get("topLabel", ""))
    found = read_html(content["text"], _GOOGLE_CARD)
    page.plain(found.text)
    page.links += found.links
    page.links += [(found.text, link["url"]) for link in every(content, "openLink")]
    page.plain(content.get("bottomLabel", ""))


_MATRIX_TAGS = frozenset(("a", "b", "strong", "em", "ul", "li", "p", "br", "blockquote"))


def read_matrix(body: bytes) -> tuple[Seen, ...]:
    """Both forms of an event, each complete; nobody is mentioned without ``m.mentions``."""
    content = json.loads(body)
    assert content["m.mentions"] == {}
    plain = Seen(
        content["body"], (), tuple((url, url) for url in re.findall(r"(?m)^(https?://\S+)$", content["body"]))
    )
    if "formatted_body" not in content:
        return (plain,)
    found = read_html(content["formatted_body"], _MATRIX_TAGS)
    return (Seen(found.text, (), tuple(found.links)), plain)


def read_ntfy(body: bytes) -> tuple[Seen, ...]:
    """Plain text, unless ``markdown`` says otherwise."""
    message = json.loads(body)
    assert not message.get("markdown")
    assert set(message) <= {"topic", "title", "message", "click"}
    links = [(url, url) for url in re.findall(r"(?m)^(https?://\S+)$", message["message"])]
    links += [("", message["click"])] if "click" in message else []
    return (Seen(f"{message.get('title', '')}\n{message['message']}", (), tuple(links)),)


def read_apprise(body: bytes) -> tuple[Seen, ...]:
    """Plain text for nobody knows which service: live is what any of Slack, Rocket.Chat, Zulip and mail reads so."""
    text = body.decode("utf-8")
    links = re.findall(r"(?m)^(https?://\S+)$", text)
    shown = re.sub(r"(?m)^https?://\S+$", "", text)
    live = re.findall(r"<[^\s>]*>?|@[\w*_]+|#[\w*_]+|\]\([^)]*\)|\w*://\w\S*|:[\w+-]+:|[*_`~]", shown)
    return (Seen(text.translate(LOOKALIKES), tuple(live), tuple((url, url) for url in links)),)


def read_webhook(body: bytes) -> tuple[Seen, ...]:
    """Every text of the data, as a receiver has it."""

    def texts(node: object) -> Iterator[str]:
        if isinstance(node, str | int):
            yield str(node)
        elif isinstance(node, Mapping):
            for value in node.values():
                yield from texts(value)
        elif isinstance(node, list):
            for value in node:
                yield from texts(value)

    data = json.loads(body)["data"]
    return (Seen("\n".join(texts(data)), (), tuple(("", url) for url in every(data, "url") if url)),)


_CONSOLE_LEAD = re.compile(r"(?m)^(?:── |[ \d]\d  |    (?:│ |— |→ |\+ |· )?|  · |      )|─{3,}$")


def read_console(body: bytes) -> tuple[Seen, ...]:
    """Wrapped lines with their leads taken off; guillemets stand round matched words."""
    text = body.decode("utf-8")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), "a control character reaches the terminal"
    links = re.findall(r"(?m)^ +→ (https?://\S+)$", text)
    return (Seen(re.sub("[«»]", "", _CONSOLE_LEAD.sub("", text)), (), tuple((url, url) for url in links)),)
