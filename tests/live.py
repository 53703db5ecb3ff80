"""Real processes for tests through the front door: the sandbox, and the gateway in front of it."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 40.0
T = TypeVar("T")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], T], *, timeout_s: float, what: str) -> T:
    """The first truthy answer of `condition`, asked ten times a second."""
    until = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"Not within {timeout_s} s: {what}")
        time.sleep(0.1)


class Sandbox:
    """The stand-in for Jimeng, as a process of its own."""

    def __init__(self, log: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log.open("ab")
        command = [sys.executable, "-m", "generation.sandbox", "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=self._log)
        self.http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)
        wait_until(lambda: _listens(self.port), timeout_s=START_TIMEOUT_S, what="the sandbox listens")

    def ledger(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/_control/ledger").json()
        return answer

    def calls(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/_control/calls").json()
        return answer

    def settings(self, **settings: Any) -> None:
        self.http.post("/_control/settings", json=settings).raise_for_status()

    def account(self, sessionid: str, **changes: Any) -> None:
        self.http.post("/_control/accounts", json={"sessionid": sessionid, **changes}).raise_for_status()

    def close(self) -> None:
        self.http.close()
        _end(self.process, signal.SIGTERM)
        self._log.close()


class Gateway:
    """The gateway under gunicorn, with a data folder of its own. Can be killed and started again."""

    def __init__(self, data_dir: Path, *, upstream: str, **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "gateway.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JIMENG_", "COV_"))},
            "DJANGO_SETTINGS_MODULE": "jimeng_site.settings",
            "JIMENG_ENV_FILE": "",
            "JIMENG_DATA_DIR": str(data_dir),
            "JIMENG_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "JIMENG_UPSTREAM": "sandbox",
            "JIMENG_BASE_URL": upstream,
            "JIMENG_IMAGEX_URL": upstream,
            "JIMENG_UPLOAD_SCHEME": "http",
            "DATABASE_URL": "",
            "JIMENG_CHECK_IN": "false",  # balances change only by what a test does
            "PORT": str(self.port),
            "LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        data_dir.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "-v0")

    def twin(self) -> Gateway:
        """A second process on the same data folder and database, not started."""
        other = copy.copy(self)
        other.port = free_port()
        other.url = f"http://127.0.0.1:{other.port}"
        other.log = self.data_dir / f"gateway-{other.port}.log"
        other.process = None
        other._env = {**self._env, "PORT": str(other.port)}
        return other

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command with this gateway's settings; returns what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._env, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add_accounts(self, sessionids: Sequence[str]) -> None:
        self.manage("account_add", "-", stdin="\n".join(sessionids))

    def new_key(self, name: str = "tests") -> str:
        return self.manage("apikey_create", name).splitlines()[-1]

    def start(self, **settings: str) -> None:
        self._env.update(settings)
        program = str(Path(sys.executable).with_name("gunicorn"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [program, "jimeng_site.asgi:application"], cwd=ROOT, env=self._env, stdout=log, stderr=log
            )
        wait_until(self.is_ready, timeout_s=START_TIMEOUT_S, what=f"the gateway is ready\n{self.log_text()[-3000:]}")

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def worker_pids(self) -> list[int]:
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def kill(self) -> None:
        """SIGKILL to all of it, as if the power went."""
        assert self.process is not None
        workers = self.worker_pids() if self.process.poll() is None else []
        self.process.kill()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        # The workers are not our children: wait until the system has buried them and freed the lock.
        wait_until(lambda: not any(_is_running(pid) for pid in workers), timeout_s=10, what="the workers are gone")

    def terminate(self, timeout_s: float = 60.0) -> int:
        """SIGTERM, and wait. Returns the exit code."""
        assert self.process is not None
        return _end(self.process, signal.SIGTERM, timeout_s)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read this gateway's SQLite database."""
        import sqlite3

        with closing(sqlite3.connect(self.data_dir / "gateway.sqlite3", timeout=20)) as database:
            return database.execute(sql).fetchall()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.terminate()


def images_body(**fields: Any) -> dict[str, Any]:
    return {"prompt": "a lighthouse in the mist", "model": "jimeng-4.5", **fields}


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes], with_signal: int, timeout_s: float = 30.0) -> int:
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        return process.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
