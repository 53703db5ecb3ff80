"""Sends what the outbox holds: several at once, none held up by a slow receiver."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts import services as accounts
from accounts.services import Parcel
from generation.upstream.posting import Poster, PostFailed
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

EVERY_S = 1.0
AT_ONCE = 8


class Courier:
    """`run` sends all that is due, and what comes due meanwhile."""

    def __init__(self) -> None:
        self._poster: Poster | None = None

    async def run(self) -> None:
        under_way: dict[asyncio.Task[None], str] = {}
        try:
            while True:
                receivers = list(under_way.values())
                claimed = await in_database(
                    accounts.deliveries_claim, at=timezone.now(), limit=AT_ONCE - len(receivers), under_way=receivers
                )
                for parcel in claimed:
                    task = asyncio.get_running_loop().create_task(
                        self._deliver(parcel), name="delivery", context=contextvars.Context()
                    )
                    under_way[task] = parcel.receiver
                if not under_way:
                    return
                done, _still = await asyncio.wait(under_way, timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del under_way[task]
                    if (error := task.exception()) is not None:
                        logger.error("An outcome was not stored", extra={"action": "delivery"}, exc_info=error)
        finally:
            for task in under_way:
                task.cancel()  # their claims run out, and they are sent again
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._close()

    async def _deliver(self, parcel: Parcel) -> None:
        self._poster = self._poster or Poster()
        error = await outcome(self._poster, parcel, at=timezone.now())
        await in_database(settle, parcel, error, at=timezone.now())

    async def _close(self) -> None:
        """Messages are rare: no connection is kept between them."""
        poster, self._poster = self._poster, None
        if poster is not None:
            await poster.aclose()


async def outcome(poster: Poster, parcel: Parcel, *, at: datetime) -> str:
    """Send it; why it failed, "" if it did not."""
    try:
        await poster.send(parcel, at=at)
    except PostFailed as failure:
        about = {"action": "delivery", "delivery": parcel.message_id, "attempt": parcel.attempt, "reason": str(failure)}
        logger.warning("A message could not be delivered", extra=about)
        return str(failure)
    except Exception:
        logger.exception("A delivery was interrupted", extra={"action": "delivery", "delivery": parcel.message_id})
        return _("Something of ours broke: see the log.")
    return ""


def settle(parcel: Parcel, error: str, *, at: datetime) -> None:
    """Write down what became of a message."""
    if error:
        accounts.delivery_failed(parcel=parcel, error=error, at=at)
    else:
        accounts.delivery_delivered(parcel=parcel, at=at)


def deliver_now(*, limit: int = AT_ONCE, only: int | None = None) -> list[tuple[Parcel, str]]:
    """Send what is due from a thread of one's own, without engine and lanes: for the watchdog and for commands.

    Returns each message with why it failed, "" if it did not.
    """
    parcels = accounts.deliveries_claim(at=timezone.now(), limit=limit, only=only)
    if not parcels:
        return []
    told = list(zip(parcels, asyncio.run(_send_all(parcels)), strict=True))
    for parcel, error in told:
        settle(parcel, error, at=timezone.now())
    return told


async def _send_all(parcels: list[Parcel]) -> list[str]:
    poster = Poster()
    try:
        return await asyncio.gather(*(outcome(poster, each, at=timezone.now()) for each in parcels))
    finally:
        await poster.aclose()
