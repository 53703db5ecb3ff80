"""Secrets that the gateway makes for itself: private, lasting, the same for all processes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.fernet import Fernet

from jimeng_site.secrets import _read_or_make, encryption_keys, secret_key


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    secret_key(folder)
    encryption_keys(folder)
    assert mode(folder) == 0o700
    assert {each.name: mode(each) for each in folder.iterdir()} == {"secret_key": 0o600, "encryption_key": 0o600}


def test_a_second_start_finds_the_same(tmp_path: Path) -> None:
    assert (secret_key(tmp_path), encryption_keys(tmp_path)) == (secret_key(tmp_path), encryption_keys(tmp_path))


def test_another_folder_has_others(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "one") != secret_key(tmp_path / "two")
    assert encryption_keys(tmp_path / "one") != encryption_keys(tmp_path / "two")


def test_they_are_what_they_are_for(tmp_path: Path) -> None:
    assert len(secret_key(tmp_path)) >= 50
    (key,) = encryption_keys(tmp_path)
    Fernet(key)


def test_what_the_operator_put_there_is_used(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    (tmp_path / "encryption_key").write_text(f"  {key}\n\n")
    assert encryption_keys(tmp_path) == [key]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    together = Barrier(8)

    def make(number: int) -> str:
        def draw() -> str:
            together.wait(timeout=10)  # all have found that there is no file yet
            return f"secret {number}"

        return _read_or_make(tmp_path / "data" / "key", draw)

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(make, range(8)))
    assert len(found) == 1
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["key"]  # and no drafts are left


def test_a_maker_that_fails_leaves_no_secret(tmp_path: Path) -> None:
    def fail() -> str:
        raise RuntimeError("no randomness")

    with pytest.raises(RuntimeError):
        _read_or_make(tmp_path / "key", fail)
    assert not (tmp_path / "key").exists()
    assert _read_or_make(tmp_path / "key", lambda: "made later") == "made later"
