"""Microsoft Teams through a Workflows webhook: an Adaptive Card 1.4 in the message envelope.

Owns the neutralising of TextBlock markdown, whose backslash escapes Teams' clients do not agree on; never
emits ``msteams`` entities, the only thing that pings. A 202 means "flow accepted", not "posted".
Facts: MicrosoftDocs/msteams-docs cards-format; sizes from msteams-docs#11274; adaptivecards.io schema 1.4.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from alerts.message.answer import classify_api
from alerts.message.layout import Line, Telling, repeat_note
from alerts.message.paging import Page, paginate
from alerts.message.plaintext import break_emphasis, break_links, break_mentions
from alerts.message.platform import (
    ChannelKeys,
    Delivery,
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
from alerts.message.prose import (
    address_below_in_markdown,
    bold_in_markdown,
    dress_pieces,
    plain_markup,
    section_of,
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

# Refused at 28,672 B of a re-encoded card; how that counts Burmese is not known, so both forms are bounded.
MAX_CARD_BYTES = 20_000
MAX_ESCAPED_BYTES = 27_000
MAX_PARTS = 3

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
Element = dict[str, Any]

_LOOKALIKES = str.maketrans({"\\": "＼", "<": "‹", ">": "›"})
_FUNCTION = re.compile(r"\{(?=\{)")
_LINE_START = re.compile(r"^(?=[-+#>|=]|\d+[.)])")


class TeamsKeys(ChannelKeys):
    """``url`` is the address that "When a Teams webhook request is received" shows once saved."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input is a secret

    url: SecretAddress


def neutralise(text: str) -> str:
    """Return *text* so that no markdown renderer finds emphasis, links, lists or functions in it."""
    # Look-alikes first: some of them are letters, and a letter behind @ is a mention.
    text = break_links(break_mentions(break_emphasis(text).translate(_LOOKALIKES)))
    return _LINE_START.sub("\u200b", _FUNCTION.sub("{\u200b", text))


PLAIN = plain_markup(neutralise, address_below_in_markdown)
CARD_TEXT = replace(PLAIN, mark=bold_in_markdown)


def _block(text: str, **look: object) -> Element:
    return {"type": "TextBlock", "text": text or "\u200b", "wrap": True, **look}


def _report(line: Line, **look: object) -> Element:
    """Return one report as a container that opens its article on a tap: no link is markdown."""
    container: Element = {
        "type": "Container",
        "spacing": "Small",
        "items": [
            _block(neutralise(line.shown), **look),
            _block(neutralise(line.byline), isSubtle=True, size="Small", spacing="None"),
        ],
    }
    if line.url:
        container["selectAction"] = {"type": "Action.OpenUrl", "title": "Open the article", "url": line.url}
    return container


def _story(story: Telling) -> list[Element]:
    items: list[Element] = []
    if story.heading:
        items.append(_block(neutralise(story.heading), size="Small", color="Accent"))
    items.append(_report(story.lead, weight="Bolder"))
    if story.sentence:
        items.append(_block(dress_pieces(story.sentence, CARD_TEXT), spacing="Small"))
    items += [_block(dress_pieces(fact, CARD_TEXT), spacing="Small") for fact in story.facts]
    items += [_report(line) for line in story.further]
    items += [
        _block(neutralise(note), isSubtle=True, size="Small") for note in (story.rest, story.known) if note
    ]
    return items


def _card_body(page: Page) -> list[Element]:
    body = [_block(neutralise(page.heading), weight="Bolder", size="Medium")]
    previous = ""
    for item in page.items:
        content, section = item.content, section_of(item)
        if section and section != previous:
            body.append(_block(section, weight="Bolder", separator=True))
        previous = section
        if isinstance(content, Telling):
            body.append({"type": "Container", "separator": True, "items": _story(content)})
        else:
            body.append(_report(content) if isinstance(content, Line) else _block(neutralise(content)))
    body.append(_block(neutralise(page.footer), isSubtle=True, size="Small", separator=True))
    body[-1:-1] = [_block(neutralise(line), isSubtle=True, size="Small") for line in page.tail]
    return body


def _envelope(body: list[Element]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {"contentType": CARD_TYPE, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def render(digest: Digest, keys: TeamsKeys, style: Style) -> tuple[Part, ...]:
    """Return messages whose bodies have at most 20,000 bytes, 27,000 if every letter were escaped.

    The plain style is one text block for each line, with addresses written out and nothing to tap.
    """

    def write(page: Page) -> bytes:
        if not is_text(digest, style):
            return encode_json(_envelope(_card_body(page)))
        return encode_json(_envelope([_block(line, spacing="None") for line in write_lines(page, PLAIN)]))

    def fits(body: bytes) -> bool:
        marked = mark_repeat(body, digest.digest_id)
        escaped = json.dumps(decode_object(marked), separators=(",", ":"))
        return len(marked) <= MAX_CARD_BYTES and len(escaped) <= MAX_ESCAPED_BYTES

    return paginate(digest, write, fits, MAX_PARTS)


def request(keys: TeamsKeys, delivery: Delivery) -> HttpRequest:
    """Return the POST to the workflow; it offers nothing against a double."""
    return post_json(keys.url.get_secret_value(), delivery.body)


_ERROR_INSIDE = re.compile(rb"HTTP error (\d{3})")
_DEAD = (
    "WorkflowTriggerIsNotEnabled",
    "WorkflowNotFound",
    "TriggerNotFound",
    "DirectApiAuthorizationRequired",
)


def classify(response: HttpResponse) -> Outcome:
    """Read the workflow's verdict; older addresses answer 200 with "HTTP error 429" in the text."""
    found = decode_object(response.body)
    outcome = classify_api(response, "the workflow")
    code = read_text(found, "error", "code")
    reason = explain(response, code if code in _DEAD else "")
    if isinstance(outcome, Sent) and (inside := _ERROR_INSIDE.search(response.body)):
        said = f"HTTP {response.status} holding error {inside[1].decode('ascii')}"
        return RetryLater(said, rate_limited=True) if inside[1] == b"429" else Rejected(said)
    if 400 <= response.status < 500 and code in _DEAD:
        return TargetDead(reason)
    return outcome


def mark_repeat(body: bytes, digest_id: str) -> bytes:
    """Put the note that it may be a repeat on top of the card."""
    message = decode_object(body)
    card = message["attachments"][0]["content"]
    note = _block(neutralise(repeat_note(digest_id)), isSubtle=True, size="Small")
    if card["body"][0] != note:
        card["body"].insert(0, note)
    return encode_json(message)


PLATFORM = Platform(
    name="teams",
    keys=TeamsKeys,
    render=render,
    request=request,
    classify=classify,
    mark_repeat=mark_repeat,
    pace=timedelta(seconds=2),
    secrets=("url",),
    placeholder={"url": "https://flow.invalid/workflows/"},
    accepted=(
        "Accepted is not yet posted: the flow posts it, and a failure is seen only in its run history "
        "(make.powerautomate.com > My flows > the flow > 28-day run history)."
    ),
    remedies=(
        (
            "WorkflowTriggerIsNotEnabled",
            "The flow is switched off: make.powerautomate.com > My flows > Turn on.",
        ),
        ("DirectApiAuthorizationRequired", "The flow asks for a login: set its trigger to Anyone."),
        ("holding error 429", "Teams takes no more for now; a run waits by itself."),
        *(
            (
                code,
                "Open the flow and copy its trigger's address whole, with sp=, sv= and sig=; or make a new flow.",
            )
            for code in ("WorkflowNotFound", "TriggerNotFound", "HTTP 401", "HTTP 403", "HTTP 404")
        ),
    ),
)
