"""A platform from outside: found by its dotted path, checked before it is used, told with a remedy where it is not."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.channels import PLATFORMS
from alerts.config import load_config
from alerts.platformname import find_platform
from crawler.errors import ConfigError
from tests.alerts.test_config import a_folder

SECRET = "https://hooks.slack.com/services/T0/B0/canary"
GOOD = """
from alerts.channels import PLATFORMS
from dataclasses import replace
PLATFORM = replace(PLATFORMS["ntfy"], name="whatever")
OTHER = replace(PLATFORM, pace=PLATFORM.pace * 2)
"""

_NUMBERS = itertools.count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return a maker of modules that Python can import; it returns the module's name."""
    folder = tmp_path / "site" / "chats"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(folder.parent)

    def make(text: str) -> str:
        name = f"chat{next(_NUMBERS)}"  # a platform that was found is kept
        (folder / f"{name}.py").write_text(text)
        return f"chats.{name}"

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "chats"]:
        del sys.modules[name]


def problem_of(tmp_path: Path, name: str) -> str:
    folder = a_folder(
        tmp_path, f"channels:\n  - id: desk\n    platform: {name}\n    url: https://x.example/topic\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(folder, environ={})
    (problem,) = caught.value.problems
    assert (Path(problem.file).name, problem.line, problem.key) == (
        "channels.yaml",
        3,
        "channels[0].platform",
    )
    return problem.message


def test_module_of_ones_own_is_a_platform_under_its_path(
    module: Callable[[str], str], tmp_path: Path
) -> None:
    name = module(GOOD)
    folder = a_folder(tmp_path, f"channels: [{{id: desk, platform: {name}, url_file: address}}]")
    (folder / "address").write_text("https://x.example/topic-canary\n")
    (channel,) = load_config(folder, environ={}).channels
    assert channel.platform.name == name
    assert "canary" not in repr(channel)
    assert find_platform(f"{name}:OTHER").pace == 2 * PLATFORMS["ntfy"].pace
    assert find_platform(f"{name}:OTHER").name == f"{name}:OTHER"


def test_keys_of_ones_own_platform_are_checked_like_ours(
    module: Callable[[str], str], tmp_path: Path
) -> None:
    folder = a_folder(
        tmp_path, f"channels: [{{id: desk, platform: {module(GOOD)}, uri: x, url: no-address}}]"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(folder, environ={})
    assert {problem.key for problem in caught.value.problems} == {"channels[0].uri", "channels[0].url"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_thing", "needs no_such_thing, which is not installed"),
        (
            f"raise RuntimeError('no {SECRET}')",
            "cannot be imported: RuntimeError: no https://hooks.slack.com/***",
        ),
        ("import sys; sys.exit('bye')", "cannot be imported: SystemExit: bye"),
        ("def (", "cannot be imported: SyntaxError"),
        ("", "has no PLATFORM; end it in PLATFORM = Platform(...)"),
        ("PLATFORM = {'name': 'x'}", "is a dict, not an alerts.message.platform.Platform"),
        (f"{GOOD}\nPLATFORM = replace(PLATFORM, render=None)", "its render is a NoneType, not a function"),
        (f"{GOOD}\nPLATFORM = replace(PLATFORM, keys=dict)", "its keys are no subclass of ChannelKeys"),
        (f"{GOOD}\nPLATFORM = replace(PLATFORM, secrets=('nokey',))", "its secrets is no tuple of names"),
        (f"{GOOD}\nPLATFORM = replace(PLATFORM, pace=2)", "its pace is no timedelta"),
        (
            f"{GOOD}\nPLATFORM = replace(PLATFORM, idempotent='yes')",
            "its idempotent is neither True nor False",
        ),
        (
            f"{GOOD}\nclass Keys(PLATFORM.keys):\n    topics: str = ''\nPLATFORM = replace(PLATFORM, keys=Keys)",
            "its keys topics are taken: every channel has them",
        ),
    ],
)
def test_module_that_is_no_platform_is_told_with_line_and_remedy(
    text: str, said: str, module: Callable[[str], str], tmp_path: Path
) -> None:
    message = problem_of(tmp_path, module(text))
    assert said in message
    assert "canary" not in message


def test_validator_that_raises_something_else_is_told(module: Callable[[str], str], tmp_path: Path) -> None:
    keys = "from pydantic import field_validator\nclass Keys(PLATFORM.keys):\n    @field_validator('url')\n"
    keys += "    def _check(cls, value):\n        raise KeyError(value)\n"
    name = module(f"{GOOD}\n{keys}PLATFORM = replace(PLATFORM, keys=Keys)")
    said = f"the keys of {name} cannot be checked: a validator of theirs raised KeyError"
    assert problem_of(tmp_path, name) == said


def test_module_that_is_not_there_is_told_with_line_and_remedy(tmp_path: Path) -> None:
    assert problem_of(tmp_path, "chats.none") == (
        "Python finds no module chats.none; install it beside newswatch, see docs/platforms.md"
    )


def test_nothing_is_imported_from_the_configuration_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = a_folder(tmp_path, "channels: [{id: desk, platform: ours.chat}]")
    (folder / "ours").mkdir()
    (folder / "ours" / "chat.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ConfigError, match=r"Python finds no module ours\.chat"):
        load_config(folder, environ={})


def test_channel_whose_package_is_missing_is_told_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.platformname.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "somewhere"))
    said = "apprise needs a package that is not installed; run: "
    assert problem_of(tmp_path, "apprise") == f"{said}pip install 'newswatch[apprise]'"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    (tmp_path / "newswatch").touch()
    with pytest.raises(ValueError, match="--add apprise"):
        find_platform("apprise")


def test_configuration_is_read_without_importing_apprise(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "channels: [{id: all, platform: apprise, url: 'jsons://x.example/y'}]")
    before = {name for name in sys.modules if name.partition(".")[0] in ("apprise", "requests")}
    load_config(folder, environ={})
    assert {name for name in sys.modules if name.partition(".")[0] in ("apprise", "requests")} == before
