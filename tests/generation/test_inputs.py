"""From what a client gives to checked pictures in storage."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from generation.errors import InvalidSpec
from generation.inputs import (
    FetchPolicy,
    InlineSource,
    InputSource,
    StoredInput,
    UploadedFileSource,
    UrlSource,
    open_input,
    read_inputs,
    source_of,
)
from tests.generation.hostile_pictures import animated, picture, turned_jpeg
from tests.generation.picture_servers import PictureServer


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with PictureServer() as running:
        yield running


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def read(*sources: InputSource, policy: FetchPolicy | None = None) -> list[StoredInput]:
    return asyncio.run(read_inputs(sources, policy=policy))


def inline(content: bytes) -> InlineSource:
    return InlineSource(text=base64.b64encode(content).decode(), param="image")


def uploaded(content: bytes, name: str = "a.png") -> UploadedFileSource:
    return UploadedFileSource(file=SimpleUploadedFile(name, content), param="image")


def stored_bytes(stored: StoredInput) -> bytes:
    with open_input(stored.name) as file:
        return file.read()


def files(storage: Path) -> list[str]:
    return sorted(str(path.relative_to(storage)) for path in storage.rglob("*") if path.is_file())


def test_the_ways_to_give_a_picture_are_read_in_order(server: PictureServer, settings: Any) -> None:
    settings.JIMENG_FETCH_ALLOW_HOSTS = [server.netloc.upper()]
    contents = [picture(width=64 + 16 * each) for each in range(2)]
    url = UrlSource(url=f"{server.url}/hops/2?signature=s3cret", param="image")
    first, second, third = read(uploaded(contents[0], "C:\\me\\photo.png"), url, inline(contents[1]))
    assert [stored_bytes(each) for each in (first, second, third)] == [contents[0], picture(), contents[1]]
    assert [each.origin for each in (first, second, third)] == ["upload", "fetched", "inline"]
    assert [each.source for each in (first, second, third)] == ["photo.png", "127.0.0.1", ""]
    sha256 = hashlib.sha256(contents[0]).hexdigest()
    assert first == StoredInput(
        sha256=sha256,
        name=f"inputs/{sha256[:2]}/{sha256}.png",
        content_type="image/png",
        width=64,
        height=48,
        size_bytes=len(contents[0]),
        origin="upload",
        source="photo.png",
    )


@pytest.mark.parametrize(
    ("kind", "content_type", "suffix"),
    [("PNG", "image/png", "png"), ("JPEG", "image/jpeg", "jpg"), ("WEBP", "image/webp", "webp")],
)
def test_png_jpeg_and_webp_stay_as_they_are(kind: str, content_type: str, suffix: str) -> None:
    (stored,) = read(inline(picture(kind)))
    assert stored_bytes(stored) == picture(kind)
    assert (stored.content_type, stored.name.rpartition(".")[2]) == (content_type, suffix)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animated_pictures_stay_as_they_are(kind: str) -> None:
    (stored,) = read(inline(animated(kind)))
    assert stored_bytes(stored) == animated(kind)


def test_an_uploaded_file_on_disk_is_read_too() -> None:
    with TemporaryUploadedFile("a.png", "image/png", 0, None) as upload:
        upload.write(picture())
        upload.size = len(picture())
        upload.seek(0)
        (stored,) = read(UploadedFileSource(file=upload, param="image"))
    assert stored_bytes(stored) == picture()


def test_a_file_larger_than_20_mb_is_refused_however_it_comes(storage: Path) -> None:
    large = picture() + bytes(20 * 1024 * 1024)
    for source in (inline(large), uploaded(large)):
        with pytest.raises(InvalidSpec, match="larger than 20 MB"):
            read(source)
    assert files(storage) == []


def test_the_size_of_a_picture_is_told_as_it_is_shown() -> None:
    (stored,) = read(inline(turned_jpeg(64, 48)))
    assert (stored.width, stored.height) == (48, 64)


def test_a_picture_seen_before_is_not_stored_again(storage: Path) -> None:
    (first,) = read(inline(picture()))
    path = storage / first.name
    before = path.stat().st_ino
    assert read(uploaded(picture()), inline(picture())) == [replace(first, origin="upload", source="a.png"), first]
    assert path.stat().st_ino == before
    assert files(storage) == [first.name]


def test_a_file_that_lost_its_content_is_stored_anew(storage: Path) -> None:
    (first,) = read(inline(picture()))
    (storage / first.name).write_bytes(b"")
    assert read(inline(picture())) == [first]
    assert stored_bytes(first) == picture()


def test_many_requests_with_the_same_picture_at_once_leave_one_whole_file(storage: Path) -> None:
    async def all_at_once() -> list[list[StoredInput]]:
        return await asyncio.gather(
            *(read_inputs([inline(picture("BMP")), inline(picture(width=32))]) for _ in range(20))
        )

    answers = asyncio.run(all_at_once())
    assert len({(each.sha256, each.name) for answer in answers for each in answer}) == 2
    assert files(storage) == sorted({each.name for each in answers[0]})
    for each in answers[0]:
        assert hashlib.sha256(stored_bytes(each)).hexdigest() == each.sha256


def test_one_bad_picture_ends_all_and_is_named(server: PictureServer, storage: Path) -> None:
    rules = FetchPolicy(allow_hosts=frozenset({server.netloc}))
    slow = UrlSource(url=f"{server.url}/silent", param="images[0]")
    bad = InlineSource(text="AAAA", param="images[1]")
    with pytest.raises(InvalidSpec) as raised:
        read(slow, bad, policy=rules)
    assert raised.value.param == "images[1]"
    assert files(storage) == []


def test_four_addresses_of_a_request_are_fetched_at_once() -> None:
    under_way, gate = 0, asyncio.Event()

    async def resolve(host: str, port: int) -> list[Any]:
        nonlocal under_way
        under_way += 1
        await gate.wait()
        return []

    async def run() -> None:
        sources = [UrlSource(url=f"http://h{each}.test/", param="image") for each in range(9)]
        reading = asyncio.create_task(read_inputs(sources, policy=FetchPolicy(resolve=resolve)))
        while under_way < 4:
            await asyncio.sleep(0)
        for _turn in range(100):  # a fifth would come now
            await asyncio.sleep(0)
        assert under_way == 4
        gate.set()
        with pytest.raises(InvalidSpec):
            await reading

    asyncio.run(run())


def test_no_address_or_content_is_in_a_source_s_repr() -> None:
    for value in ("https://a.example/?s=s3cret", "data:image/png;base64,s3cret"):
        assert "s3cret" not in repr(source_of(value, param="image"))


def test_nothing_is_left_when_a_picture_is_refused(storage: Path) -> None:
    with pytest.raises(InvalidSpec):
        read(inline(picture()[:-30]))
    assert files(storage) == []
    assert default_storage.exists("incoming")
