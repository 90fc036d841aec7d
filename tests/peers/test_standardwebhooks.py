"""The specification's own library accepts what we sign, and nothing that was altered or is old."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.channels.webhook import WebhookKeys, render, request
from alerts.message.platform import Delivery, HttpRequest, Style
from crawler.clock import utc_now
from tests.builders import a_full_digest
from tests.chatroom import SECRET
from tests.peers.tally import count
from tests.situations import SITUATIONS, digest_of

KEYS = WebhookKeys.model_validate({"url": "https://example.org/hook", "secret": SECRET})
Headers = dict[str, str]


def signed(body: bytes, ago: timedelta = timedelta()) -> HttpRequest:
    return request(KEYS, Delivery(body, "digest-desk-1-abcd", utc_now() - ago))


def verify(body: bytes, headers: Mapping[str, str], secret: str = SECRET) -> object:
    count("standardwebhooks")
    return Webhook(secret).verify(body, dict(headers))


@pytest.mark.parametrize("style", list(Style))
def test_every_message_is_accepted(style: Style) -> None:
    for situation in SITUATIONS:
        for part in render(digest_of(situation), KEYS, style):
            sent = signed(part.body)
            assert verify(sent.body, sent.headers)


ALTERED: Mapping[str, Callable[[bytes, Headers], tuple[bytes, Headers]]] = {
    "a letter of the body": lambda body, headers: (body.replace(b"Loikaw", b"Loikow", 1), headers),
    "a space after the body": lambda body, headers: (body + b" ", headers),
    "the id": lambda body, headers: (body, headers | {"webhook-id": "digest-desk-2-abcd"}),
    "the time": lambda body, headers: (
        body,
        headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)},
    ),
    "a letter of the signature": lambda body, headers: (
        body,
        headers | {"webhook-signature": headers["webhook-signature"][:-3] + "AA="},
    ),
    "no signature": lambda body, headers: (body, headers | {"webhook-signature": ""}),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_message_is_refused(what: str) -> None:
    (part, *_) = render(a_full_digest(), KEYS, Style.RICH)
    sent = signed(part.body)
    body, headers = ALTERED[what](sent.body, dict(sent.headers))
    with pytest.raises(WebhookVerificationError):
        verify(body, headers)


def test_another_secret_is_refused() -> None:
    sent = signed(b"{}")
    with pytest.raises(WebhookVerificationError):
        verify(sent.body, sent.headers, "whsec_" + "b3RoZXIgc2VjcmV0IG9mIGEgc3RyYW5nZXI=")


@pytest.mark.parametrize("ago", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_an_old_or_a_future_message_is_refused_and_its_repeat_accepted(ago: timedelta) -> None:
    old = signed(b"{}", ago)
    with pytest.raises(WebhookVerificationError):
        verify(old.body, old.headers)
    again = signed(b"{}")
    assert again.headers["webhook-id"] == old.headers["webhook-id"]
    verify(again.body, again.headers)
