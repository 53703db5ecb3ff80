"""How often the engine looks by itself at what nobody tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between looks. A simulation of days, where nothing happens outside of this process, looks less often."""

    lock_retry_s: float = 1.0  # a standby process tries to take over the engine
    intake_s: float = 0.5  # generations that other processes stored
    sweep_alone_s: float = 5.0  # ends that waiting requests were not told of
    sweep_shared_s: float = 0.2  # the same, while another process may run the engine
    probes_s: float = 2.0  # accounts that are due for a look
    housekeeping_s: float = 2.0  # files and thumbnails that are missing
    duties_at_least_s: float = 0.0  # between two runs of a duty, whatever it wants itself
