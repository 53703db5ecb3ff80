"""What an MP4 file says about itself, from its boxes (ISO/IEC 14496-12). No network, nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

BOXES_MAX = 1000  # of one level; a file made of nothing but empty boxes must not keep us busy
SIDE_MAX_PX = 16_384
DURATION_MAX_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp4:
    """`width`, `height`: pixels of the first picture track; None where the file does not say."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None


class BrokenMp4(ValueError):
    """Not an MP4, or not the whole of it."""


def read_mp4(file: IO[bytes]) -> Mp4:
    """Look into a file from its first byte. Raises BrokenMp4; oddities further inside only leave fields None."""
    size = file.seek(0, 2)
    file.seek(4)
    if file.read(4) != b"ftyp":
        raise BrokenMp4("The file is not an MP4 video.")
    found = Mp4()
    for kind, start, end in _boxes(file, 0, size):
        if kind in (b"moov", b"mdat") and end > size:
            raise BrokenMp4("The video was cut off.")
        if kind == b"moov":
            found = _movie(file, start, end)
    return found


def _movie(file: IO[bytes], start: int, end: int) -> Mp4:
    duration_s: float | None = None
    sides: tuple[int, int] | None = None
    for kind, inside, after in _boxes(file, start, end):
        if kind == b"mvhd":
            duration_s = _duration_s(_content(file, inside, after))
        elif kind == b"trak" and sides is None:
            headers = [box for box in _boxes(file, inside, after) if box[0] == b"tkhd"]
            sides = _sides(_content(file, *headers[0][1:])) if headers else None
    width, height = sides or (None, None)
    return Mp4(width=width, height=height, duration_s=duration_s)


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of one level: type, and where the content of each begins and ends."""
    for _ in range(BOXES_MAX):
        file.seek(start)
        head = file.read(min(16, max(0, end - start)))
        if len(head) < 8:
            return
        length, used = int.from_bytes(head[:4], "big"), 8
        if length == 1:  # a long one: the next 8 bytes tell
            length, used = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:  # all the rest
            length = end - start
        if length < used:
            return
        yield head[4:8], start + used, start + length
        start += length


def _content(file: IO[bytes], start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(min(end - start, 128))  # the headers that are read have at most 112 bytes


def _duration_s(header: bytes) -> float | None:
    """Of `mvhd`: version 0 has the times in 4 bytes each, version 1 in 8; then time scale and duration."""
    at, wide = (20, 8) if header[:1] == b"\x01" else (12, 4)
    scale, length = int.from_bytes(header[at : at + 4], "big"), int.from_bytes(header[at + 4 : at + 4 + wide], "big")
    duration_s = length / scale if scale else 0.0
    return duration_s if 0 < duration_s <= DURATION_MAX_S else None


def _sides(header: bytes) -> tuple[int, int] | None:
    """Of `tkhd`: its last 8 bytes are width and height as 16.16 numbers; tracks of sound have 0."""
    at = 88 if header[:1] == b"\x01" else 76
    width, height = (int.from_bytes(header[place : place + 2], "big") for place in (at, at + 4))
    return (width, height) if 0 < width <= SIDE_MAX_PX and 0 < height <= SIDE_MAX_PX else None
