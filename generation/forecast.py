"""What the pool can still make today: credits over accounts, at today's prices. Days are those of Shanghai."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.display import grouped
from accounts.funds import FUNDS_FIELDS, Funds, row_funds
from accounts.models import Account
from accounts.shanghai import day_of, end_of
from generation import catalog

PICTURE_RESOLUTION, VIDEO_SECONDS = "2k", "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolForecast:
    """Counts only accounts that can serve today: enabled, logged in, and at rest no longer than today.

    `pictures` or `videos`: how many of the default models (2k; 5 s), either of them, not both.
    `lapsing` credits do so at `lapses_at`, the end of today, unless they are spent. `unknown`: how many of the
    `accounts` have a balance that was never read; their credits are not counted.
    """

    gift: int
    purchase: int
    vip: int
    pictures: int
    videos: int
    lapsing: int
    lapses_at: datetime
    accounts: int
    unknown: int

    @property
    def paid(self) -> int:
        return self.purchase + self.vip

    @property
    def credits(self) -> int:
        return self.gift + self.paid


def pool_forecast(*, at: datetime) -> PoolForecast:
    """One query."""
    tonight = end_of(day_of(at))
    picture_credits = catalog.price_credits(catalog.MODELS[catalog.DEFAULT_IMAGE_MODEL], PICTURE_RESOLUTION)
    video_credits = catalog.price_credits(catalog.MODELS[catalog.DEFAULT_VIDEO_MODEL], VIDEO_SECONDS)
    rows = _usable(tonight)
    known = [(row, funds) for row in rows if (funds := row_funds(row, at=at)) is not None]
    purchase = sum(_purchase(row, funds) for row, funds in known)
    return PoolForecast(
        gift=sum(funds.gift for _row, funds in known),
        purchase=purchase,
        vip=sum(funds.paid for _row, funds in known) - purchase,
        pictures=sum(funds.total // picture_credits for _row, funds in known),
        videos=sum(funds.total // video_credits for _row, funds in known),
        lapsing=sum(_lapsing(funds, tonight) for _row, funds in known),
        lapses_at=tonight,
        accounts=len(rows),
        unknown=len(rows) - len(known),
    )


def _usable(tonight: datetime) -> list[dict[str, Any]]:
    pool = Account.objects.in_pool().filter(enabled=True).exclude(health=Account.Health.EXPIRED)
    away = Q(health=Account.Health.RESTING, rest_until__gt=tonight)
    # One without credits rests until the next day: it can serve, it only has nothing.
    dry = Q(rest_reason=Account.RestReason.NO_CREDITS)
    return list(pool.exclude(away & ~dry).order_by().values(*FUNDS_FIELDS))


def _purchase(row: dict[str, Any], funds: Funds) -> int:
    """The bought part of what is paid for: a member's credits are spent before it."""
    return min(row["purchase_credits"] or 0, funds.paid)


def _lapsing(funds: Funds, tonight: datetime) -> int:
    return sum(credits for lapse, credits in funds.gifts if lapse is not None and lapse <= tonight)


def forecast_sentence(forecast: PoolForecast) -> str:
    """For pages: what is left of the day, in the reader's language."""
    if forecast.accounts == forecast.unknown:
        return _("No balance is known yet.") if forecast.accounts else _("No account can serve today.")
    pictures = ngettext("%(count)s picture at 2k", "%(count)s pictures at 2k", forecast.pictures)
    videos = ngettext("%(count)s video of 5 s", "%(count)s videos of 5 s", forecast.videos)
    enough = _("Enough for about %(pictures)s or %(videos)s today") % {
        "pictures": pictures % {"count": grouped(forecast.pictures)},
        "videos": videos % {"count": grouped(forecast.videos)},
    }
    if not forecast.lapsing:
        return _("%(enough)s.") % {"enough": enough}
    lapse = ngettext("%(count)s credit lapses at %(time)s", "%(count)s credits lapse at %(time)s", forecast.lapsing)
    time = date_format(localtime(forecast.lapses_at), "H:i")
    return _("%(enough)s; %(lapse)s.") % {
        "enough": enough,
        "lapse": lapse % {"count": grouped(forecast.lapsing), "time": time},
    }
