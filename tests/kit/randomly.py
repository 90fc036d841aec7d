"""Random digests of both scripts and every platform's markup: within the vendor's contract, no story lost or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.message.platform import Style
from tests.contract.hostile import digests

if TYPE_CHECKING:
    from alerts.model import Digest
    from tests.kit.profile import Subject


def check_digests(subject: Subject, *, thorough: bool = False) -> int:
    """Draw digests that mean harm; their messages, also as repeats, keep what the vendor documents."""
    checks = 0

    @settings(
        max_examples=30 if thorough else 4,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if thorough else (Phase.generate,),
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(digest=digests(), style=st.sampled_from(list(Style)))
    def ask(digest: Digest, style: Style) -> None:
        nonlocal checks
        parts = subject.render(digest, style)
        for part in parts:
            subject.profile.verify(part.body)
            subject.profile.verify(subject.marked(part.body, digest.digest_id))
            checks += 2
        told = {story_id for part in parts for story_id in part.story_ids}
        assert told >= {story.story_id for story in digest.stories}
        named = [story_id for part in parts for story_id in part.story_ids]
        assert len(named) == len(digest.stories) + sum(bool(report.story_id) for report in digest.brief)
        checks += 2

    ask()
    return checks
