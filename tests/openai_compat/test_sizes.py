"""`size` and `quality`."""

from __future__ import annotations

import pytest

from generation.catalog import MODELS, SIZES
from generation.errors import InvalidSpec
from openai_compat.serializers.sizes import QUALITIES, parse_size, quality_resolution


@pytest.mark.parametrize(
    ("size", "ratio", "resolution"),
    [
        (None, None, None),
        ("auto", None, None),
        ("1k", None, "1k"),
        ("2k", None, "2k"),
        ("4k", None, "4k"),
        ("16:9", "16:9", None),
        ("1:1", "1:1", None),
        ("1920:1080", "16:9", None),
        ("5:4", "4:3", None),  # 1.25: 1.07 times away from 4:3, 1.25 times from 1:1
        ("1024x1024", "1:1", "1k"),
        ("1024*1024", "1:1", "1k"),
        ("1024 x 1024", "1:1", "1k"),
        ("1024×1024", "1:1", "1k"),
        ("256x256", "1:1", "1k"),
        ("1536x1024", "3:2", "1k"),  # 1.57 Mpx: 0.87 from 1k (0.70), 2.58 from 2k (4.15)
        ("1024x1792", "9:16", "1k"),
        ("2048x2048", "1:1", "2k"),
        ("3840x2160", "16:9", "2k"),  # 8.3 Mpx: 4.6 from 2k (3.7), 6.5 from 4k (14.7)
        ("4096x4096", "1:1", "4k"),
        ("99999x1", "21:9", "1k"),
    ],
)
def test_a_size_means_the_nearest_ratio_and_class(size: str | None, ratio: str | None, resolution: str | None) -> None:
    parsed = parse_size(size)
    assert (parsed.ratio, parsed.resolution) == (ratio, resolution)


def test_every_size_of_the_table_means_itself() -> None:
    for resolution, sizes in SIZES.items():
        for ratio, (width, height) in sizes.items():
            parsed = parse_size(f"{width}x{height}")
            assert (parsed.ratio, parsed.resolution) == (ratio, resolution)


@pytest.mark.parametrize("size", ["big", "1024", "0x0", "0:1", "1024x", "x1024", "-1x5", "3k", "100000x1"])
def test_any_other_size_is_refused_by_name(size: str) -> None:
    with pytest.raises(InvalidSpec, match=r"1024x1024.*16:9.*auto") as caught:
        parse_size(size)
    assert caught.value.param == "size"


def test_quality_picks_the_class() -> None:
    story, plain = MODELS["jimeng-4.5"], MODELS["jimeng-3.0"]
    classes = {quality: quality_resolution(quality, story) for quality in QUALITIES}
    assert classes == {
        "auto": None,
        "low": "1k",
        "medium": None,
        "high": "4k",
        "standard": "1k",
        "hd": "4k",
    }
    assert quality_resolution("high", plain) == "2k"
    assert quality_resolution(None, story) is None
