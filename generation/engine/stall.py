"""Whether the engine has stalled, as another thread or process sees it: by the beat in the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts import services as accounts
from accounts.alerts import ENGINE
from accounts.models import Account, Alert, AlertKind
from generation.engine.deliveries import deliver_now
from generation.models import EngineBeat, Generation

CHECK_S = 15.0


def check_every_s() -> float:
    stalled_s: float = settings.JIMENG_STALLED_S
    return min(CHECK_S, stalled_s / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last sign of life. `holder` "": there was none yet."""

    holder: str = ""
    at: datetime | None = None


class StallWatch:
    """`look` is called again and again; `watching_since`: a silence before that proves nothing.

    A silence counts when it is seen twice: a machine that slept wakes with an old beat, and the engine is as quick to
    beat as we are to look.
    """

    def __init__(self, *, watching_since: datetime) -> None:
        self._since = watching_since
        self._suspect: Beat | None = None

    def look(self, *, at: datetime) -> bool:
        """Tell of a stalled engine, and send what it does not send. Returns whether it has stalled."""
        beat = last_beat()
        silent_s = (at - max(self._since, beat.at or self._since)).total_seconds()
        if silent_s < settings.JIMENG_STALLED_S or not _is_needed():
            self._suspect = None
            return False
        if self._suspect != beat:
            self._suspect = beat
            return False
        if not _is_told():
            accounts.alert_raise(
                kind=AlertKind.ENGINE_STALLED,
                subject=ENGINE,
                at=at,
                holder=beat.holder or "?",
                silent_s=round(silent_s),
            )
        accounts.alerts_repeat(at=at)
        deliver_now()
        return True


def last_beat() -> Beat:
    row = EngineBeat.objects.order_by("pk").values("holder", "beat_at").first()
    return Beat() if row is None else Beat(holder=row["holder"], at=row["beat_at"])


def _is_needed() -> bool:
    """Without accounts and open generations there is nothing that it should do."""
    in_pool = Account.objects.in_pool().filter(enabled=True)
    return in_pool.exists() or Generation.objects.still_open().exists()


def _is_told() -> bool:
    return Alert.objects.filter(kind=AlertKind.ENGINE_STALLED, subject=ENGINE, resolved_at__isnull=True).exists()
