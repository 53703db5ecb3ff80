"""Archives from a running gateway: pictures to put into them, and what sending them costs its process."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tests.live import Gateway
from tests.live_admin import Browser

MB = 1024 * 1024
_MAKE = """
import hashlib, random
from generation.stored import stored_save
from tests.factories import make_generation, make_media
chance, stored = random.Random(5), []
for _ in range({distinct}):
    content = chance.randbytes({size})
    sha256 = hashlib.sha256(content).hexdigest()
    stored.append((stored_save(f"results/{{sha256[:2]}}/{{sha256}}.webp", content), sha256))
for number in range({count} // 4):
    made = make_generation(prompt="a lighthouse in the mist, no. %d" % number)
    for position in range(4):
        name, sha256 = stored[(number * 4 + position) % len(stored)]
        make_media(generation=made, content=b"", position=position, file=name, sha256=sha256, size_bytes={size})
    print("made:" + made.public_id)
"""


def make_pictures(gateway: Gateway, count: int, *, size: int = 2 * MB, distinct: int = 0) -> list[str]:
    """Four in each generation, whose ids are returned. `distinct`: so many different files; 0: all are."""
    printed = gateway.manage("shell", "-c", _MAKE.format(count=count, size=size, distinct=distinct or count))
    return [line.removeprefix("made:") for line in printed.splitlines() if line.startswith("made:")]


def take_archive(browser: Browser, ids: list[str], into: Path) -> int:
    """Download it into a file; returns its size, which was told beforehand."""
    fields = {"ids": ids, "csrfmiddlewaretoken": browser.http.cookies["csrftoken"]}
    headers = {"origin": browser.gateway.url, "referer": f"{browser.gateway.url}/"}
    with browser.http.stream("POST", "/live/archive/", data=fields, headers=headers, timeout=120) as answer:
        assert answer.status_code == 200, answer.read()
        with into.open("wb") as file:
            for piece in answer.iter_raw(MB):
                file.write(piece)
        assert int(answer.headers["content-length"]) == into.stat().st_size
    return into.stat().st_size


def check_archive(path: Path, *, pictures: int) -> None:
    """All is in it, and all of it can be read back; then the file is deleted."""
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert len(set(names)) == len(names) == pictures + 1
        assert len(opened.read("index.csv").decode("utf-8-sig").splitlines()) == pictures + 1
    path.unlink()


def peak_mb(pid: int) -> float:
    """The most memory that a process held since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_of_archive(browser: Browser, ids: list[str], folder: Path) -> float:
    """Take and check an archive of these generations; returns the peak of the gateway's process meanwhile, MB."""
    (worker,) = browser.gateway.worker_pids()
    into = folder / "taken.zip"
    assert shutil.disk_usage(folder).free > len(ids) * 16 * MB
    forget_peak(worker)
    take_archive(browser, ids, into)
    peak = peak_mb(worker)
    check_archive(into, pictures=len(ids) * 4)
    return peak
