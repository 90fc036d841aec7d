"""One attempt at one message, whatever carries it: the request is built, sent and its answer read. Stores nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, assert_never

from alerts.message.platform import Handover, HttpRequest, RetryLater, Unknown
from alerts.transport import adapter
from alerts.transport.handover import hand_over
from alerts.transport.http import DEFAULT_TIMEOUTS, Client, Timeouts
from crawler.errors import TransportError

if TYPE_CHECKING:
    from alerts.config import Channel
    from alerts.message.platform import Delivery, Outcome
    from crawler.config import Settings


class Carrier:
    """The ways out of this machine for one run's messages; use it as an async context manager."""

    def __init__(self, settings: Settings, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._client = Client.for_settings(settings, timeouts)
        self._timeouts = timeouts
        self._user_agent = settings.user_agent
        self._proxy = settings.network.way_out

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *about: object) -> None:
        await self._client.__aexit__(*about)

    async def carry(self, channel: Channel, delivery: Delivery) -> Outcome:
        """Send *delivery* to *channel* once and return how it went.

        Raises `DefectError` of an adapter whose request cannot be built or sent, or that cannot read the answer.
        """
        platform = channel.platform
        request = adapter.make_request(platform, channel.keys, delivery)
        try:
            match request:
                case HttpRequest():
                    response = await self._client.send(request)
                case Handover():
                    return await hand_over(request, self._user_agent, self._proxy, self._timeouts)
                case _ as never:
                    assert_never(never)
        except TransportError as error:
            return Unknown(str(error)) if error.sent else RetryLater(str(error))
        except Exception as error:  # of httpx, about a request of strange parts
            fault = f"made a request that cannot be sent: {adapter.fault_of(error)}"
            raise adapter.DefectError(platform, "request", fault, sent=True) from None
        return adapter.classify(platform, response)
