"""The kit finds what it is there to find: an adapter with a known defect fails the property that the defect breaks.

Each mutant is a platform of ours with one function changed, handed to the kit as a value, as a platform of another
package is. A property that no mutant can fail would prove nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from alerts.message.platform import (
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
    Unknown,
    classify_status,
)
from alerts.model import Digest
from tests.kit.platforms import PROFILES, subject
from tests.kit.profile import Subject
from tests.kit.properties import PROPERTIES, Verdict, judge, wrong_skips

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet


def ask(mutant: Platform, asked: str, origin: str) -> Verdict:
    """Return the verdict on *asked* for a changed platform, by the facts of the one that it was made of."""
    named = replace(mutant, name="mutant")
    return judge(Subject(named, PROFILES[origin]), next(each for each in PROPERTIES if each.name == asked))


def rendered(origin: str, change: Callable[[tuple[Part, ...]], tuple[Part, ...]]) -> Platform:
    """Return a platform that writes its messages and then spoils them."""
    platform = subject(origin).platform

    def render(digest: Digest, keys: Any, style: Style) -> tuple[Part, ...]:
        return change(platform.render(digest, keys, style))

    return replace(platform, render=render)


def texts(origin: str, change: Callable[[str], str]) -> Platform:
    """Return a platform whose bodies are changed as text."""
    return rendered(
        origin, lambda parts: tuple(replace(part, body=change(part.body.decode()).encode()) for part in parts)
    )


def classified(origin: str, change: Callable[[HttpResponse, Outcome], Outcome]) -> Platform:
    """Return a platform whose verdicts are changed."""
    platform = subject(origin).platform
    return replace(platform, classify=lambda response: change(response, platform.classify(response)))


def _forgets_bodies(response: HttpResponse, outcome: Outcome) -> Outcome:
    return classify_status(response) if response.status == 429 else outcome


def _echoes(response: HttpResponse, outcome: Outcome) -> Outcome:
    return Rejected(response.body.decode("utf-8", "replace")[:150]) if response.status == 400 else outcome


def _asks_elsewhere(keys: Any, delivery: Delivery) -> HttpRequest:
    return HttpRequest("POST", keys.url.get_secret_value() + "/x", delivery.body + b" ")


def _unstable(text: str) -> str:
    message = json.loads(text)
    message["text"] += f" {random.random()}"
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _more(part: Part) -> Part:
    return replace(part, story_ids=(*part.story_ids, 4711))


def _unbounded(digest: Digest, keys: Any, style: Style) -> tuple[Part, ...]:
    parts = subject("mattermost").platform.render(digest, keys, style)
    text = "\n".join(json.loads(part.body)["text"] for part in parts)
    ids = tuple(story_id for part in parts for story_id in part.story_ids)
    return (Part(json.dumps({"text": text}, ensure_ascii=False, separators=(",", ":")).encode(), ids),)


def _wasteful(platform: Platform) -> Platform:
    """Return a platform that splits long before it must."""

    def render(digest: Digest, keys: Any, style: Style) -> tuple[Part, ...]:
        (*_, last) = parts = platform.render(digest, keys, style)
        if len(parts) == 1 and len(last.body) > 9_000:
            half = len(last.story_ids) // 2
            return (
                replace(last, story_ids=last.story_ids[:half]),
                replace(last, story_ids=last.story_ids[half:]),
            )
        return parts

    return replace(platform, render=render)


def _plain_always(platform: Platform) -> Platform:
    return replace(platform, render=lambda digest, keys, style: platform.render(digest, keys, Style.RICH))


def _cuts_letters(text: str) -> str:
    """Take one sign more off in front of each ellipsis: a killed consonant, half a family."""
    return "…".join(piece[:-1] if i < text.count("…") else piece for i, piece in enumerate(text.split("…")))


def _marks_twice(body: bytes, digest_id: str) -> bytes:
    message = json.loads(body)
    message["message"] = f"This may be a repeat of digest {digest_id}.\n{message['message']}"
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


# What a platform does wrong: its origin, the property that must fail, the change. Of verdicts …
VERDICTS: dict[str, tuple[str, str, Callable[[HttpResponse, Outcome], Outcome]]] = {
    "takes a 4xx for uncertain": (
        "slack",
        "answers",
        lambda said, o: Unknown("?") if said.status == 422 else o,
    ),
    "takes any 200 for sent": ("discord", "answers", lambda said, o: Sent() if said.status == 200 else o),
    "fails on an endless answer": (
        "ntfy",
        "transport",
        lambda said, o: TargetDead("?") if said.status == 200 else o,
    ),
    "forgets the wait in the body": ("telegram", "waits", _forgets_bodies),
    "counts a rate limit": ("teams", "waits", lambda said, o: RetryLater("?") if said.status == 429 else o),
    "repeats what the server said": ("webhook", "secrets", _echoes),
    "takes a refusal for sent": ("slack", "poison", lambda said, o: Sent() if isinstance(o, Rejected) else o),
    "takes a goodbye for sent": (
        "discord",
        "revoked",
        lambda said, o: Sent() if isinstance(o, TargetDead) else o,
    ),
}
# … of bodies, as text …
BODIES: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "cuts by letters": ("mattermost", "cuts", _cuts_letters),
    "takes escapes off": ("mattermost", "injection", lambda text: text.replace("\\\\", "")),
    "takes break marks off": ("telegram", "injection", lambda text: text.replace("\u200b", "")),
    "leaves HTML as it is": ("matrix", "injection", lambda text: text.replace("&lt;", "<")),
    "loses a letter": ("ntfy", "injection", lambda text: text.replace("|", "")),
    "writes another thing each time": ("mattermost", "bytes", _unstable),
    "hides that it is a test": ("slack", "labels", lambda text: text.replace("est message", "he news")),
}
# … of parts …
PARTS: dict[str, tuple[str, str, Callable[[tuple[Part, ...]], tuple[Part, ...]]]] = {
    "turns parts round": ("slack", "order", lambda parts: parts[::-1]),
    "names no story": ("googlechat", "order", lambda parts: tuple(Part(part.body) for part in parts)),
    "names a story that is not there": ("telegram", "digests", lambda parts: (*parts[:-1], _more(parts[-1]))),
}
# … and of the platform itself.
OTHERS: dict[str, tuple[str, str, Callable[[Platform], Platform]]] = {
    "knows no limit": ("mattermost", "limits", lambda platform: replace(platform, render=_unbounded)),
    "wastes room": ("mattermost", "limits", _wasteful),
    "marks no repeat": (
        "teams",
        "repeats",
        lambda platform: replace(platform, mark_repeat=lambda body, _: body),
    ),
    "marks twice": ("ntfy", "repeats", lambda platform: replace(platform, mark_repeat=_marks_twice)),
    "knows no pace": ("slack", "order", lambda platform: replace(platform, pace=timedelta(0))),
    "changes the frozen bytes": (
        "slack",
        "bytes",
        lambda platform: replace(platform, request=_asks_elsewhere),
    ),
    "has no plain style": ("discord", "plain", _plain_always),
    "forgets to edit": ("matrix", "edits", lambda platform: replace(platform, editing=None)),
}
MUTANTS: dict[str, tuple[str, str, Callable[[], Platform]]] = {
    **{
        name: (origin, asked, partial(classified, origin, how))
        for name, (origin, asked, how) in VERDICTS.items()
    },
    **{name: (origin, asked, partial(texts, origin, how)) for name, (origin, asked, how) in BODIES.items()},
    **{name: (origin, asked, partial(rendered, origin, how)) for name, (origin, asked, how) in PARTS.items()},
    **{
        name: (origin, asked, partial(how, subject(origin).platform))
        for name, (origin, asked, how) in OTHERS.items()
    },
}


def _parameters() -> list[ParameterSet]:
    """Return the mutants; the one that waits out time-outs is left to the long sweep."""
    return [
        pytest.param(name, marks=[pytest.mark.slow] if asked == "transport" else [])
        for name, (_, asked, _) in MUTANTS.items()
    ]


@pytest.mark.parametrize("name", _parameters())
def test_kit_finds_the_defect_of_a_platform_that(name: str) -> None:
    origin, asked, make = MUTANTS[name]
    verdict = ask(make(), asked, origin)
    assert verdict.fault, f"{asked} holds for a platform that {name}"


def test_every_property_can_fail() -> None:
    assert {asked for _, asked, _ in MUTANTS.values()} == {each.name for each in PROPERTIES}


def test_skip_without_a_reason_or_of_nothing_is_refused() -> None:
    quiet = replace(
        PROFILES["slack"], skips={"injection": "no", "colours": "there is no such property in the kit"}
    )
    assert len(wrong_skips(Subject(subject("slack").platform, quiet))) == 2
