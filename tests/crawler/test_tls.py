"""TLS: a certificate that nobody vouches for ends the conversation before a request is sent."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.crawler.crawling import QUICK, Desk
from tests.e2e.program import a_source


def write_certificate(path: Path) -> None:
    """Write a self-signed certificate for 127.0.0.1, valid for long, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    )


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the port of a TLS server and the list of what clients said to it."""
    write_certificate(tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # an SSLError is one
                connection.settimeout(5)
                with context.wrap_socket(connection, server_side=True) as secured:
                    heard.append(secured.recv(1000))
                    secured.sendall(
                        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], heard
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


@pytest.mark.parametrize("verified", [True, False])
def test_certificate_that_nobody_vouches_for_is_refused(
    verified: bool, tmp_path: Path, tls_server: tuple[int, list[bytes]]
) -> None:
    port, heard = tls_server
    with Desk.open(tmp_path, [a_source("one", f"https://127.0.0.1:{port}/feed?key=canary")]) as desk:
        crawled = desk.crawl(settings={**QUICK, "DOWNLOAD_VERIFY_CERTIFICATES": verified})
    if verified:
        assert heard == []
        assert crawled.cause("one").startswith("TLS: ")
        assert "certificate" in crawled.cause("one")
    else:  # the server works: it is the certificate that was refused
        assert [line.partition(b" HTTP")[0] for line in heard] == [
            b"GET /robots.txt",
            b"GET /feed?key=canary",
        ]
        assert crawled.cause("one") == "404 not found"
