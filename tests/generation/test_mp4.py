"""What an MP4 says about itself; what is none, or not all of one, is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from generation import sandbox
from generation.engine.mp4 import BrokenMp4, Mp4, read_mp4

CLIPS = Path(sandbox.__file__).with_name("clips")
HTML = b"<!doctype html><html><body>403</body></html>"


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def long_box(kind: bytes, content: bytes = b"") -> bytes:
    return (1).to_bytes(4, "big") + kind + (16 + len(content)).to_bytes(8, "big") + content


def movie_header(*, scale: int, length: int, wide: bool = False) -> bytes:
    size = 8 if wide else 4
    times = b"\0" * (2 * size) + scale.to_bytes(4, "big") + length.to_bytes(size, "big")
    return box(b"mvhd", bytes([wide, 0, 0, 0]) + times + b"\0" * 80)


def track(width: int, height: int, *, wide: bool = False) -> bytes:
    before = b"\0" * ((32 if wide else 20) + 16 + 36)  # times, ids and length; layers and volume; the matrix
    sides = width.to_bytes(2, "big") + b"\0\0" + height.to_bytes(2, "big") + b"\0\0"
    return box(b"trak", box(b"tkhd", bytes([wide, 0, 0, 7]) + before + sides) + box(b"mdia"))


FTYP = box(b"ftyp", b"isom\0\0\2\0mp41")
MOVIE = movie_header(scale=1000, length=5042) + track(0, 0) + track(1280, 720) + track(640, 360)


def read(content: bytes) -> Mp4:
    return read_mp4(io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "width", "height"), [("landscape", 480, 270), ("portrait", 270, 480), ("square", 360, 360)]
)
def test_the_clips_of_the_sandbox(name: str, width: int, height: int) -> None:
    found = read((CLIPS / f"{name}.mp4").read_bytes())
    assert (found.width, found.height) == (width, height)
    assert found.duration_s == pytest.approx(5.0, abs=0.1)


def test_the_size_is_that_of_the_first_track_with_pictures() -> None:
    assert read(FTYP + box(b"moov", MOVIE) + box(b"mdat", b"x")) == Mp4(width=1280, height=720, duration_s=5.042)


@pytest.mark.parametrize(
    "content",
    [
        FTYP + box(b"mdat", b"x" * 5000) + box(b"moov", MOVIE),  # not made for streaming
        FTYP + long_box(b"mdat", b"x" * 5000) + long_box(b"moov", MOVIE),
        FTYP + box(b"moov", MOVIE) + b"\0\0\0\0mdat" + b"x" * 5000,  # a length of 0: to the end
        FTYP + box(b"moov", MOVIE) + box(b"mdat") + b"junk at the end",
        FTYP
        + box(b"moov", movie_header(scale=1000, length=5042, wide=True) + track(1280, 720, wide=True))
        + box(b"mdat"),
    ],
)
def test_boxes_come_in_any_order_and_two_widths(content: bytes) -> None:
    assert read(content) == Mp4(width=1280, height=720, duration_s=5.042)


@pytest.mark.parametrize("content", [b"", HTML, b"ftypmp42", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, box(b"moov", MOVIE)])
def test_what_is_no_mp4(content: bytes) -> None:
    with pytest.raises(BrokenMp4, match="not an MP4"):
        read(content)


@pytest.mark.parametrize("whole", [FTYP + box(b"moov", MOVIE) + box(b"mdat", b"x" * 99), FTYP + box(b"moov", MOVIE)])
def test_a_file_that_ends_too_early(whole: bytes) -> None:
    read(whole)
    with pytest.raises(BrokenMp4, match="cut off"):
        read(whole[:-1])


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        movie_header(scale=0, length=5),
        movie_header(scale=1000, length=0),
        movie_header(scale=1, length=2**32 - 1),  # "not known", and longer than any video
        track(0, 0),
        track(65535, 65535),
        box(b"trak"),
        box(b"mvhd"),
        box(b"trak", box(b"tkhd", b"\0\0\0\7")),
        b"\0\0\0\3bad",
        box(b"trak", b"\xff\xff\xff\xfftkhd"),
    ],
)
def test_what_it_does_not_say_is_not_known(inside: bytes) -> None:
    assert read(FTYP + box(b"moov", inside) + box(b"mdat")) == Mp4()


def test_a_file_of_nothing_but_empty_boxes_is_left_soon() -> None:
    class Counted(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    file = Counted(FTYP + box(b"free") * 200_000)
    assert read_mp4(file) == Mp4()
    assert file.reads < 2000
