"""Archives: what is in them, for whom, and how they are read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage, storages
from django.core.files.storage.memory import InMemoryStorage
from django.test import override_settings
from django.utils import timezone

from generation import archive as archives
from generation.archive import Archive, TooManyFiles, archive_files, archive_of, archive_stream
from generation.keepsakes import results_delete
from generation.models import Generation, Media
from generation.viewing import Viewer
from tests.factories import make_media, make_webp
from tests.generation.keeping import CastTestCase, files_of


def sent(archive: Archive) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in archive_stream(archive)])

    content: bytes = async_to_sync(read)()
    return content


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert len(names) == len(set(names))
        return {name: opened.read(name) for name in names}


class ArchiveTests(CastTestCase):
    def made(self, ids: Collection[str], viewer: Viewer | None = None) -> dict[str, bytes]:
        archive = archive_of(archive_files(viewer=viewer or self.cast.owner, ids=ids))
        content = sent(archive)
        assert archive.length == len(content)
        return unpacked(content)

    def test_it_holds_the_files_and_a_table_of_them(self) -> None:
        first, second = self.cast.generation(files=2), self.cast.generation(prompt="江南水乡")
        other = make_media(generation=second, content=make_webp(colour=(1, 2, 3)))
        files = self.made([first.public_id, other.public_id])
        assert len(files) == 4
        name = next(each for each in files if "江南水乡" in each)
        assert files[name] == make_webp(colour=(1, 2, 3))
        table = files["index.csv"].decode("utf-8-sig")
        assert all(each.public_id in table for each in (*files_of(first), other))
        assert "missing.txt" not in files

    def test_the_same_is_in_it_once(self) -> None:
        made = self.cast.generation(files=1)
        ids = [made.public_id, made.public_id, files_of(made)[0].public_id]
        assert len(self.made(ids)) == 2

    def test_others_get_nothing_of_it(self) -> None:
        made = self.cast.generation(files=1)
        ids = [made.public_id, files_of(made)[0].public_id]
        assert archive_files(viewer=self.cast.stranger, ids=ids) == []
        assert len(archive_files(viewer=self.cast.staff, ids=ids)) == 1

    def test_what_is_in_the_trash_comes_only_when_it_is_meant(self) -> None:
        made = self.cast.generation(files=2)
        first, second = files_of(made)
        viewer = self.cast.owner
        results_delete(viewer=viewer, ids=[first.public_id], at=timezone.now())
        assert archive_files(viewer=viewer, ids=[made.public_id]) == [second]
        assert archive_files(viewer=viewer, ids=[first.public_id]) == [first]
        results_delete(viewer=viewer, ids=[second.public_id], at=timezone.now())
        assert archive_files(viewer=viewer, ids=[made.public_id]) == [first, second]

    def test_what_is_not_there_is_named_and_breaks_nothing(self) -> None:
        made = self.cast.generation(files=3)
        lost, removed, kept = files_of(made)
        default_storage.delete(lost.file.name or "")
        Media.objects.filter(pk=removed.pk).update(file="", removed_at=timezone.now())
        late = make_media(generation=made, content=b"")
        files = self.made([made.public_id])
        told = files["missing.txt"].decode("utf-8-sig").splitlines()[2:]
        assert [each.partition(": ")[2] for each in told] == [
            "not stored, or not any more",
            "its file was removed",
            "not stored yet",
        ]
        assert len(files) == 3
        assert [each.public_id in files["index.csv"].decode() for each in (lost, removed, kept, late)] == [
            *(False, False, True, False)
        ]

    def test_a_file_that_goes_away_meanwhile_cuts_the_archive_off(self) -> None:
        made = self.cast.generation(files=2)
        archive = archive_of(files_of(made))
        default_storage.delete(files_of(made)[1].file.name or "")
        with pytest.raises(OSError):
            sent(archive)

    def test_with_a_bucket_the_length_is_not_known_and_what_is_lost_is_found_on_the_way(self) -> None:
        over: dict[str, Any] = {
            **storages.backends,
            "default": {"BACKEND": f"{InMemoryStorage.__module__}.InMemoryStorage"},
        }
        with override_settings(STORAGES=over):
            made = self.cast.generation(files=2)
            lost, kept = files_of(made)
            default_storage.delete(lost.file.name or "")
            archive = archive_of(files_of(made))
            assert archive.length is None
            files = unpacked(sent(archive))
        assert sorted(files)[1:] == ["index.csv", "missing.txt"]
        assert lost.public_id not in files["index.csv"].decode()
        assert kept.public_id in files["index.csv"].decode()

    def test_a_file_of_unknown_size_is_measured(self) -> None:
        made = self.cast.generation(files=1)
        Media.objects.update(size_bytes=None)
        assert len(self.made([made.public_id])) == 2

    def test_there_is_a_limit(self) -> None:
        like = self.cast.generation()
        rows = [
            Generation(**{field.attname: getattr(like, field.attname) for field in Generation._meta.fields[2:]})
            for _ in range(4)
        ]
        Generation.objects.bulk_create(rows)
        many = archives.FILES_MAX // 4
        Media.objects.bulk_create(
            Media(generation=row, position=position, kind="image") for row in rows for position in range(many)
        )
        ids = [row.public_id for row in rows]
        viewer = self.cast.owner
        assert len(archive_files(viewer=viewer, ids=ids)) == archives.FILES_MAX
        make_media(generation=like)
        with pytest.raises(TooManyFiles):
            archive_files(viewer=viewer, ids=[*ids, like.public_id])
