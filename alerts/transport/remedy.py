"""What a person can do about a message that was not delivered: the platform's own advice, then what helps anywhere.

Reads the outcome's reason, which is made of our own words, of codes and of statuses; asks nobody. A platform's table
(`Platform.remedies`) and ours are looked through in order, and the first phrase that stands in the reason counts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from alerts.message.platform import Rejected, RetryLater, Sent, TargetDead, Unknown
from alerts.transport import failure

if TYPE_CHECKING:
    from alerts.message.platform import Outcome, Platform

_PROXY = "`proxy` under `network` in settings.yaml"
_COMMON = (
    (failure.LOGIN_WANTED, f"Correct user name and password in {_PROXY}."),
    (
        failure.NO_PROXY,
        f"See whether the proxy runs (Tor: systemctl status tor) and whether {_PROXY} names it.",
    ),
    (
        "the proxy",
        f"See whether the proxy at {_PROXY} is the right kind (http, socks5h) and may reach this host.",
    ),
    (
        failure.NO_NAME,
        "Look for a slip in the channel's host, and whether this machine finds names at all (getent hosts HOST); "
        "behind a firewall it may need a proxy.",
    ),
    (
        "not valid yet",
        "Set this machine's clock (timedatectl); if it is right, the server's certificate is wrong.",
    ),
    (
        failure.BAD_TLS,
        "Whoever answers cannot prove to be this host: an expired or self-made certificate, or somebody in between who "
        "reads along. Nothing was sent. On a server of your own, renew the certificate.",
    ),
    (
        failure.REFUSED,
        "The machine is there, the service is not: look at host and port of the channel, and whether it runs.",
    ),
    (
        failure.LATE_CONNECTION,
        "The host does not answer at all: it is down, or something blocks the way; some countries and firewalls need "
        f"a proxy ({_PROXY}).",
    ),
    (failure.NO_CONNECTION, "The network between this machine and the host is broken; try again later."),
    (
        "answer in time",
        "The server has the message and says nothing: it is overloaded, or something on the way swallows its answers.",
    ),
    (
        "connection lost",
        "The connection broke before the answer came: look at the network, or at a proxy on the way.",
    ),
    ("broke off", "The server broke off before it answered: it may be restarting; try again later."),
    ("not a usable address", "Correct the channel's address; it begins with https:// and names a host."),
    (
        "with a web page",
        "An API answers no web page: the address is that of a page (or of another server), or a login page of the "
        "network (hotel, provider, company) stands in between. Open the host in a browser on this machine.",
    ),
    ("address has moved", "Put the new address into channels.yaml; a message follows no redirect."),
    ("HTTP 401", "The platform does not know this address or token. Make a new one."),
    ("HTTP 403", "The platform knows who asks and forbids it. Look at the permissions, or make a new one."),
    ("HTTP 404", "Nothing is at this address: it was deleted, or copied in part. Make a new one."),
    ("HTTP 405", "This address takes no messages: it is probably that of a page. Copy the webhook's own."),
    ("HTTP 410", "It was deleted for good. Make a new one."),
    ("HTTP 413", "The message is too large for this server; a run sends it in pieces."),
    ("defect in", "The adapter of this platform is broken; tell its author."),
)


def find_remedy(platform: Platform, reason: str) -> str:
    """Return what helps against *reason*, "" where nothing is known."""
    for phrase, remedy in (*platform.remedies, *_COMMON):
        if phrase in reason:
            return remedy
    return ""


def explain(platform: Platform, outcome: Outcome) -> str:
    """Return in a few sentences what an answer means and what to do: of a test message, which nobody repeats."""
    match outcome:
        case Sent(message_id):
            took = "the platform took the message" + (f" (id {message_id})" if message_id else "")
            return _join(took, platform.accepted or "Look whether it stands there.")
        case RetryLater(reason, after, rate_limited):
            wait = f"Wait {_duration(after)}, then try again." if after else "Try again in a minute."
            if rate_limited:
                limit = f"{wait} Nothing is wrong with the channel; a run waits by itself."
                return _join(f"not delivered: {reason}", find_remedy(platform, reason), limit)
            return _join(f"not delivered: {reason}", find_remedy(platform, reason) or wait)
        case Unknown(reason):
            look = "Look into the channel: the message may be there all the same."
            return _join(f"no clear answer: {reason}", find_remedy(platform, reason), look)
        case Rejected(reason):
            plain = "The channel works, but it refuses this message; a run would send it plainer."
            return _join(f"refused: {reason}", find_remedy(platform, reason) or plain)
        case TargetDead(reason):
            return _join(f"this channel does not work: {reason}", find_remedy(platform, reason))
        case _ as never:
            assert_never(never)


def _join(first: str, *rest: str) -> str:
    return " ".join([f"{first}.", *filter(None, rest)])


def _duration(wait: timedelta) -> str:
    seconds = max(round(wait.total_seconds()), 1)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
