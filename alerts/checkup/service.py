"""Which service a channel's address names, for channels whose messages are handed to Apprise. Nobody is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.message.platform import Delivery, Handover
from alerts.transport import adapter
from alerts.transport.handover import Service, ask_service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.config import Channel


async def services_of(channels: Sequence[Channel], now: datetime) -> dict[str, Service]:
    """Return by channel the service behind each address that only Apprise can read; the others are left out."""
    addresses = {}
    for channel in channels:
        if channel.platform.local:
            continue
        try:
            request = adapter.make_request(channel.platform, channel.keys, Delivery(b"", "check", now))
        except adapter.DefectError:
            continue  # told where a message is tried
        if isinstance(request, Handover):
            addresses[channel.id] = request.address
    found = await asyncio.gather(*map(ask_service, addresses.values()))
    return dict(zip(addresses, found, strict=True))
