"""Reading back tells when a character of a headline is lost, on every platform and in both styles."""

from __future__ import annotations

import pytest

from alerts.channels import PLATFORMS, teams
from alerts.message.platform import Style
from alerts.model import Digest
from tests.builders import a_burmese_report, a_digest, a_report, a_story
from tests.contract.readback import lost, views
from tests.kit.platforms import render
from tests.kit.reading import LOOKALIKES

HEADLINE = "Loikaw: *aid* [reaches] 1,200 <people> at_once ~ `now` \\ @all"
LONG = "လွိုင်ကော်မြို့တွင် တိုက်ပွဲဖြစ်ပွားပြီး ပြည်သူများ ထွက်ပြေးနေရသည် " * 9  # fighting in Loikaw, people flee

every_platform = pytest.mark.parametrize("name", sorted(PLATFORMS))
every_style = pytest.mark.parametrize("style", list(Style))


def a_hostile_digest() -> Digest:
    reports = a_report(headline=HEADLINE), a_burmese_report(), a_report(headline=LONG, url=None)
    return a_digest(a_story(*reports), a_story(a_report(headline=LONG), story_id=2), brief=(reports[0],))


def bodies_of(name: str, digest: Digest, style: Style) -> list[bytes]:
    return [part.body for part in render(name, digest, style)]


@every_style
@every_platform
def test_what_is_shown_is_not_lost(name: str, style: Style) -> None:
    digest = a_hostile_digest()
    assert lost(name, digest, bodies_of(name, digest, style)) == 0


@every_style
@every_platform
@pytest.mark.parametrize(
    ("whole", "cut"), [("1,200", "1,20"), ("Loikaw: ", "Loikaw ")], ids=["digit", "colon"]
)
def test_a_character_less_is_told(name: str, style: Style, whole: str, cut: str) -> None:
    digest = a_hostile_digest()
    bodies = [body.replace(whole.encode(), cut.encode()) for body in bodies_of(name, digest, style)]
    if name == "webhook" or whole.encode() in b"".join(bodies_of(name, digest, style)):
        assert lost(name, digest, bodies) > 0


@every_style
@every_platform
def test_a_cut_without_an_ellipsis_is_told(name: str, style: Style) -> None:
    digest = a_digest(a_story(a_report(headline=LONG)))
    ellipsis = ("…" if name != "webhook" or style is Style.RICH else "\\u2026").encode()
    bodies = [body.replace(ellipsis, b"") for body in bodies_of(name, digest, style)]
    if bodies != bodies_of(name, digest, style):
        assert lost(name, digest, bodies) > 0


@every_platform
def test_a_story_that_is_left_out_must_be_counted(name: str) -> None:
    told, whole = a_digest(a_story()), a_digest(a_story(), a_story(a_report(headline="Demoso"), story_id=2))
    assert lost(name, whole, bodies_of(name, told, Style.RICH)) == 1
    if name != "webhook":  # which leaves none out
        counted = a_digest(a_story(), more=1)
        assert lost(name, whole, bodies_of(name, counted, Style.RICH)) == 0


def test_look_alikes_can_be_taken_back() -> None:
    assert len(set(LOOKALIKES.values())) == len(LOOKALIKES)
    for shown, meant in LOOKALIKES.items():
        assert teams.neutralise(f"a{chr(meant)}b").replace("\u200b", "") == f"a{chr(shown)}b"


@pytest.mark.parametrize(
    "name", ["discord", "mattermost", "matrix", "telegram", "teams", "slack", "googlechat"]
)
def test_markup_is_read_as_a_reader_sees_it(name: str) -> None:
    (body,) = bodies_of(name, a_digest(a_story(a_report(headline=HEADLINE))), Style.RICH)
    shown = views(name, body)[-1 if name == "matrix" else 0].replace("\u200b", "").translate(LOOKALIKES)
    assert f"{HEADLINE} (irrawaddy.com)" in shown
