"""How the gateway is served. Every hook here mends something that was measured (docs/adr/0003-server.md)."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jimeng_site.settings")

from django.conf import settings

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3  # from glibc's malloc.h

bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "asgi"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
asgi_lifespan = "on"
backlog = 4096
timeout = 120
graceful_timeout = settings.JIMENG_GRACEFUL_TIMEOUT_S
keepalive = 75
control_socket_disable = True
accesslog = None
logconfig_dict = settings.LOGGING


def post_fork(server: Any, worker: Any) -> None:

    # glibc keeps an arena for each thread, and grows its heap for pictures instead of giving them back.
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 2)
        libc.mallopt(M_MMAP_THRESHOLD, 256 * 1024)
    # The master kills with SIGKILL after its own grace time: leave 4 s of it for lifespan.shutdown.
    worker.cfg.set("graceful_timeout", max(1, server.cfg.graceful_timeout - 4))


def post_worker_init(worker: Any) -> None:
    # gunicorn 27.0.1's ASGI worker forgets `backlog` and listens with 100: bursts then wait for SYN retries.
    worker.loop.call_later(0.2, lambda: [listener.sock.listen(worker.cfg.backlog) for listener in worker.sockets])

    # Waiting requests are answered before the grace time ends, so they must hear of SIGTERM when it comes.
    from generation.engine import runtime

    def on_terminate() -> None:
        worker.handle_exit_signal()
        runtime.stopping_in(max(1.0, worker.cfg.graceful_timeout - 2.0))

    worker.loop.add_signal_handler(signal.SIGTERM, on_terminate)
