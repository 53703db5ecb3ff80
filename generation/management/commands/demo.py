"""`manage.py demo`: the whole gateway against the sandbox, with a login, an account pool and a key ready to use."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

ACCOUNTS = {"Alice": "sb-alice-demo", "Bob": "sb-bob-demo", "Carol (login expired)": "sb-carol-demo--expired"}
USER = "demo"
START_TIMEOUT_S = 60.0


class Command(BaseCommand):
    help = "Start the sandbox and the gateway in front of it, and print how to use them. Ctrl-C ends both."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("JIMENG_DEMO_CHILD") != "1":
            self._restart_with_demo_settings()
        begun = float(os.environ["JIMENG_DEMO_BEGUN"])
        sandbox_url = os.environ["JIMENG_BASE_URL"]
        processes: list[subprocess.Popen[bytes]] = []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            processes.append(self._start_sandbox(sandbox_url))
            password, key = self._fill()
            processes.append(subprocess.Popen([_beside("gunicorn"), "jimeng_site.asgi:application"]))
            base_url = f"http://{settings.HOST}:{settings.PORT}"
            _wait_for(settings.HOST, settings.PORT, processes[-1])
            self.stdout.write(_welcome(base_url, password, key, time.time() - begun))
            self.stdout.flush()
            processes[-1].wait()
        except KeyboardInterrupt:
            pass
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in reversed(processes):
                process.wait()

    def _restart_with_demo_settings(self) -> None:
        """Settings are read from the environment once, so the demo sets its own and starts anew."""
        data_dir = Path(os.environ.get("JIMENG_DATA_DIR", settings.BASE_DIR / "data")) / "demo"
        sandbox_port = _free_port()
        port = str(_free_port(preferred=settings.PORT))
        if "PORT" in os.environ and port != str(settings.PORT):
            raise CommandError(f"Port {settings.PORT} is in use by another program. Set PORT to a free one.")
        demo = {
            "JIMENG_DEMO_CHILD": "1",
            "JIMENG_DEMO_BEGUN": os.environ.get("JIMENG_DEMO_BEGUN", str(time.time())),
            "JIMENG_ENV_FILE": "",
            "JIMENG_DATA_DIR": str(data_dir),
            "DATABASE_URL": "",
            "JIMENG_UPSTREAM": "sandbox",
            "JIMENG_BASE_URL": f"http://127.0.0.1:{sandbox_port}",
            "JIMENG_IMAGEX_URL": f"http://127.0.0.1:{sandbox_port}",
            "JIMENG_UPLOAD_SCHEME": "http",
            "PORT": port,
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        }
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **demo})  # noqa: S606

    def _start_sandbox(self, url: str) -> subprocess.Popen[bytes]:
        port = int(url.rpartition(":")[2])
        accounts = [f"--account={sessionid}" for sessionid in ACCOUNTS.values()]
        process = subprocess.Popen(
            [sys.executable, "-m", "generation.sandbox", "--port", str(port), "--closed", *accounts],
            stdout=subprocess.DEVNULL,
        )
        _wait_for("127.0.0.1", port, process)
        return process

    def _fill(self) -> tuple[str, str]:
        """Tables, accounts, a login and a key. Returns the password and the key, both new with each start."""
        from django.contrib.auth import get_user_model  # noqa: PLC0415  (needs the demo's own settings)
        from django.core.management import call_command  # noqa: PLC0415

        from accounts.api_keys import api_key_mint  # noqa: PLC0415
        from accounts.models import Account, ApiKey  # noqa: PLC0415
        from accounts.services import account_add, accounts_wake  # noqa: PLC0415

        call_command("migrate", interactive=False, verbosity=0)
        for name, sessionid in ACCOUNTS.items():
            account_add(sessionid=sessionid, name=name)
        accounts_wake(account_ids=list(Account.objects.values_list("pk", flat=True)))
        users = get_user_model().objects
        password = secrets.token_urlsafe(9)
        user = users.filter(username=USER).first() or users.create_superuser(USER)
        user.set_password(password)
        user.save()
        ApiKey.objects.filter(name="demo").update(enabled=False, name=f"demo until {timezone.now():%Y-%m-%d %H:%M:%S}")
        return password, api_key_mint(name="demo")[1]


def _beside(program: str) -> str:
    return str(Path(sys.executable).with_name(program))


def _free_port(preferred: int = 0) -> int:
    for port in (preferred, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            bound: int = probe.getsockname()[1]
            return bound
    raise CommandError("No free port was found.")


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise CommandError(f"A part of the demo ended at once (exit code {process.returncode}).")
        with closing(socket.socket()) as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise CommandError(f"Nothing answered on {host}:{port}.")


def _welcome(base_url: str, password: str, key: str, took_s: float) -> str:
    return f"""
The gateway is ready ({took_s:.1f} s after the start), in front of the sandbox: no real Jimeng, no real credits.

  Pages     {base_url}/         user {USER}, password {password}
  Admin     {base_url}/admin/   the same
  API       {base_url}/v1       key  {key}
  Docs      {base_url}/docs/

Paste this for two pictures:

curl -sS {base_url}/v1/images/generations \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"model": "jimeng-4.5", "prompt": "a lighthouse in the morning mist", "n": 2, "size": "1536x1024"}}' \\
  -w '\\nanswered after %{{time_total}} s\\n'

And this for a video in a chat, with progress:

curl -sSN {base_url}/v1/chat/completions \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"model": "jimeng-video-3.0:16:9", "stream": true,
       "messages": [{{"role": "user", "content": "a lighthouse at dusk"}}]}}'

Ctrl-C ends the demo.
"""
