"""The look at input pictures: what is kept, converted, refused."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from generation.input_pictures import NotAPicture, Picture, read_picture
from tests.generation import hostile_pictures as pictures
from tests.generation.hostile_pictures import picture


def look(tmp_path: Path, content: bytes, *, is_known: bool = False) -> tuple[Picture, bytes]:
    """The picture, and what its file holds then."""
    path = tmp_path / "picture"
    path.write_bytes(content)
    with path.open("r+b") as file:
        found = read_picture(file, is_known=is_known)
    return found, path.read_bytes()


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "AVIF"])
def test_other_kinds_become_png(tmp_path: Path, kind: str) -> None:
    found, content = look(tmp_path, picture(kind))
    assert found == Picture(content_type="image/png", suffix=".png", width=64, height=48, is_converted=True)
    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.size) == ("PNG", (64, 48))
        pixels = image.convert("L").tobytes()
    assert pixels[64 + 32] < 20 < 230 < pixels[46 * 64 + 32]


def test_the_first_picture_of_an_animated_gif_is_taken(tmp_path: Path) -> None:
    _, content = look(tmp_path, pictures.animated("GIF"))
    with Image.open(BytesIO(content)) as image:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "CMYK", "I;16", "F", "LAB"])
def test_all_modes_of_tiff_become_png(tmp_path: Path, mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (32, 32)).save(out, format="TIFF")
    assert look(tmp_path, out.getvalue())[0].content_type == "image/png"


def test_transparency_survives(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(out, format="AVIF")
    with Image.open(BytesIO(look(tmp_path, out.getvalue())[1])) as image:
        pixel = image.convert("RGBA").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


def test_a_picture_lying_on_its_side_is_turned_when_converted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = BytesIO()
    Image.new("RGB", (64, 32)).save(out, format="TIFF", exif=exif)
    found, content = look(tmp_path, out.getvalue())
    with Image.open(BytesIO(content)) as image:
        assert (found.width, found.height) == image.size == (32, 64)


def test_a_jpeg_with_a_second_picture_inside_is_a_jpeg(tmp_path: Path) -> None:
    out = BytesIO()
    first, second = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    first.save(out, format="MPO", save_all=True, append_images=[second])
    found, content = look(tmp_path, out.getvalue())
    assert (found.content_type, content) == ("image/jpeg", out.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kind: str) -> None:
    whole = picture(kind, width=320, height=240)
    for part in (0.2, 0.5, 0.9):
        with pytest.raises(NotAPicture):
            look(tmp_path, whole[: int(len(whole) * part)])


@pytest.mark.parametrize("kind", ["ICO", "PPM", "TGA", "PCX", "JPEG2000", "EPS", "PDF", "ICNS", "SGI"])
def test_other_kinds_that_pillow_knows_are_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(NotAPicture, match="PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"):
        look(tmp_path, picture(kind))


@pytest.mark.parametrize(("width", "height"), [(15, 100), (100, 15), (8193, 100), (100, 8193)])
def test_sides_have_their_limits(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(NotAPicture, match=f"{width} x {height} pixels"):
        look(tmp_path, pictures.png_of(width, height))


def test_the_largest_and_smallest_are_taken(tmp_path: Path) -> None:
    for width, height in ((16, 16), (8192, 16), (16, 8192)):
        found, _ = look(tmp_path, pictures.png_of(width, height))
        assert (found.width, found.height) == (width, height)


@pytest.mark.parametrize("kind", [b"iTXt", b"zTXt", b"iCCP"])
def test_packed_text_and_profiles_are_not_unpacked_without_end(tmp_path: Path, kind: bytes) -> None:
    bomb = pictures.text_bomb_png(kind)
    tracemalloc.start()
    with pytest.raises(NotAPicture):
        look(tmp_path, bomb)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 16 * 1024**2


def test_pixels_are_counted_before_they_are_decoded(tmp_path: Path) -> None:
    """Its pixels are no pixels at all, so decoding them would fail otherwise."""
    for width, height in ((8000, 8000), (12_000, 12_000), (60_000, 60_000)):
        with pytest.raises(NotAPicture, match="50 megapixels"):
            look(tmp_path, pictures.png_of(width, height, content=b"nothing"))


def test_a_progressive_jpeg_is_a_picture_as_long_as_its_passes_are_few(tmp_path: Path) -> None:
    assert look(tmp_path, picture("JPEG", progressive=True))[0].content_type == "image/jpeg"
    with pytest.raises(NotAPicture, match="passes"):
        look(tmp_path, pictures.many_passes_jpeg())


def test_a_known_picture_is_not_decoded_again(tmp_path: Path) -> None:
    broken = pictures.png_of(64, 32, content=b"nothing")
    found, _ = look(tmp_path, broken, is_known=True)
    assert (found.width, found.height) == (64, 32)
    with pytest.raises(NotAPicture):
        look(tmp_path, broken)
