"""`make bench`: what the gateway costs, measured against the sandbox on this machine.

Starts the sandbox and a fresh gateway (SQLite, one process, 20 accounts that may each serve 50 generations at
once), asks for pictures in bursts and spread over time, as chat streams, and from two pictures of 1024 x 1024
that were never sent before (compose), and prints a table:

- overhead: the time that a client waited, less the time that the sandbox took for that picture, seconds
- calls: upstream calls for each generation, by endpoint (the submission is one of them; downloads apart)
- CPU: of the gateway's worker process while the case ran, ms for each generation; RSS: its peak in that case, MB

With two cores or more the gateway has one for itself; sandbox and client share another.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.requests import KINDS, ask_all
from tests.live import Gateway, Sandbox, wait_until

ACCOUNTS, CAP = 20, 50
GATEWAY_CORE, CLIENT_CORE = 0, 1
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
DURATIONS = ("3", "2.5-3.5")
# Kind of request, how many, spread over how many seconds.
CASES = (
    ("images", 1, 0.0),
    ("images", 50, 0.0),
    ("images", 200, 0.0),
    ("images", 500, 0.0),
    ("images", 1000, 0.0),
    ("images", 500, 10.0),
    ("chat", 200, 0.0),
    ("compose", 1, 0.0),
    ("compose", 50, 0.0),
)
SETTLE_S = 2.0  # between cases
HEADER = (
    f"{'kind':8} {'takes':8} {'requests':>8} {'over':>5} {'ok':>5} {'p50':>6} {'p95':>6} {'p99':>6} "
    f"{'calls':>6} {'submit':>7} {'history':>8} {'other':>6} {'CPU ms':>7} {'RSS MB':>7}"
)


def cpu_s(pid: int) -> float:
    """User and system time of a process so far, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def peak_rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def reset_peak_rss(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run_case(
    sandbox: Sandbox, gateway: Gateway, key: str, *, kind: str, duration: str, requests: int, over_s: float
) -> str:
    """Run one case and return its row of the table."""
    (worker,) = gateway.worker_pids()
    label = f"{duration} s"
    prompts = [f"bench {kind} {duration} {requests} {over_s} {time.time()} {number}" for number in range(requests)]
    reset_peak_rss(worker)
    calls_before, cpu_before = sandbox.calls(), cpu_s(worker)
    answers = asyncio.run(ask_all(kind, gateway.url, key, prompts, over_s=over_s))
    cpu_ms = (cpu_s(worker) - cpu_before) * 1000 / requests
    calls = {name: (count - calls_before.get(name, 0)) / requests for name, count in sandbox.calls().items()}
    took_s = {each["prompt"]: each["ready"] - each["created"] for each in sandbox.ledger()["submissions"]}
    good = [answer for answer in answers if answer.ok]
    overheads = [answer.waited_s - took_s[answer.prompt] for answer in good] or [float("nan")]
    submit = sum(count for name, count in calls.items() if name.endswith("/generate"))
    history = sum(count for name, count in calls.items() if "get_history" in name)
    total = sum(count for name, count in calls.items() if name.startswith(("/mweb/", "/commerce/")))
    return (
        f"{kind:8} {label:8} {requests:8} {over_s:5.0f} {len(good):5} {percentile(overheads, 0.5):6.2f} "
        f"{percentile(overheads, 0.95):6.2f} {percentile(overheads, 0.99):6.2f} {total:6.2f} {submit:7.2f} "
        f"{history:8.2f} {total - submit - history:6.2f} {cpu_ms:7.1f} {peak_rss_mb(worker):7.0f}"
    )


def pin(pids: Sequence[int], core: int) -> None:
    if (os.cpu_count() or 1) > 1:
        for pid in pids:
            os.sched_setaffinity(pid, {core})


def run(durations: Sequence[str], largest: int, kinds: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        sandbox = Sandbox(Path(folder) / "sandbox.log", "--image-seconds", durations[0], "--prewarm", "2048x2048")
        gateway = Gateway(
            Path(folder) / "data", upstream=sandbox.url, JIMENG_ACCOUNT_CONCURRENCY=str(CAP), LOG_LEVEL="WARNING"
        )
        try:
            gateway.add_accounts([f"sb-bench{number:03d}" for number in range(ACCOUNTS)])
            gateway.start()
            assert gateway.process is not None
            pin([gateway.process.pid, *gateway.worker_pids()], GATEWAY_CORE)
            pin([sandbox.process.pid, os.getpid()], CLIENT_CORE)
            wait_until(lambda: _all_probed(gateway), timeout_s=60, what="all accounts are probed")
            key = gateway.new_key("bench")
            print(HEADER, flush=True)
            for duration in durations:
                sandbox.settings(image_seconds=duration)
                for kind, requests, over_s in CASES:
                    if requests <= largest and kind in kinds:
                        time.sleep(SETTLE_S)
                        row = run_case(
                            sandbox, gateway, key, kind=kind, duration=duration, requests=requests, over_s=over_s
                        )
                        print(row, flush=True)
            locked = gateway.log_text().count("database is locked")
            threads = len(list(Path(f"/proc/{gateway.worker_pids()[0]}/task").iterdir()))
            print(f"\n'database is locked' in the log: {locked}; threads of the gateway's worker: {threads}")
        finally:
            gateway.close()
            sandbox.close()


def _all_probed(gateway: Gateway) -> bool:
    alive: int = gateway.rows("SELECT count(*) FROM accounts_account WHERE health = 'alive'")[0][0]
    return alive == ACCOUNTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--images", nargs="*", default=list(DURATIONS), help="seconds, or a range: 3 2.5-3.5")
    parser.add_argument("--largest", type=int, default=1000, help="leave out cases with more requests")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS, help="kinds of requests")
    options = parser.parse_args()
    run(options.images, options.largest, options.kinds)


if __name__ == "__main__":
    main()
