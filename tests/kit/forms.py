"""The forms of a message: equal bytes for equal digests, test messages that say so, a plain style that is plainer."""

from __future__ import annotations

import copy
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

from alerts.message.platform import Delivery, HttpRequest, Style
from tests.builders import NOW, a_digest, a_full_digest, a_report
from tests.conftest import ROOT
from tests.kit.material import DIGEST_ID, SLOTS, digest_with, injections, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit.profile import Subject


def check_bytes(subject: Subject, *, thorough: bool = False) -> int:
    """The same digest gives the same bytes, whoever built it and in whichever process."""
    checks = 0
    texts = [text for kind in injections().values() for text in kind]
    for number in range(0, len(texts), 3 if thorough else 60):
        digest = digest_with({slot: texts[(number + i) % len(texts)] for i, slot in enumerate(SLOTS)})
        for style in Style:
            first, again = subject.render(digest, style), subject.render(copy.deepcopy(digest), style)
            assert first == again
            checks += 1
    checks += _check_request(subject)
    if thorough and subject.platform.name == _own_name(subject):
        checks += _in_other_processes(subject)
    return checks


def _check_request(subject: Subject) -> int:
    """The frozen bytes leave as they are, to the configured server; who asks is said by the sender alone."""
    body = subject.render(a_full_digest(), Style.RICH)[0].body
    request = subject.platform.request(subject.keys(), Delivery(body, "digest-1", NOW))
    assert request.body == body
    if isinstance(request, HttpRequest) and not subject.platform.local:
        assert request.url.startswith(f"{subject.profile.home}/")
        assert "user-agent" not in {name.lower() for name in request.headers}
    return 3


def _own_name(subject: Subject) -> str:
    from alerts.channels import PLATFORMS

    return subject.name if PLATFORMS.get(subject.name) is subject.platform else ""


_PROGRAM = """
import hashlib
from alerts.message.platform import Style
from tests.builders import a_full_digest
from tests.kit.platforms import PROFILES, subject
for name in PROFILES:
    parts = [part for style in Style for part in subject(name).render(a_full_digest(), style)]
    print(name, hashlib.sha256(b"".join(part.body for part in parts)).hexdigest())
"""


@cache
def _made_with(seed: str) -> Mapping[str, str]:
    """Return the fingerprint of what each platform writes in a process with this seed of hashes."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split() for line in done.stdout.splitlines())


def _in_other_processes(subject: Subject) -> int:
    """Return the number of processes with other hash seeds that made the same bytes."""
    seeds = ("0", "1", "2")
    assert len({_made_with(seed)[subject.name] for seed in seeds}) == 1
    return len(seeds)


def check_labels(subject: Subject, *, thorough: bool = False) -> int:
    """Every part of a test digest says that it is a test; no other does."""
    checks = 0
    for style in Style:
        for digest in (
            a_digest(is_test=True, title="Newswatch"),
            a_digest(*a_full_digest().stories, is_test=True),
        ):
            for part in subject.render(digest, style):
                for seen in subject.profile.read(part.body):
                    said = "testmessage" in visible(seen.text).lower() or b'"test":true' in part.body
                    assert said, f"a test message does not say so: {seen.text[:300]}"
                    checks += 1
        for part in subject.render(a_full_digest(), style):
            for seen in subject.profile.read(part.body):
                assert "testmessage" not in visible(seen.text).lower()
                assert b'"test":true' not in part.body
                checks += 1
    return checks


def check_plain(subject: Subject, *, thorough: bool = False) -> int:
    """The plain style has nothing that only the rich one has, and tells the same."""
    is_rich = subject.profile.is_rich
    assert is_rich is not None, "the profile does not say what only the rich style has"
    checks = 0
    for digest in (a_full_digest(), a_digest(*a_full_digest().stories, brief=(a_report(article_id=9),))):
        rich, plain = subject.render(digest, Style.RICH), subject.render(digest, Style.PLAIN)
        assert any(is_rich(part.body) for part in rich)
        assert not any(is_rich(part.body) for part in plain)
        shown = visible("".join(subject.profile.read(part.body)[0].text for part in plain))
        for story in digest.stories:
            for text in (story.reports[0].headline, story.reports[0].outlet):
                assert visible(text) in shown, f"plain leaves out {text}"
                checks += 1
        assert DIGEST_ID in shown
        assert [part.story_ids for part in rich] == [part.story_ids for part in plain]
        checks += 4
    return checks
