"""The page for those who write a platform: its example works as it stands, through the program and under the kit."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.message import answer, layout, paging, plaintext, platform, prose, wire
from tests.chatroom import Answer, Chatroom, json_answer
from tests.conftest import ROOT
from tests.e2e.newsdesk import set_up, slack, told_in
from tests.newsroom import Newsroom

PAGE = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
CODE, KIT = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CANARY = "canarysecretofanother"


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """Return a folder with ``plugins/`` in it, as it would stand beside the launcher."""
    folder = tmp_path / "beside" / "plugins"
    folder.mkdir(parents=True)
    (folder / "rocketchat.py").write_text(CODE, encoding="utf-8")
    (folder / "test_rocketchat.py").write_text(KIT, encoding="utf-8")
    return folder


def test_the_example_is_short_and_the_page_names_every_part_of_the_port() -> None:
    assert len(CODE.strip().splitlines()) <= 80
    named = set(re.findall(r"`(\w+)", PAGE.partition("## The port")[2].partition("**Promised**")[0]))
    assert set(platform.Platform.__dataclass_fields__) - {"name"} <= named
    promised = PAGE.partition("**Promised**")[2].partition("##")[0]
    helpers = set(re.findall(r"`(\w+)`", promised))
    assert len(helpers) >= 20
    for name in helpers:
        assert any(
            hasattr(module, name) for module in (answer, layout, paging, plaintext, platform, prose, wire)
        ), name


@pytest.mark.slow
def test_the_example_passes_the_contract_kit_as_the_page_says(plugins: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml",
         "--rootdir", ROOT, plugins / "test_rocketchat.py"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{plugins.parent}"},
        cwd=plugins.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.slow
def test_the_example_tells_the_news_and_what_breaks_it_costs_its_own_channel(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom, plugins: Path
) -> None:
    own = {
        "id": "own",
        "platform": "plugins.rocketchat",
        "url": chatroom.url(f"/hooks/id/{CANARY}"),
        "alias": "Loikaw watch",
    }
    program = set_up(tmp_path, newsroom, [own, slack(chatroom)], operators=["desk"])
    program.environ["PYTHONPATH"] = f"{ROOT}:{plugins.parent}"
    assert "channel own: plugins.rocketchat, as it comes" in program.do("check").out
    chatroom.always(f"/hooks/id/{CANARY}", json_answer(200, {"success": True}))

    broken = CODE.replace(
        "def classify(response):", "def classify(response):\n    raise KeyError(response.body)"
    )
    (plugins / "rocketchat.py").write_text(broken, encoding="utf-8")
    report = program.run().report
    posts = [post for post in chatroom.posts if post.request.path.startswith("/hooks/")]
    assert told_in(posts)["clinic"] == 1
    assert posts[0].payload["alias"] == "Loikaw watch"
    assert report["deliveries"]["unknown"] == 1
    program.run()
    notices = "".join(post.request.body.decode() for post in chatroom.posts if "T0" in post.request.path)
    assert "own: defect in plugins.rocketchat: classify raised KeyError" in notices

    (plugins / "rocketchat.py").write_text(CODE, encoding="utf-8")
    chatroom.always(f"/hooks/id/{CANARY}", Answer(503, taken=False))
    tried = program.do("send-test", "own")
    assert "switched off" in tried.out
    assert "Switch it on" in tried.out
    chatroom.always(f"/hooks/id/{CANARY}", json_answer(200, {"success": True}))
    assert program.do("send-test", "own").status == 0
    preview = program.do("digest", "--format", "plugins.rocketchat", "--channel", "own")
    assert '"alias":"Loikaw watch"' in preview.out
    without = program.do("digest", "--format", "plugins.none")
    assert without.status == 2
    assert "Python finds no module plugins.none" in without.err
    shown = f"{tried.out} {tried.err} {preview.out} {program.do('status').out} {notices}"
    assert CANARY not in shown
