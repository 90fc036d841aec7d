"""What chat platforms' answers have in common: waits named in bodies, pages that no platform wrote.

Owns no platform's error codes; never raises, whatever a proxy sends.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.message.platform import RetryLater, read_retry_after

if TYPE_CHECKING:
    from alerts.message.platform import HttpResponse

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


def is_web_page(response: HttpResponse) -> bool:
    """Tell whether the body is HTML: a proxy or captive portal spoke, not the platform."""
    return response.body.lstrip()[:1] == b"<"
