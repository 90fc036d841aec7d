"""The schemas in the tree refuse what they are there to refuse, and are what the cut makes of their documents."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.message.platform import Style
from tests.builders import a_full_digest
from tests.contract import tdlib
from tests.contract.schemas import HERE, broken_rule, validator
from tests.contract.schemas.cut import CUTS, make
from tests.contract.verify import VERIFIERS, LiveError, OverLimitError, RefusedError
from tests.kit.platforms import render

SCHEMA_OF = {
    "slack": "slack",
    "discord": "discord",
    "googlechat": "googlechat",
    "telegram": "telegram",
    "teams": "adaptive-card-1.4",
}
CARD_LOOKS = {"weight", "size", "spacing", "color"}  # the schema's own patterns let a number pass

every_schema = pytest.mark.parametrize("name", SCHEMA_OF)


def message_of(name: str) -> Any:
    """Return the part of a full digest's first message that the schema describes."""
    message = json.loads(render(name, a_full_digest())[0].body)
    return message["attachments"][0]["content"] if name == "teams" else message


def objects(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from objects(child)


@every_schema
def test_an_unknown_key_is_refused_at_every_depth(name: str) -> None:
    checker = validator(SCHEMA_OF[name])
    whole = message_of(name)
    assert not broken_rule(checker, whole)
    places = len(list(objects(whole)))
    assert places > 1
    for place in range(places):
        broken = copy.deepcopy(whole)
        list(objects(broken))[place]["surprise"] = 1
        assert broken_rule(checker, broken), place


@every_schema
def test_a_number_is_refused_for_every_text(name: str) -> None:
    checker = validator(SCHEMA_OF[name])
    whole = message_of(name)
    for place, found in enumerate(objects(whole)):
        for key, value in found.items():
            if isinstance(value, str) and key not in CARD_LOOKS:
                broken = copy.deepcopy(whole)
                list(objects(broken))[place][key] = 7.5
                assert broken_rule(checker, broken), (place, key)


def test_an_address_that_is_none_is_refused() -> None:
    embed = {"title": "x", "url": "https://example.org/a b"}
    assert broken_rule(validator("discord"), {"embeds": [embed]})
    assert not broken_rule(validator("discord"), {"embeds": [{**embed, "url": "https://example.org/a"}]})


@pytest.mark.parametrize("name", CUTS)
def test_every_schema_is_what_the_cut_makes_of_its_document(name: str, shared: Path) -> None:
    if not (shared / "contracts").is_dir():
        pytest.skip("no contracts beside the checkout")
    assert (HERE / name).read_text(encoding="utf-8") == make(name, shared / "contracts")


def test_every_schema_says_where_it_is_from() -> None:
    page = (HERE / "README.md").read_text(encoding="utf-8")
    assert [name for name, (document, _) in CUTS.items() if name not in page or document not in page] == []
    assert {path.name for path in HERE.glob("*.json")} == set(CUTS)


# -- the judges of `verify` see what they are there for -----------------------------------------------------------


def broken_body(name: str, old: str, new: str, style: Style = Style.RICH) -> bytes:
    body = render(name, a_full_digest(), style)[0].body.decode()
    assert old in body
    return body.replace(old, new).encode()


@pytest.mark.parametrize(
    ("name", "style", "old", "new", "fault"),
    [
        ("telegram", Style.RICH, "<b>Clashes", "<i><b>Clashes", LiveError),
        ("telegram", Style.RICH, "Fighting near", "Fighting &nbsp; near", RefusedError),
        ("telegram", Style.RICH, "Fighting near", "see evil.example near", LiveError),
        ("telegram", Style.PLAIN, "Fighting near", "Fighting @near", LiveError),
        ("telegram", Style.PLAIN, "Fighting near", "Fighting " + "x" * 4100, OverLimitError),
        ("discord", Style.RICH, "Fighting near", "[x](https://evil.example)", LiveError),
        ("discord", Style.RICH, '"title":"Clashes', '"titel":"Clashes', RefusedError),
        ("discord", Style.RICH, '{"parse":[]}', '{"parse":["everyone"]}', LiveError),
        ("slack", Style.RICH, '"type":"rich_text_quote"', '"type":"rich_text_qoute"', RefusedError),
        ("slack", Style.PLAIN, "Fighting near", "<!channel>", LiveError),
        ("googlechat", Style.RICH, "Fighting near", "<a href='tg://x'>near</a>", LiveError),
        ("googlechat", Style.RICH, '"bottomLabel"', '"bottomLabl"', RefusedError),
        ("mattermost", Style.PLAIN, "Fighting near", "[x](https://evil.example)", LiveError),
        ("matrix", Style.RICH, "Fighting near", "<script>near", LiveError),
        ("teams", Style.RICH, "Fighting near", "[x](https://evil.example)", LiveError),
        ("teams", Style.RICH, '"type":"TextBlock"', '"type":"TextBlok"', RefusedError),
        ("webhook", Style.RICH, '"outlet":"The Irrawaddy"', '"outlet":7', RefusedError),
    ],
)
def test_verifiers_tell_a_broken_message(
    name: str, style: Style, old: str, new: str, fault: type[AssertionError]
) -> None:
    with pytest.raises(fault):
        VERIFIERS[name](broken_body(name, old, new, style))


def test_telegrams_own_parser_judges_the_texts() -> None:
    if not tdlib.PRESENT:
        pytest.skip(tdlib.MISSING)
    said = tdlib.parse(
        "\U0001f600 <b>Loikaw</b> <a href='https://x.example/'>@in x.example</a> /out", is_html=True
    )
    assert said.text == "\U0001f600 Loikaw @in x.example /out"
    assert [(each.kind, said.text[each.start : each.end]) for each in said.entities] == [
        ("Bold", "Loikaw"),
        ("TextUrl", "@in x.example"),
    ]
    assert said.live() == ("BotCommand '/out'",)
    assert tdlib.parse("https://x.example/a.b\nhttps://x.example/ c", is_html=False).live() == (
        "Url 'https://x.example/'",
    )
    with pytest.raises(tdlib.UnparsableError, match='Unsupported start tag "br"'):
        tdlib.parse("<br>", is_html=True)
