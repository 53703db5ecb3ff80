"""Files in storage: the same promises of a folder and of a bucket that is spoken to over real HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.test import override_settings

from generation.stored import (
    new_part,
    stored_delete,
    stored_entries,
    stored_is_kept,
    stored_modified_at,
    stored_open,
    stored_read,
    stored_save,
)
from tests.buckets import PREFIX, Buckets

NAME = "results/ab/abc.webp"
CONTENT = bytes(range(256)) * 40
LARGE = bytes(range(256)) * 40_000  # ten megabytes: a bucket gets it in parts
IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@pytest.fixture(scope="module")
def buckets() -> Iterator[Buckets]:
    with Buckets() as server:
        yield server


@pytest.fixture(params=["folder", "bucket", "memory"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    kind: str = request.param
    with tempfile.TemporaryDirectory() as folder:
        changes: dict[str, Any] = {"MEDIA_ROOT": folder}
        if kind == "memory":
            changes["STORAGES"] = IN_MEMORY
        if kind == "bucket":
            server: Buckets = request.getfixturevalue("buckets")
            backend = "generation.storage.bucket.BucketStorage"
            changes["STORAGES"] = {"default": {"BACKEND": backend, "OPTIONS": server.options}}
        with override_settings(**changes):
            yield kind
            stored_delete([each.name for each in stored_entries("results")])


class Forgetful(FileSystemStorage):
    """Somebody removes a file as soon as it was looked at."""

    looks = 0

    def path(self, name: str) -> str:
        path = super().path(name)
        self.looks += 1
        if self.looks > 1:
            Path(path).unlink(missing_ok=True)
        return path


def test_what_is_removed_while_it_is_found_is_not_kept() -> None:
    """Else a row would name it, and nobody would write it again."""
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        stored_save(NAME, CONTENT)
        with override_settings(STORAGES={"default": {"BACKEND": f"{__name__}.Forgetful"}}):
            assert not stored_is_kept(NAME, len(CONTENT))


def test_what_was_saved_is_read_whole_and_in_parts(kind: str) -> None:
    assert stored_save(NAME, CONTENT) == NAME
    assert stored_read(NAME) == CONTENT
    with stored_open(NAME) as file:
        assert file.size_bytes == len(CONTENT)
        file.part(100, 50)
        assert (file.read(20), file.read(), file.read(5)) == (CONTENT[100:120], CONTENT[120:150], b"")
        file.part(0, 3)
        assert file.read(100) == CONTENT[:3]


def test_a_file_of_any_size_is_taken_from_the_disk(kind: str) -> None:
    for content in (CONTENT, LARGE):
        with new_part() as part:
            part.write(content)
            assert stored_save(NAME, part) == NAME
        assert not Path(part.name).exists()
        assert stored_read(NAME) == content
        stored_delete([NAME])


def test_what_is_not_there_is_not_found(kind: str) -> None:
    with pytest.raises(FileNotFoundError):
        stored_open(NAME)
    with pytest.raises(FileNotFoundError):
        stored_read(NAME)
    assert (stored_is_kept(NAME), stored_modified_at(NAME), list(stored_entries("results"))) == (False, None, [])
    stored_delete([NAME])


def test_only_one_of_the_same_size_is_kept(kind: str) -> None:
    stored_save(NAME, CONTENT)
    assert [stored_is_kept(NAME, size) for size in (len(CONTENT), None, len(CONTENT) - 1)] == [True, True, False]
    stored_delete([NAME])
    stored_save(NAME, b"")
    assert not stored_is_kept(NAME)


def test_those_below_a_folder_are_listed(kind: str) -> None:
    others = ("results/ab/two.webp", "results/cd/three.mp4")
    for name in (NAME, *others, "inputs/ab/four.png"):
        stored_save(name, CONTENT)
    found = {each.name: each.size_bytes for each in stored_entries("results")}
    assert found == dict.fromkeys((NAME, *others), len(CONTENT))
    stored_delete(["inputs/ab/four.png"])


def test_one_that_is_used_again_counts_as_new(kind: str) -> None:
    if kind == "memory":
        pytest.skip("What is in memory cannot be touched.")
    stored_save(NAME, CONTENT)
    first = stored_modified_at(NAME)
    assert first is not None
    later = datetime.now(tz=UTC) + timedelta(hours=3)
    with time_machine.travel(later, tick=True):  # the server is in this process, and so later as well
        is_kept = stored_is_kept(NAME, len(CONTENT))
        touched = stored_modified_at(NAME)
    assert (is_kept, stored_read(NAME)) == (True, CONTENT)
    assert touched is not None
    if kind == "bucket":
        assert touched - first > timedelta(hours=2)
    else:  # a folder asks the clock of the system
        assert touched >= first


def test_results_may_lie_on_another_disk() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/dev/shm") as disk:
        if Path(folder).stat().st_dev == Path(disk).stat().st_dev:
            pytest.skip("There is one disk here.")
        (Path(folder) / "results").symlink_to(disk)
        with override_settings(MEDIA_ROOT=folder):
            stored_save(NAME, CONTENT)
            assert stored_read(NAME) == CONTENT
        assert [each.name for each in Path(disk).rglob("*") if each.is_file()] == ["abc.webp"]
        assert list((Path(folder) / "incoming").iterdir()) == []


def test_no_name_leads_out_of_the_folder() -> None:
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=f"{folder}/media"):
        for name in ("../secret_key", "results/../../secret_key", "/etc/passwd"):
            for attempt in (stored_read, stored_is_kept, lambda name: stored_save(name, CONTENT)):
                with pytest.raises(SuspiciousFileOperation):
                    attempt(name)
        assert [each for each in Path(folder).rglob("*") if each.is_file()] == []


def test_a_young_object_is_not_copied_for_nothing(buckets: Buckets) -> None:
    backend = {"BACKEND": "generation.storage.bucket.BucketStorage", "OPTIONS": buckets.options}
    with override_settings(STORAGES={"default": backend}):
        stored_save(NAME, CONTENT)
        before = buckets.client.head_object(Bucket="pictures", Key=f"{PREFIX}/{NAME}")
        with time_machine.travel(datetime.now(tz=UTC) + timedelta(minutes=5), tick=True):
            assert stored_is_kept(NAME)
        after = buckets.client.head_object(Bucket="pictures", Key=f"{PREFIX}/{NAME}")
        assert before["LastModified"] == after["LastModified"]
        assert after["ContentType"] == "image/webp"
        stored_delete([NAME])


def test_a_bucket_that_does_not_answer_is_trouble_and_no_loss(buckets: Buckets) -> None:
    """Otherwise everything would be fetched again from the upstream while the store is away."""
    for changes in ({"endpoint_url": "http://127.0.0.1:9"}, {"bucket_name": "of-somebody-else"}):
        options = {**buckets.options, **changes}
        backend = {"BACKEND": "generation.storage.bucket.BucketStorage", "OPTIONS": options}
        with override_settings(STORAGES={"default": backend}):
            with pytest.raises(OSError, match="store of objects") as raised:
                stored_save(NAME, CONTENT)
            assert not isinstance(raised.value, FileNotFoundError)
            assert "s3cret" not in str(raised.value)
