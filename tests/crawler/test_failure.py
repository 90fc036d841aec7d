"""Causes in words: every transport failure and status has one, and none shows an address."""

from __future__ import annotations

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import exceptions
from scrapy.exceptions import IgnoreRequest

from crawler.errors import FetchError
from crawler.net.failure import describe_failure, describe_status
from crawler.net.guard import BlockedAddressError
from crawler.net.robots import RobotsForbidError, RobotsUnreachableError

URL = "https://news.example/feed?key=canary"


def caused(error: Exception, *causes: Exception) -> Exception:
    """Return *error* with a chain of causes, as ``raise ... from`` makes it."""
    last = error
    for cause in causes:
        last.__cause__ = cause
        last = cause
    return error


FRAME = "Cannot connect to host news.example:443 ssl:<ssl.SSLContext object at 0x7f> [{}]"
BLOCKED = BlockedAddressError("10.0.0.1 is not a public address; refused")
PORT = OSError(
    "Multiple exceptions: port 22 is not a web port; refused, [Errno 111] Connect call failed ('::1', 22)"
)
# error, its words, whether it is the network's fault
FAILURES = [
    (
        exceptions.CannotResolveHostError(FRAME.format("Name or service not known")),
        "host name not found",
        True,
    ),
    (
        exceptions.DownloadTimeoutError(f"Getting {URL} took longer than 20 seconds."),
        "no answer in time",
        True,
    ),
    (
        exceptions.DownloadConnectionRefusedError(FRAME.format("Connect call failed")),
        "connection refused",
        True,
    ),
    (exceptions.ResponseDataLossError(), "answer cut short", True),
    (exceptions.DownloadCancelledError(f"{URL} too large"), "answer too large", False),
    (exceptions.UnsupportedURLSchemeError(URL), "address scheme refused", False),
    (
        exceptions.DownloadConnectionRefusedError(
            FRAME.format(
                "SSLCertVerificationError: (1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired')"
            )
        ),
        "TLS: certificate has expired",
        True,
    ),
    (
        caused(exceptions.DownloadConnectionRefusedError(FRAME.format("None")), BLOCKED),
        "blocked: 10.0.0.1 is not a public address",
        False,
    ),
    (
        caused(
            exceptions.DownloadConnectionRefusedError(FRAME.format("None")), aiohttp.ClientError("x"), PORT
        ),
        "blocked: port 22 is not a web port",
        False,
    ),
    (
        exceptions.DownloadFailedError(
            "400, message='Too many headers received', url='https://news.example/'"
        ),
        "broken answer: Too many headers received",
        True,
    ),
    (
        exceptions.DownloadFailedError(
            "400, message=\"Invalid character in chunk size:\\n\\n  b'ZZZ'\\n    ^\", url='https://news.example/'"
        ),
        "broken answer: Invalid character in chunk size",
        True,
    ),
    (exceptions.DownloadFailedError("Server disconnected"), "broken answer: Server disconnected", True),
    (
        IgnoreRequest(f"Ignored response <200 {URL}> because its body exceeded DOWNLOAD_MAXSIZE (1 B)"),
        "answer too large",
        False,
    ),
    (IgnoreRequest("max redirections reached"), "max redirections reached", False),
    (IgnoreRequest(), "refused", False),
    (RobotsForbidError("robots.txt forbids this address"), "robots.txt forbids this address", False),
    (RobotsUnreachableError("no answer in time"), "no answer in time", True),
    (RobotsUnreachableError("TLS: certificate has expired"), "TLS: certificate has expired", True),
    (FetchError("404 not found", status=404), "404 not found", False),
    (KeyError("what nobody thought of"), "KeyError: 'what nobody thought of'", False),
    (ZeroDivisionError(), "ZeroDivisionError", False),
]


@pytest.mark.parametrize(("error", "words", "transport"), FAILURES)
def test_failure_has_a_cause_in_words(error: Exception, words: str, transport: bool) -> None:
    failure = describe_failure(error)
    assert (failure.cause, failure.transport) == (words, transport)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(
        [KeyError, IgnoreRequest, exceptions.DownloadFailedError, exceptions.DownloadTimeoutError]
    ),
    st.text(max_size=400),
)
def test_no_cause_shows_an_address_or_fills_the_screen(kind: type[Exception], noise: str) -> None:
    cause = describe_failure(kind(f"{noise} {URL} {noise}")).cause
    assert "canary" not in cause
    assert 0 < len(cause) <= 200
    assert "\n" not in cause


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "204 unexpected answer"),
        (302, "302 redirect that was not followed"),
        (400, "400 refused"),
        (401, "401 login wanted"),
        (403, "403 forbidden"),
        (404, "404 not found"),
        (410, "410 gone"),
        (418, "418 refused"),
        (429, "429 too many requests"),
        (451, "451 blocked for legal reasons"),
        (500, "500 server error"),
        (522, "522 server error"),
        (999, "999 unexpected answer"),
    ],
)
def test_status_has_a_meaning_and_is_kept(status: int, words: str) -> None:
    failure = describe_status(status, {}, b"<title>x</title>")
    assert (failure.cause, failure.status, failure.transport) == (words, status, False)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"cf-mitigated": "challenge"}, b""),
        ({"cf-mitigated": "Challenge"}, b"anything"),
        ({}, b"<html><head><TITLE>Just a moment...</TITLE>"),
        ({}, b"<script src='https://challenges.cloudflare.com/turnstile/v0/api.js'>"),
    ],
)
@pytest.mark.parametrize("status", [403, 429, 503])
def test_challenge_of_a_protection_service_is_named(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    assert describe_status(status, headers, body).cause == f"{status} challenge page"
