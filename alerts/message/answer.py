"""What chat platforms' answers have in common: waits named in bodies, pages that no platform wrote.

Owns no platform's error codes; never raises, whatever a proxy sends.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.message.platform import (
    RetryLater,
    Sent,
    TargetDead,
    Unknown,
    classify_status,
    read_retry_after,
)

if TYPE_CHECKING:
    from alerts.message.platform import HttpResponse, Outcome

_LONGEST_WAIT_S = 86_400.0


def rate_limited(response: HttpResponse, asked_s: object = None) -> RetryLater:
    """Return the wait of a 429: the longer of ``Retry-After`` and *asked_s*, the seconds in the body.

    Anything but a finite number in *asked_s* counts as absent; waits are cut to one day.
    """
    waits = [read_retry_after(response)]
    if isinstance(asked_s, int | float) and not isinstance(asked_s, bool):
        try:
            seconds = float(asked_s)
        except OverflowError:
            seconds = _LONGEST_WAIT_S
        if math.isfinite(seconds):
            waits.append(timedelta(seconds=min(max(seconds, 0.0), _LONGEST_WAIT_S)))
    wait = max((wait for wait in waits if wait is not None), default=None)
    return RetryLater(f"HTTP {response.status}: rate limited", after=wait, rate_limited=True)


def classify_api(response: HttpResponse, service: str) -> Outcome:
    """Read a status as `classify_status` does, but believe no success that is a web page: *service* answers none."""
    outcome = classify_status(response)
    if isinstance(outcome, Sent) and is_web_page(response):
        said = f"HTTP {response.status} with a web page"
        return Unknown(f"{said}: something stands between us and {service}")
    return outcome


def spare_channel(outcome: Outcome, *, is_named: bool) -> Outcome:
    """Return what *outcome* means for an edit: a bare status may be about the message or a proxy, so it is tried later.

    *is_named* says that the platform itself names the channel as gone or forbidden.
    """
    return outcome if is_named or not isinstance(outcome, TargetDead) else RetryLater(outcome.reason)


def is_web_page(response: HttpResponse) -> bool:
    """Tell whether the body is HTML: a proxy or captive portal spoke, not the platform."""
    return response.body.lstrip()[:1] == b"<"
