"""A channel's own template: what it may write, that nothing escapes it, that a broken one is told with its line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from alerts.channels import PLATFORMS
from alerts.delivery.deliver import digest_fragment
from alerts.message.paging import Page, paginate
from alerts.message.platform import Style
from alerts.message.prose import PLAIN_TEXT, dress_page, write_lines
from alerts.message.template import SAMPLE, check_template, read_template
from alerts.model import Digest, ToldIn
from tests.builders import a_digest, a_full_digest, a_story
from tests.conftest import ROOT
from tests.contract.hostile import digests

USUAL = (ROOT / "docs" / "message.j2").read_text(encoding="utf-8")
TEXT_PLATFORMS = {
    "telegram": {"token": "123:abc", "chat": "-1001"},
    "slack": {"url": "https://hooks.slack.com/services/T0/B0/x"},
    "discord": {"url": "https://discord.com/api/v10/webhooks/1/x"},
    "matrix": {"homeserver": "https://matrix.example.org", "token": "x", "room": "!abc:example.org"},
    "mattermost": {"url": "https://chat.example.org/hooks/x"},
    "googlechat": {"url": "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=x"},
    "teams": {"url": "https://x.environment.api.powerplatform.com/invoke?sig=x"},
    "ntfy": {"url": "https://ntfy.example.org/topic"},
}


def pages_of(digest: Digest) -> list[Page]:
    pages: list[Page] = []

    def write(page: Page) -> bytes:
        pages.append(page)
        return b""

    paginate(digest, write, lambda body: True, 3)
    return pages


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(digests())
def test_the_template_in_the_docs_writes_the_usual_layout(digest: Digest) -> None:
    for page in pages_of(digest):
        usual = "\n".join(write_lines(replace(page, template=""), PLAIN_TEXT))
        assert "\n".join(write_lines(replace(page, template=USUAL), PLAIN_TEXT)) == usual


def test_templates_are_tried_on_just_the_names_that_they_are_filled_with() -> None:
    page = pages_of(a_full_digest())[-1]
    values = dress_page(page, PLAIN_TEXT)
    assert values.keys() == SAMPLE.keys()
    stories, sample = values["stories"], SAMPLE["stories"]
    assert isinstance(stories, list)
    assert isinstance(sample, list)
    assert stories[0].keys() == sample[0].keys()


@pytest.mark.parametrize("name", sorted(TEXT_PLATFORMS))
def test_every_chat_platform_takes_a_template(name: str) -> None:
    platform = PLATFORMS[name]
    keys = platform.keys(**TEXT_PLATFORMS[name])
    template = "OWN {{ stories|length }}\n{{ tail|join }}\n"
    (part,) = platform.render(a_digest(stories=(a_story(),), template=template), keys, Style.RICH)
    assert "OWN 1" in json.dumps(json.loads(part.body), ensure_ascii=False)


def test_what_was_refused_is_sent_again_in_the_usual_layout_and_as_no_answer() -> None:
    refused = a_digest(template="OWN", answers=ToldIn("0a1b2c3d", "4711"))
    fragment = digest_fragment(refused, (1,), with_end=True)
    assert (fragment.template, fragment.answers) == ("", None)


def test_a_template_that_fails_on_a_message_gives_way_to_the_usual_layout() -> None:
    page = pages_of(a_digest(template="{{ stories[7].headline }}"))[-1]
    assert write_lines(page, PLAIN_TEXT) == write_lines(replace(page, template=""), PLAIN_TEXT)


@pytest.mark.parametrize(
    ("source", "line", "cause"),
    [
        ("{{ heading }}\n{% for story in stories %}\n{{ story.headline }}", 3, "end of template"),
        ("{{ heading }}\n{{ headnig }}", 1, "'headnig' is undefined"),
        ("   \n", 1, "writes nothing"),
        ("{{ heading.__class__.__mro__ }}", 1, "unsafe"),
        ("{% for n in range(10000000) %}x{% endfor %}", 1, "cannot be filled"),
        ("x" * 30_000, 1, "longer than"),
    ],
)
def test_a_broken_template_is_told_with_its_line(tmp_path: Path, source: str, line: int, cause: str) -> None:
    (tmp_path / "own.j2").write_text(source, encoding="utf-8")
    text, problems = read_template(tmp_path, "own.j2")
    assert (text, len(problems), problems[0].line) == ("", 1, line)
    assert cause in problems[0].message


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    text, problems = read_template(tmp_path, "none.j2")
    assert text == ""
    assert "cannot be read" in problems[0].message


def test_a_working_template_has_no_fault() -> None:
    assert check_template(USUAL, SAMPLE) is None
