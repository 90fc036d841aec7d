"""The pages of the platforms are held against the adapters: headings, every key, true numbers, the line of a double."""

from __future__ import annotations

import re

import pytest
import yaml

from alerts.channels import (
    PLATFORMS,
    apprise,
    discord,
    googlechat,
    matrix,
    mattermost,
    ntfy,
    slack,
    teams,
    telegram,
)
from alerts.message.layout import repeat_note
from alerts.message.platform import HttpResponse, TargetDead
from alerts.transport.remedy import find_remedy
from tests.conftest import ROOT
from tests.kit.platforms import PROFILES

FOLDER = ROOT / "docs" / "channels"
HEADINGS = (
    "Set up", "Test it", "What it can and cannot do", "Limits", "Doubles", "When it is paused",
)  # fmt: skip
NUMBERS = {  # what the page's limits say, from the adapter
    "slack": (slack.MAX_TEXT_CHARS, slack.MAX_BLOCKS),
    "discord": (discord.MAX_SUM_CHARS,),
    "telegram": (telegram.MAX_SHOWN_UNITS,),
    "matrix": (matrix.MAX_BODY_BYTES // 1000,),
    "googlechat": (googlechat.MAX_BODY_BYTES // 1000, googlechat.MAX_WIDGETS),
    "mattermost": (mattermost.MAX_TEXT_CHARS,),
    "ntfy": (ntfy.MAX_MESSAGE_BYTES,),
    "teams": (teams.MAX_CARD_BYTES // 1000,),
    "apprise": (apprise.MOST_CHARS, apprise.LEAST_CHARS),
}
PARTS = {1: "one", 3: "three", 5: "five"}

every_platform = pytest.mark.parametrize("name", PLATFORMS)


def page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    return page(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def row(name: str) -> list[str]:
    """Return the cells of a platform in the table to choose by."""
    (found,) = re.findall(rf"(?m)^\| \[{name}\]\({name}\.md\) \|(.*)\|$", page("README"))
    return [cell.strip() for cell in found.split("|")]


def test_every_platform_has_a_page_and_a_row_and_no_page_is_left_of_one_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {*PLATFORMS, "README"}
    assert set(re.findall(r"(?m)^\| \[(\w+)\]", page("README"))) == set(PLATFORMS)


@every_platform
def test_page_has_the_headings_in_their_order(name: str) -> None:
    assert page(name).startswith(f"# {name}: ")
    found = [heading for heading in re.findall(r"(?m)^## (.*)$", page(name)) if heading in HEADINGS]
    assert tuple(found) == HEADINGS


@every_platform
def test_page_names_every_key_and_shows_a_channel_that_is_valid(name: str) -> None:
    keys = set(PLATFORMS[name].keys.model_fields)
    assert {key for key in keys if not re.search(rf"\b{key}\b", page(name))} == set()
    example = re.search(r"```yaml\n(.*?)```", section(name, "Set up"), re.DOTALL)
    assert example
    text = re.sub(r"(?m)^ {3}", "", example[1]) if example[1].startswith("   ") else example[1]
    (channel,) = yaml.safe_load(text)["channels"]
    assert channel["platform"] == name
    own = {key: value for key, value in channel.items() if key not in ("id", "platform")}
    assert set(own) <= keys
    assert set(PLATFORMS[name].secrets) <= set(own)
    assert all(str(own[key]).startswith("${") for key in PLATFORMS[name].secrets), "no secret in the file"
    assert f"send-test {channel['id']}`" in section(name, "Test it")


@every_platform
def test_page_shows_the_line_that_a_double_opens_with(name: str) -> None:
    shown = re.search(r"```\n(.*)\n```", section(name, "Doubles"))
    assert shown
    if name == "webhook":
        assert shown[1].startswith("webhook-id: a1b2c3d4-hook-")
        return
    assert shown[1] == repeat_note("a1b2c3d4")
    has_choice = not (PLATFORMS[name].idempotent or PLATFORMS[name].local)
    assert ("on_unknown: hold" in section(name, "Doubles")) is has_choice


@every_platform
def test_page_tells_the_numbers_of_the_adapter(name: str) -> None:
    limits = section(name, "Limits")
    assert [number for number in NUMBERS.get(name, ()) if not re.search(rf"\b{number}\b", limits)] == []
    parts = PROFILES[name].most_parts
    if parts:
        assert PARTS[parts] in limits.lower()
        assert row(name)[4] == str(parts)


@every_platform
def test_table_to_choose_by_says_what_the_adapter_can(name: str) -> None:
    platform, (_, double, updates, marked, _, longest, _) = PLATFORMS[name], row(name)
    assert double.startswith("never") is platform.idempotent
    assert (updates in ("in an answer", "in a thread")) is platform.answers
    assert (marked == "yes") is (platform.editing is not None)
    if name in NUMBERS:
        assert re.search(rf"\b{NUMBERS[name][0]}\b", longest)


@every_platform
def test_what_pauses_a_channel_stands_on_its_page_with_a_remedy(name: str) -> None:
    paused = section(name, "When it is paused")
    if PLATFORMS[name].local:
        assert "never" in paused
        return
    assert "send-test" in paused
    for status in map(int, re.findall(r"HTTP (\d{3})", paused)):
        outcome = PLATFORMS[name].classify(HttpResponse(status))
        documented = any(said.status == status and said.meaning == "dead" for said in PROFILES[name].says)
        assert isinstance(outcome, TargetDead) or documented, status
        if isinstance(outcome, TargetDead):
            assert find_remedy(PLATFORMS[name], outcome.reason), outcome.reason
