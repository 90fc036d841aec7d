"""TLS: a certificate that nobody vouches for ends the conversation before a request is sent, unless it is pinned."""

from __future__ import annotations

import datetime
import hashlib
import ssl
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from crawler.configvalue import parse_certificate
from tests.crawler.crawling import PROSE, Crawled, Desk, a_feed
from tests.e2e.program import a_source, page
from tests.faults.watching import Watch
from tests.newsroom import Newsroom
from tests.proxyroom import ProxyServer, SocksServer

PAST = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)


class SecuredNewsroom(Newsroom):
    """A feed and its article behind a certificate."""

    def __init__(self, context: ssl.SSLContext, pem: bytes) -> None:
        super().__init__(tls=context)
        self.fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode())).hexdigest()
        item = {"title": "A secured article", "link": self.url("/article")}
        self.add("/feed", a_feed(item), "application/rss+xml")
        self.add("/article", page("A secured article", PROSE))


def make_server(
    authority: trustme.CA, name: str = "127.0.0.1", *, expired: bool = False, old: bool = False
) -> SecuredNewsroom:
    """Return a server whose certificate *authority* issued to *name*."""
    until = PAST if expired else None
    issued = authority.issue_cert(name, not_before=PAST - datetime.timedelta(9), not_after=until)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that is why it is refused
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    issued.configure_cert(context)
    return SecuredNewsroom(context, issued.cert_chain_pems[0].bytes())


def make_self_signed() -> SecuredNewsroom:
    """Return a server that shows the certificate of an authority as its own."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = authority.private_key_pem.bytes() + authority.cert_pem.bytes()
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return SecuredNewsroom(context, authority.cert_pem.bytes())


@dataclass(frozen=True, slots=True)
class Visit:
    """One crawl of servers with every kind of certificate, each once with and once without its pin."""

    crawled: Crawled
    servers: dict[str, SecuredNewsroom]
    desk: Desk

    def asked(self, name: str) -> list[str]:
        """Return what a server was asked for, once it had been believed."""
        return [request.path for request in self.servers[name].requests]


def kinds(trusted: trustme.CA) -> dict[str, SecuredNewsroom]:
    """Return a server of every broken kind; but for one thing each is in order."""
    return {
        "self-signed": make_self_signed(),
        "unknown": make_server(trustme.CA()),
        "expired": make_server(trusted, expired=True),
        "wrong-host": make_server(trusted, "other.example"),
        "tls-1-1": make_server(trusted, old=True),
    }


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Crawl them all on a machine that trusts one authority."""
    home, trusted = tmp_path_factory.mktemp("tls"), trustme.CA()
    trusted.cert_pem.write_to_path(home / "authority.pem")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(home / "authority.pem"))
        servers = {"good": make_server(trusted), **kinds(trusted), "changed": make_server(trusted)}
        pins = {"changed": servers["good"].fingerprint}
        for name, server in kinds(trusted).items():
            servers[f"pinned-{name}"], pins[f"pinned-{name}"] = server, server.fingerprint
        sources = [
            a_source(name, stack.enter_context(server).url("/feed"), certificate=pins.get(name))
            for name, server in servers.items()
        ]
        desk = stack.enter_context(Desk.open(home, sources))
        yield Visit(desk.crawl(), servers, desk)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("self-signed", "self-signed certificate"),
        ("expired", "certificate has expired"),
        ("wrong-host", "IP address mismatch"),
        ("unknown", "unable to get local issuer certificate"),
        ("tls-1-1", "protocol version"),
    ],
)
def test_f17_broken_tls_is_refused_before_a_request_is_sent(name: str, says: str, visit: Visit) -> None:
    assert visit.asked(name) == []
    cause = visit.crawled.cause(name)
    assert cause.startswith("TLS: ")
    assert says in cause


@pytest.mark.parametrize(
    "name", ["pinned-self-signed", "pinned-expired", "pinned-wrong-host", "pinned-unknown"]
)
def test_f17_certificate_that_is_pinned_is_accepted_for_feed_and_articles(name: str, visit: Visit) -> None:
    assert visit.crawled.cause(name) == ""
    assert visit.asked(name) == ["/robots.txt", "/feed", "/article"]
    assert [row.origin for row in visit.desk.articles(name)] == ["page"]


def test_f17_server_in_order_is_read(visit: Visit) -> None:
    assert visit.crawled.cause("good") == ""
    assert visit.asked("good") == ["/robots.txt", "/feed", "/article"]


def test_f17_pin_does_not_bring_old_tls_back(visit: Visit) -> None:
    assert visit.asked("pinned-tls-1-1") == []
    assert visit.crawled.cause("pinned-tls-1-1").startswith("TLS: ")


def test_f17_other_certificate_than_the_pinned_one_is_refused(visit: Visit) -> None:
    assert visit.asked("changed") == []
    assert visit.crawled.cause("changed") == "TLS: the certificate is not the one that sources.yaml pins"


def test_f17_status_warns_of_a_pin_for_ever(tmp_path: Path) -> None:
    pinned = a_source("pinned", "https://news.example/feed", certificate="ab" * 32)
    watch = Watch.open(tmp_path, [pinned, a_source("other", "https://other.example/feed")])
    assert watch.status().count("nobody vouches for it") == 1


@pytest.mark.parametrize(
    "written",
    [
        "ab" * 32,
        "AB" * 32,
        ":".join(["ab"] * 32),
        "sha256 Fingerprint=" + ":".join(["AB"] * 32),
    ],
)
def test_f17_fingerprint_is_taken_as_openssl_prints_it(written: str) -> None:
    assert parse_certificate(written) == b"\xab" * 32


@pytest.mark.parametrize("written", ["", "ab" * 20, "ab" * 33, "zz" * 32, 17, None])
def test_f17_what_is_no_fingerprint_is_refused_with_the_command_that_prints_one(written: object) -> None:
    with pytest.raises(ValueError, match="openssl x509"):
        parse_certificate(written)


@pytest.mark.parametrize("kind", [ProxyServer, SocksServer])
def test_f17_pin_holds_behind_a_proxy(kind: type[ProxyServer], tmp_path: Path) -> None:
    url = "https://outlet.example.org/feed"
    with make_self_signed() as server, kind({"*": server.port}) as proxy:
        common = {"proxy": proxy.url, "full_text": "feed"}
        sources = [
            a_source("pinned", url, certificate=server.fingerprint, **common),
            a_source("other", url.replace("outlet", "other"), certificate="ab" * 32, **common),
        ]
        with Desk.open(tmp_path, sources, allow_private=False) as desk:
            crawled = desk.crawl()
            assert [row.title for row in desk.entries("pinned")] == ["A secured article"]
        assert proxy.names == {"outlet.example.org", "other.example.org"}
        assert [request.path for request in server.requests] == ["/robots.txt", "/feed"]
    assert crawled.cause("pinned") == ""
    assert crawled.cause("other") == "TLS: the certificate is not the one that sources.yaml pins"
