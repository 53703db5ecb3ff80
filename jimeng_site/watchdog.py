"""The watchdog: a thread of each process that tells when the engine, wherever it runs, has stalled.

A thread, since a stalled event loop cannot tell that it has stalled; with a connection of its own, since the lanes
may be what has stalled.
"""

from __future__ import annotations

import logging
import threading

from django.db import connections
from django.utils import timezone

from generation.engine.stall import StallWatch, check_every_s

logger = logging.getLogger(__name__)

STOP_S = 1.0  # a look is short; one that sends messages is left behind


class Watchdog:
    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Holds a shutdown up for a second at most."""
        self._stop.set()
        self._thread.join(STOP_S)

    def _watch(self) -> None:
        watch, was_stalled = StallWatch(watching_since=timezone.now()), False
        while not self._stop.wait(check_every_s()):
            try:
                is_stalled = watch.look(at=timezone.now())
                if is_stalled and not was_stalled:
                    logger.error("The engine gives no sign of life", extra={"action": "engine_stalled"})
                was_stalled = is_stalled
            except Exception:
                logger.exception("The watchdog could not look", extra={"action": "watchdog"})
            finally:
                connections.close_all()
