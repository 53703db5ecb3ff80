"""`python -m bench.archive`: the memory that an archive takes while it is sent, and how fast it comes.

Fills a scratch gateway (SQLite, one process) with pictures of 2 MB, no two of them equal, takes archives of 50 and of
500 of them through the live handler, and unpacks each to count and check what came. The last line is what counts: the
peak of the gateway's process for 500 pictures, against its peak for 50. Needs 2.5 GB of disk for a while.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.__main__ import cpu_s
from tests.live import Gateway, Sandbox
from tests.live_admin import OPERATOR, Browser
from tests.live_archives import MB, check_archive, forget_peak, make_pictures, peak_mb, take_archive

COUNTS = (50, 500)


def measured(browser: Browser, ids: list[str], folder: Path) -> float:
    """Print one line; returns the peak, MB."""
    (worker,) = browser.gateway.worker_pids()
    forget_peak(worker)
    began, cpu_before = time.monotonic(), cpu_s(worker)
    size = take_archive(browser, ids, folder / "taken.zip")
    took_s, used_s, peak = time.monotonic() - began, cpu_s(worker) - cpu_before, peak_mb(worker)
    check_archive(folder / "taken.zip", pictures=len(ids) * 4)
    print(f"{len(ids) * 4:8} {size / MB:8.0f} {took_s:8.2f} {size / MB / took_s:8.0f} {used_s:8.2f} {peak:9.1f}")
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.archive", description=__doc__)
    parser.add_argument("--pictures", type=int, nargs=2, default=list(COUNTS), help="few and many, multiples of four")
    few, many = (count // 4 for count in parser.parse_args().pictures)
    with tempfile.TemporaryDirectory(prefix="gateway-archive-") as scratch:
        folder = Path(scratch)
        sandbox = Sandbox(folder / "sandbox.log")
        gateway = Gateway(folder / "data", upstream=sandbox.url, LOG_LEVEL="WARNING", **OPERATOR)
        browser = Browser(gateway)
        try:
            ids = make_pictures(gateway, many * 4)
            gateway.start()
            browser.sign_in()
            print(f"{'pictures':>8} {'MB':>8} {'seconds':>8} {'MB/s':>8} {'CPU s':>8} {'peak MB':>9}", flush=True)
            measured(browser, ids[:few], folder)  # whatever is loaded the first time
            peaks = [measured(browser, ids[:count], folder) for count in (few, many)]
            print(f"\npeak of many against few: {peaks[1] / peaks[0]:.3f}")
        finally:
            browser.close()
            gateway.close()
            sandbox.close()


if __name__ == "__main__":
    main()
