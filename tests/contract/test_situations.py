"""Golden digests: eight situations as every platform is sent them, held against files and the platforms' contracts.

``NEWSWATCH_REWRITE_GOLDEN=1`` writes the files anew; then read the diff. ``python -m tests.pictures`` draws them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from alerts.channels import PLATFORMS
from alerts.message.platform import Style
from tests.conftest import ROOT
from tests.contract.verify import VERIFIERS
from tests.goldenfile import REWRITE
from tests.kit.platforms import render
from tests.situations import SITUATIONS, digest_of

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "tests" / "golden" / "digests"

TEXTS = {"console": "", "apprise": "\n\n(next message)\n\n"}  # what stands between two messages of plain text

every_situation = pytest.mark.parametrize("situation", SITUATIONS)
every_platform = pytest.mark.parametrize("platform", sorted(PLATFORMS))


def told(situation: str, platform: str) -> str:
    """Return the messages of a situation as its file holds them: text as it is, the others' JSON."""
    bodies = [part.body.decode("utf-8") for part in render(platform, digest_of(situation))]
    if platform in TEXTS:
        return TEXTS[platform].join(bodies)
    return json.dumps([json.loads(body) for body in bodies], ensure_ascii=False, indent=1) + "\n"


def file_of(situation: str, platform: str) -> Path:
    return FOLDER / f"{situation}.{platform}.{'txt' if platform in TEXTS else 'json'}"


@every_platform
@every_situation
def test_every_platform_is_told_a_situation_as_its_file_says(situation: str, platform: str) -> None:
    text, path = told(situation, platform), file_of(situation, platform)
    if REWRITE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@every_platform
@every_situation
def test_every_message_of_a_situation_keeps_its_platforms_contract(situation: str, platform: str) -> None:
    digest = digest_of(situation)
    for style in Style:
        for part in render(platform, digest, style):
            VERIFIERS[platform](part.body)
            VERIFIERS[platform](PLATFORMS[platform].mark_repeat(part.body, digest.digest_id))


def test_no_file_is_left_of_a_situation_that_is_gone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        file_of(situation, platform).name for situation in SITUATIONS for platform in PLATFORMS
    }


def test_the_situations_show_what_they_are_named_for() -> None:
    clinic = digest_of("ten-outlets").stories[0]
    assert len({report.outlet for report in clinic.reports}) == 10
    assert {report.language for report in clinic.reports} == {"en", "my"}
    assert any(report.converted for report in clinic.reports)
    assert (clinic.outlets, clinic.origins) == (10, 6)
    killed = next(
        tally for tally in digest_of("disagreeing-figures").stories[0].tallies if tally.what == "killed"
    )
    assert len({claim.value for claim in killed.claims}) == 3
    assert digest_of("correction").stories[0].tallies[0].claims[0].was == 3
    assert [report.change for report in digest_of("correction").brief] == [
        "Changed in “Convoy reaches Loikaw with rice”: «Two drivers were injured by a mine on the way, a driver said.»"
        " → «Five drivers were injured by a mine on the way, a driver said.»"
    ]
    assert digest_of("removed-article").brief[0].change.startswith("Removed by the outlet: “လွိုင်ကော်")  # Loikaw
    outage = digest_of("outage")
    assert len(outage.stories) + len(outage.brief) + outage.more == 60
    quiet = digest_of("nothing-new")
    assert quiet.coverage
    assert (quiet.stories, len(quiet.coverage.failed)) == ((), 2)
    night = digest_of("urgent-at-night")
    assert (night.stories[0].severity.word, night.queued) == ("urgent", 3)
