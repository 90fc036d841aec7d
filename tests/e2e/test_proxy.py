"""The program behind a SOCKS proxy, as its user and an observer see it: nothing beside the proxy, no login shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chatroom import Chatroom
from tests.conftest import ROOT
from tests.crawler.crawling import PROSE
from tests.e2e.program import SETTINGS, Program, a_source, page, rss
from tests.newsroom import Newsroom
from tests.proxyroom import SocksServer

pytestmark = pytest.mark.slow  # several starts of the program

LOGIN = "canary-user:canary-password"
WATCH = """\
import sys

def note(event, arguments):
    if event == "socket.getaddrinfo" or event == "socket.connect":
        with open({path!r}, "a") as file:
            print(event, arguments[0] if event.endswith("info") else arguments[1], file=file)

sys.addaudithook(note)
"""


def test_nothing_goes_beside_the_proxy_and_its_login_is_shown_nowhere(
    tmp_path: Path, newsroom: Newsroom, chatroom: Chatroom
) -> None:
    article = "http://outlet.example.org/one"
    newsroom.add("/feed", rss([{"title": "Shelling in Loikaw", "link": article}]), "application/rss+xml")
    newsroom.add("/one", page("Shelling in Loikaw", f"Two shells fell in Loikaw at noon.\n{PROSE}"))
    program = Program(tmp_path / "home")
    watched, heard = tmp_path / "watch", tmp_path / "heard"
    watched.mkdir()
    (watched / "sitecustomize.py").write_text(WATCH.format(path=str(heard)), "utf-8")
    program.environ["PYTHONPATH"] = f"{watched}:{ROOT}"
    desk = {
        "id": "desk",
        "platform": "slack",
        "url": "http://chat.example.org/services/T0/B0/canary-hook-path",
    }
    program.configure([a_source("one", "http://outlet.example.org/feed")], [desk], operators=["desk"])
    with SocksServer(
        {"outlet.example.org": newsroom.port, "chat.example.org": chatroom.port}, login=LOGIN
    ) as proxy:
        with_proxy = SETTINGS.replace("delay: 0s", f"delay: 0s, proxy: '{proxy.url_with_login}'")
        (program.config / "settings.yaml").write_text(with_proxy, "utf-8")
        outs = [
            program.run(),
            program.do("-v", "try", article),
            program.do("check"),
            program.do("check", "--online"),
        ]
        assert [done.status for done in outs] == [0, 0, 0, 0], outs
    assert len(chatroom.requests) >= 1
    assert proxy.names == {"outlet.example.org", "chat.example.org"}
    assert {hop.how for hop in proxy.hops} == {"SOCKS name"}
    assert set(heard.read_text("utf-8").splitlines()) == {f"socket.connect ('127.0.0.1', {proxy.port})"}
    assert f"messages: through {proxy.url}\nsources through {proxy.url}: all" in outs[2].out
    assert "through" in outs[3].out
    # now the proxy is down
    newsroom.forget_requests()
    outs += [program.run(), program.do("status"), program.do("try", article), program.do("send-test", "desk")]
    assert (newsroom.requests, outs[4].status) == ((), 1)
    assert "the proxy does not answer" in outs[6].err
    assert set(heard.read_text("utf-8").splitlines()) == {f"socket.connect ('127.0.0.1', {proxy.port})"}
    assert not [done for done in outs if "canary" in done.out + done.err]
