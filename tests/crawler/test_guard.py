"""The address guard: what counts as public, and that nothing private is ever dialled, whoever names it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.net import guard
from crawler.net.guard import BlockedAddressError, find_target_problem, guarded_socket_factory, is_public
from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed
from tests.e2e.program import a_source, page
from tests.newsroom import Newsroom

PUBLIC = (
    *(
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "172.15.255.255",
        "172.32.0.1",
        "192.167.255.255",
        "192.169.0.1",
    ),
    *(
        "100.63.255.255",
        "100.128.0.1",
        "11.0.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "223.255.255.254",
    ),
    *("2606:4700:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2606:4700::1%eth0"),
    *("::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"),
)
PRIVATE = (
    *("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.0.0.2", "127.255.255.254", "10.0.0.1", "10.255.255.255"),
    *("172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.0.1", "169.254.169.254"),
    *("100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1"),
    *("198.19.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::1%lo",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00::1",
        "fdff:ffff::1",
        "ff02::1",
        "ff0e::1",
    ),
    *("fec0::1", "2001:db8::1", "100::1", "2001:2::1", "2001:10::1"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:192.168.1.1"),
    *("::127.0.0.1", "::10.0.0.1", "::169.254.169.254"),
    *("2002:7f00:1::", "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::1"),
    *("64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::c0a8:101"),
    *("64:ff9b:1::7f00:1", "64:ff9b:1::a00:1"),
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo, client 127.0.0.1
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo, client 10.0.0.1
    *("::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1"),  # RFC 2765 translated
)
# Ways to write 127.0.0.2 in an address. The name is resolved by the (patched) resolver.
SPELLINGS = (
    *(
        "127.0.0.2",
        "0x7f000002",
        "0x7f.0.0.2",
        "0177.0.0.2",
        "0177.0x0.0.02",
        "2130706434",
        "127.2",
        "127.0.2",
    ),
    *("[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[::1]", "[0:0:0:0:0:0:0:1]", "127.0.0.2.", "rebinding.test"),
)
UNSENDABLE = "\uff11\uff12\uff17.0.0.2"  # 127 in full-width digits: no header field can hold it, a link can

# What a proxy is asked for by name: nobody here sees the address that it dials.
INNER_NAMES = (
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "router",
        "nas.local",
        "db.internal",
        "wiki.intranet",
        "a.home.arpa",
    ),
    *(
        "x.localhost",
        "host.localdomain",
        "printer.lan",
        "vault.corp",
        "a.test",
        "a.invalid",
        "1.0.0.127.in-addr.arpa",
    ),
)
ODD_SPELLINGS = (
    *("0x7f000002", "0x7f.0.0.2", "0177.0.0.2", "2130706434", "127.2", "127.0.2", "0", "0x", "127.0.0.2."),
    *(
        "134744072",
        "0x08080808",
        "010.8.8.8",
        "8.8",
        "8.8.8.08",
        "1.2.3.4.5",
        "999.8.8.8",
        "a.0x7f",
        "example.1",
    ),
)
NO_NAMES = (
    "",
    ".",
    "..",
    "a..b.org",
    "%31%32%37.0.0.1",
    "exa mple.org",
    "a_b.org/",
    "x" * 64 + ".org",
    "a." * 130 + "org",
)


def info(address: str, port: int = 443) -> guard.AddressInfo:
    """Return what a resolver gives for *address*."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.mark.parametrize("address", PRIVATE)
def test_f16_private_address_is_not_public_and_gets_no_socket(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(BlockedAddressError, match="is not a public address; refused"):
        guarded_socket_factory(allow_private=False)(info(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public_and_gets_a_socket(address: str) -> None:
    assert is_public(address)
    with guarded_socket_factory(allow_private=False)(info(address)) as made:
        assert made.getblocking() is False


@settings(deadline=None, max_examples=100)
@given(st.ip_addresses(v=4))
def test_f16_ipv4_hidden_in_ipv6_is_judged_as_ipv4(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    disguises = (
        (0xFFFF << 32) | number,  # mapped
        (0x2002 << 112) | (number << 80) | 1,  # 6to4
        (0x64FF9B << 96) | number,  # NAT64
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),  # Teredo, the client's address inverted
    )
    verdicts = {is_public(str(ipaddress.IPv6Address(disguise))) for disguise in disguises}
    assert verdicts == {is_public(str(inner))}


@pytest.mark.parametrize("port", [1, 22, 25, 79, 81, 3306, 5432, 6379, 8080, 11211, 65535])
def test_only_web_ports_and_configured_ones_are_dialled(port: int) -> None:
    with pytest.raises(BlockedAddressError, match=f"port {port} is not a web port; refused"):
        guarded_socket_factory(allow_private=False)(info("8.8.8.8", port))
    allowed = guarded_socket_factory(allow_private=False, ports=frozenset({80, 443, port}))
    allowed(info("8.8.8.8", port)).close()
    with pytest.raises(BlockedAddressError, match="not a public address"):
        allowed(info("127.0.0.1", port))


@pytest.mark.parametrize("address", PRIVATE)
def test_proxy_is_never_asked_for_a_private_address(address: str) -> None:
    problem = find_target_problem(address, 443, through_socks=True)
    assert problem == f"{address} is not a public address; refused"


@pytest.mark.parametrize("host", [*INNER_NAMES, *ODD_SPELLINGS, *NO_NAMES])
def test_proxy_is_never_asked_for_inner_names_and_odd_spellings(host: str) -> None:
    problem = find_target_problem(host, 443, through_socks=True)
    assert problem is not None
    assert problem.endswith("; refused")


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "EXAMPLE.org.",
        "xn--fiqs8s.cn",
        "a_b.example.org",
        "1111.example.org",
        "8.8.8.8",
        "2606:4700::1111",
    ],
)
def test_proxy_is_asked_for_public_names_and_literals(host: str) -> None:
    assert find_target_problem(host, 443) is None
    assert find_target_problem(host, 8080) == "port 8080 is not a web port; refused"
    assert find_target_problem(host, 8080, frozenset({8080})) is None


def test_onion_addresses_are_for_socks_only() -> None:
    assert find_target_problem("a2b3.onion", 80, through_socks=True) is None
    assert find_target_problem("a2b3.onion", 80) == (
        "an .onion address can be read through Tor only (socks5h://); refused"
    )


def test_private_addresses_are_dialled_where_the_configuration_allows_it() -> None:
    guarded_socket_factory(allow_private=True)(info("127.0.0.1", 12345)).close()


@dataclass(frozen=True, slots=True)
class Attack:
    """One crawl of a public newsroom that points inwards in every way; the private servers must not be asked."""

    crawled: Crawled
    desk: Desk
    private: tuple[Newsroom, ...]
    private_ipv6: socket.socket | None  # listens; nobody accepts


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    """Crawl with 127.0.0.1 standing for the public internet; everything else is judged as it is."""
    with ExitStack() as stack:
        public, inside, other_port = (
            stack.enter_context(Newsroom(host)) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.1")
        )
        listener = None
        with suppress(OSError):  # a machine without IPv6
            listener = stack.enter_context(socket.create_server(("::1", inside.port), family=socket.AF_INET6))
            listener.setblocking(False)
        judged = guard.is_public
        resolve = socket.getaddrinfo

        def answer(host: Any, *arguments: Any, **named: Any) -> Any:
            return resolve("127.0.0.2" if host == "rebinding.test" else host, *arguments, **named)

        sources = publish_attacks(public, inside, other_port)
        home = tmp_path_factory.mktemp("attack")
        desk = stack.enter_context(Desk.open(home, sources, allow_private=False))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(guard, "is_public", lambda address: address == "127.0.0.1" or judged(address))
            patch.setattr(socket, "getaddrinfo", answer)
            crawled = desk.crawl()
        yield Attack(crawled, desk, (inside, other_port), listener)


def publish_attacks(public: Newsroom, inside: Newsroom, other_port: Newsroom) -> list[dict[str, Any]]:
    """Return sources at, redirects to, and links to private places; the port of *inside* is a configured one."""
    targets = [f"http://{host}:{inside.port}" for host in SPELLINGS]
    targets += [
        f"http://169.254.169.254:{inside.port}",
        "http://10.0.0.1",
        "http://192.168.1.1",
        other_port.base_url,
    ]
    links = [{"title": f"Link {number}", "link": f"{target}/link"} for number, target in enumerate(targets)]
    links.append({"title": "Full-width", "link": f"http://{UNSENDABLE}:{inside.port}/link"})
    links.append({"title": "Moved", "link": public.url("/moved")})
    public.behave("/moved", f"/302?to={inside.url('/by-page-redirect')}")
    public.add("/feed", a_feed(*links), "application/rss+xml")
    public.add("/fine", page("Fine", PROSE))
    sources = [a_source("links", public.url("/feed"))]
    for number, target in enumerate(targets):
        sources.append(a_source(f"to-{number}", public.url(f"/redirect?to={target}/by-redirect")))
    sources.append(a_source("to-slashes", public.url(f"/redirect?to=//127.0.0.2:{inside.port}/x")))
    direct = (f"127.0.0.2:{inside.port}", f"[::1]:{inside.port}", f"[::ffff:127.0.0.2]:{inside.port}")
    sources += [a_source(f"at-{number}", f"http://{place}/feed") for number, place in enumerate(direct)]
    return sources


def test_f16_no_private_server_is_ever_asked(attack: Attack) -> None:
    assert [request.target for server in attack.private for request in server.requests] == []
    if attack.private_ipv6 is not None:
        with pytest.raises(BlockingIOError):  # nobody is waiting to be accepted
            attack.private_ipv6.accept()


def test_f16_every_source_that_leads_inwards_fails_and_says_why(attack: Attack) -> None:
    failing = {source.id for source in attack.desk.config.sources} - {"links"}
    assert set(attack.crawled.problems) == failing
    causes = {name: problem.problem for name, problem in attack.crawled.problems.items()}
    # what is no address for the client never reaches the guard
    others = {cause for cause in causes.values() if not cause.startswith("blocked: ")}
    assert others <= {"address scheme refused", "host name not found"}
    assert causes["to-0"] == causes["at-0"] == "blocked: 127.0.0.2 is not a public address"
    assert sum("is not a public address" in cause for cause in causes.values()) >= 12
    assert sum("is not a web port" in cause for cause in causes.values()) == 1


def test_refusal_is_not_our_outage(attack: Attack) -> None:
    assert not attack.crawled.report.unreachable
    assert attack.crawled.log == ()


def test_entries_that_link_inwards_are_told_by_their_summary(attack: Attack) -> None:
    rows = attack.desk.entries("links")
    assert len(rows) >= len(SPELLINGS)
    blocked = [row for row in rows if row.problem.startswith("blocked: ")]
    assert len(blocked) >= 12
    assert {row.state for row in blocked} == {"settled"}  # asking again cannot help
    assert {row.origin for row in attack.desk.articles("links")} == {"summary"}
