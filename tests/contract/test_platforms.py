"""What the kit does not ask of a platform: how it answers an earlier message. The contract itself is `tests.kit`."""

from __future__ import annotations

import pytest

from alerts.channels import PLATFORMS
from alerts.message.platform import Style
from alerts.model import ToldIn
from tests.builders import a_digest, a_story
from tests.contract.verify import VERIFIERS
from tests.kit.platforms import render


def test_every_platform_has_a_verifier() -> None:
    assert set(PLATFORMS) == set(VERIFIERS)
    for name, platform in PLATFORMS.items():
        assert platform.name == name
        assert set(platform.secrets) <= set(platform.keys.model_fields)


@pytest.mark.parametrize("name", sorted(PLATFORMS))
@pytest.mark.parametrize("style", list(Style))
def test_an_answer_names_the_earlier_message_where_the_platform_can(name: str, style: Style) -> None:
    earlier = ToldIn("0a1b2c3d", "$4711" if name == "matrix" else "4711")  # an event's id begins so
    plain = render(name, a_digest(stories=(a_story(is_update=True),)), style)
    answer = render(name, a_digest(stories=(a_story(is_update=True),), answers=earlier), style)
    if PLATFORMS[name].answers:
        assert all(b"4711" in part.body or b"0a1b2c3d" in part.body for part in answer)
    else:
        assert [part.body for part in answer] == [part.body for part in plain]
