"""Pictures good and bad, as bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from functools import cache
from typing import Any

from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body><script>alert(1)</script><img src=x></body></html>"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n"


@cache
def picture(kind: str = "PNG", *, width: int = 64, height: int = 48, mode: str = "RGB", **options: Any) -> bytes:
    """A picture with a gradient, so that it is not all the same colour."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, format=kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def turned_jpeg(width: int, height: int) -> bytes:
    """As a telephone held upright stores it: to be turned by 90 degrees when it is shown."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, format="JPEG", exif=exif)
    return out.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def png_of(width: int, height: int, *, before: bytes = b"", content: bytes | None = None) -> bytes:
    """A grey PNG by hand. `before`: chunks ahead of the pixels. `content`: packed pixels other than all black."""
    header = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 0, 0, 0, 0))
    packed = zlib.compress(bytes(width + 1) * height) if content is None else content
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    return start + before + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def giant_png() -> bytes:
    """A few bytes that say 60000 x 60000."""
    return png_of(60_000, 60_000, content=zlib.compress(bytes(1000)))


def large_png() -> bytes:
    """64 million black pixels in 64 KB, all of them there."""
    return png_of(8_000, 8_000)


def _packed_zeros(size_mb: int) -> bytes:
    """By packing one megabyte so that it may be told again. Its checksum is wrong, at the very end."""
    packer = zlib.compressobj(9)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + piece * size_mb + packer.flush()


@cache
def text_bomb_png(kind: bytes) -> bytes:
    """256 MB in 256 KB of packed text or colour profile. `kind`: iTXt, zTXt or iCCP."""
    head = {b"iTXt": b"k\0\1\0\0\0", b"zTXt": b"k\0\0", b"iCCP": b"k\0\0"}[kind]
    return png_of(32, 32, before=_chunk(kind, head + _packed_zeros(256)))


def many_chunks_png() -> bytes:
    return png_of(32, 32, before=_chunk(b"teST", b"") * 100_000)


def many_passes_jpeg() -> bytes:
    """A progressive JPEG whose last pass is told a hundred times."""
    whole = picture("JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 100 + whole[-2:]


@cache
def gzip_bomb() -> bytes:
    """1 GB of zeros behind a whole PNG, packed in 1 MB: gzip files may be strung together."""
    return gzip.compress(picture()) + gzip.compress(bytes(1024 * 1024)) * 1024
