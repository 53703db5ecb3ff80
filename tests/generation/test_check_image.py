"""Pictures are told by their own bytes: whole, of a kind that we keep, with a size. Nothing else gets into storage."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from generation.engine.pictures import PREVIEW_PX, THUMBNAIL_PX, NotMedia, check_image, small_pictures


def encoded(file_format: str, mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format=file_format)
    return out.getvalue()


def png_of(width: int, height: int, chunk: bytes = b"IDAT", body: bytes = b"") -> bytes:
    """A PNG that claims a size and holds one more chunk."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (chunk, body or zlib.compress(b"\0")), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(each)) + name + each + struct.pack(">I", zlib.crc32(name + each)) for name, each in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PNG, JPEG, WEBP = encoded("PNG"), encoded("JPEG"), encoded("WEBP")
BOMB = png_of(60_000, 60_000)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body>403</body></html>"


@pytest.mark.parametrize(
    ("content", "content_type", "suffix"),
    [(PNG, "image/png", ".png"), (JPEG, "image/jpeg", ".jpg"), (WEBP, "image/webp", ".webp")],
)
def test_what_we_keep(content: bytes, content_type: str, suffix: str) -> None:
    found = check_image(content)
    assert (found.content_type, found.suffix, found.width, found.height) == (content_type, suffix, 64, 48)
    assert found.content is content  # as it came


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        HTML,
        SVG,
        encoded("GIF"),
        encoded("BMP"),
        encoded("TIFF"),
        b"\0\0\0\x18ftypmp42" + b"\0" * 100,
        b"\x89PNG\r\n\x1a\n" + b"IEND",  # a signature with nothing behind it
        b"\xff\xd8\xff\xff\xd9",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\x04\0\0\0WAVE",
        HTML + PNG,
        SVG + WEBP,
    ],
)
def test_what_we_do_not_keep(content: bytes) -> None:
    for wanted in ("", "png", "jpeg", "webp"):
        with pytest.raises(NotMedia):
            check_image(content, wanted=wanted)
    with pytest.raises(NotMedia):
        check_image(content[: len(content) // 2])


@pytest.mark.parametrize("whole", [PNG, JPEG, WEBP])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut_off_is_not_whole(whole: bytes, kept: float) -> None:
    with pytest.raises(NotMedia):
        check_image(whole[: int(kept * len(whole))])


def test_a_bomb_is_never_unpacked() -> None:
    for attempt in (lambda: check_image(BOMB, wanted="jpeg"), lambda: small_pictures(BOMB, (480,))):
        with pytest.raises(NotMedia):
            attempt()


@pytest.mark.parametrize(
    "content",
    [
        png_of(64, 48, chunk=b"\0\1\2\3"),
        png_of(64, 48, body=b"no zlib"),
        # the picture breaks off, and what follows is no chunk: Pillow calls this a SyntaxError
        png_of(64, 48, body=zlib.compress(b"\0" * 9300)[:20])[:-12] + b"\0\0\0\0\0\1\2\3\0\0\0\0" + PNG[-12:],
    ],
)
def test_a_whole_file_with_broken_insides_cannot_be_converted(content: bytes) -> None:
    for attempt in (lambda: check_image(content, wanted="webp"), lambda: small_pictures(content, (480,))):
        with pytest.raises(NotMedia):
            attempt()


@pytest.mark.parametrize("source", [PNG, JPEG, WEBP, encoded("PNG", "RGBA"), encoded("PNG", "P"), encoded("PNG", "LA")])
@pytest.mark.parametrize(
    ("wanted", "content_type"), [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp")]
)
def test_another_format_is_made_when_asked_for(source: bytes, wanted: str, content_type: str) -> None:
    found = check_image(source, wanted=wanted)
    assert (found.content_type, found.width, found.height) == (content_type, 64, 48)
    with Image.open(io.BytesIO(found.content)) as image:
        assert image.format == wanted.upper()
        image.load()


@pytest.mark.parametrize(("source", "wanted"), [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp")])
def test_the_format_that_was_asked_for_is_left_as_it_is(source: bytes, wanted: str) -> None:
    assert check_image(source, wanted=wanted).content is source


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((2048, 1024), (480, 240)),
        ((100, 1000), (48, 480)),
        ((64, 48), (64, 48)),  # never made larger
    ],
)
def test_a_thumbnail_fits_into_its_square(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert (PREVIEW_PX, THUMBNAIL_PX) == (1280, 480)
    for mode in ("RGB", "RGBA", "P", "LA", "1"):
        large, thumbnail = small_pictures(encoded("PNG", mode, size), (PREVIEW_PX, THUMBNAIL_PX))
        with Image.open(io.BytesIO(thumbnail)) as image:
            assert (image.format, image.size) == ("WEBP", small)
        with Image.open(io.BytesIO(large)) as image:
            assert max(image.size) == min(max(size), PREVIEW_PX)
