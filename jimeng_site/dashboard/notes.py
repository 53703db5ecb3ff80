"""What a person should look at: weak settings, and a pool that needs hands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.display import Colour
from accounts.models import AlertChannel
from accounts.shanghai import day_of, start_of
from jimeng_site.dashboard.pool import Pool

SECRET_KEY_MIN_CHARS = 40
DISK_MIN_BYTES = 2 * 1024**3
DISK_MIN_SHARE = 0.05
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`link`: to the page that helps, "" if it is a setting. `setting`: its name, "" if it is none."""

    words: str
    colour: Colour = "warning"
    link: str = ""
    setting: str = ""


def notes(pool: Pool, *, at: datetime) -> list[Note]:
    """The worst first. One query, of the alert channels."""
    found = [*_of_settings(), *_of_disk(), *_of_alerts(), *_of_pool(pool, at=at)]
    return sorted(found, key=lambda note: note.colour != "danger")


def _of_settings() -> Iterator[Note]:
    reached = settings.HOST not in _LOOPBACK or _is_public(settings.PUBLIC_BASE_URL)
    if settings.DEBUG:
        yield Note(
            words=_("Debug mode is on: errors show the gateway's inside to everybody."),
            colour="danger",
            setting="DEBUG",
        )
    if settings.HOST in ("0.0.0.0", "::") and not settings.PUBLIC_BASE_URL.startswith("https://"):  # noqa: S104
        words = _("The gateway listens on all addresses without HTTPS: passwords, keys and sessionids travel readable.")
        yield Note(words=words, setting="PUBLIC_BASE_URL")
    if settings.JIMENG_PASSTHROUGH and reached:
        words = _("Whoever reaches the gateway may use it with a sessionid of their own.")
        yield Note(words=words, setting="JIMENG_PASSTHROUGH")
    if len(settings.SECRET_KEY) < SECRET_KEY_MIN_CHARS:
        yield Note(words=_("The secret key is short enough to be guessed."), colour="danger", setting="SECRET_KEY")


def _is_public(url: str) -> bool:
    return bool(url) and (urlsplit(url).hostname or "") not in _LOOPBACK


def _of_disk() -> Iterator[Note]:
    folder = settings.JIMENG_DATA_DIR
    disk = shutil.disk_usage(folder) if folder.exists() else None
    if disk is not None and disk.free < max(DISK_MIN_BYTES, DISK_MIN_SHARE * disk.total):
        free = _("%(count).1f GB") % {"count": disk.free / 1024**3}
        words = _("The disk of the data folder is nearly full: %(free)s are left.") % {"free": free}
        yield Note(words=words, colour="danger", setting="JIMENG_DATA_DIR")


def _of_alerts() -> Iterator[Note]:
    formats = set(AlertChannel.objects.filter(enabled=True).values_list("format", flat=True))
    if AlertChannel.Format.EMAIL in formats and not settings.EMAIL_URL:
        words = _("Alerts go to an e-mail address, but mails are only written to the log.")
        yield Note(words=words, setting="EMAIL_URL")
    if not formats:
        try:
            link = reverse("admin:accounts_alertchannel_changelist")
        except NoReverseMatch:
            return
        yield Note(
            words=_("Nobody is told when an account fails: there is no alert channel."), colour="info", link=link
        )


def _of_pool(pool: Pool, *, at: datetime) -> Iterator[Note]:
    accounts = reverse("admin:accounts_account_changelist")
    if not pool.size:
        yield Note(words=_("There are no accounts: add a Jimeng login."), colour="danger", link=accounts)
        return
    ill, expiring, no_gift = (pool.questions[name] for name in ("ill", "expiring", "no_gift"))
    if ill.count:
        words = ngettext("%(count)d account is ill.", "%(count)d accounts are ill.", ill.count)
        yield Note(words=words % {"count": ill.count}, link=f"{accounts}?{ill.query}")
    if expiring.count:
        words = ngettext("%(count)d login expires soon.", "%(count)d logins expire soon.", expiring.count)
        yield Note(words=words % {"count": expiring.count}, link=f"{accounts}?{expiring.query}")
    if no_gift.count and settings.JIMENG_CHECK_IN and _is_past_check_ins(at):
        words = ngettext(
            "%(count)d account has not checked in today.",
            "%(count)d accounts have not checked in today.",
            no_gift.count,
        )
        yield Note(words=words % {"count": no_gift.count}, link=f"{accounts}?{no_gift.query}")


def _is_past_check_ins(at: datetime) -> bool:
    """Each account has its moment in the first hours of the day; then an hour for what was late."""
    return at - start_of(day_of(at)) > timedelta(seconds=settings.JIMENG_CHECK_IN_SPREAD_S, hours=1)
