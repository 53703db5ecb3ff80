"""The catalog, against the protocol's own tables."""

from __future__ import annotations

import pytest

from generation import catalog
from generation.catalog import MODELS, RATIO_CODES, RATIOS, SIZES, nearest_ratio, nearest_resolution, resolve_model

# public name, upstream id, draft version, tells stories: as seen on the wire
IMAGE_MODELS = [
    ("jimeng-5.0", "high_aes_general_v50", "3.3.9", True),
    ("jimeng-4.6", "high_aes_general_v42", "3.3.9", True),
    ("jimeng-4.5", "high_aes_general_v40l", "3.3.4", True),
    ("jimeng-4.1", "high_aes_general_v41", "3.3.4", True),
    ("jimeng-4.0", "high_aes_general_v40", "3.3.4", True),
    ("jimeng-3.1", "high_aes_general_v30l_art_fangzhou:general_v3.0_18b", "3.0.2", False),
    ("jimeng-3.0", "high_aes_general_v30l:general_v3.0_18b", "3.0.2", False),
    ("jimeng-2.1", "high_aes_general_v21_L:general_v2.1_L", "3.0.2", False),
    ("jimeng-2.0-pro", "high_aes_general_v20_L:general_v2.0_L", "3.0.2", False),
    ("jimeng-2.0", "high_aes_general_v20:general_v2.0", "3.0.2", False),
    ("jimeng-1.4", "high_aes_general_v14:general_v1.4", "3.0.2", False),
    ("jimeng-xl-pro", "text2img_xl_sft", "3.0.2", False),
]
# public name, upstream id, draft version, benefit, seconds
VIDEO_MODELS = [
    (
        "jimeng-video-3.5-pro",
        "dreamina_ic_generate_video_model_vgfm_3.5_pro",
        "3.3.4",
        "dreamina_video_seedance_15_pro",
        (5, 10, 12),
    ),
    (
        "jimeng-video-3.0-pro",
        "dreamina_ic_generate_video_model_vgfm_3.0_pro",
        "3.2.8",
        "basic_video_operation_vgfm_v_three_pro",
        (5, 10),
    ),
    (
        "jimeng-video-3.0",
        "dreamina_ic_generate_video_model_vgfm_3.0",
        "3.2.8",
        "basic_video_operation_vgfm_v_three",
        (5, 10),
    ),
    (
        "jimeng-video-3.0-fast",
        "dreamina_ic_generate_video_model_vgfm_3.0_fast",
        "3.2.8",
        "basic_video_operation_vgfm_v_three_1080",
        (5, 10),
    ),
    (
        "jimeng-video-2.0",
        "dreamina_ic_generate_video_model_vgfm_lite",
        "3.2.8",
        "basic_video_operation_vgfm_v_three",
        (5,),
    ),
    (
        "jimeng-video-2.0-pro",
        "dreamina_ic_generate_video_model_vgfm1.0",
        "3.2.8",
        "basic_video_operation_vgfm_v_three",
        (5,),
    ),
]
# ratio: 1k, 2k, 4k
PIXELS = {
    "1:1": ((1024, 1024), (2048, 2048), (4096, 4096)),
    "4:3": ((1024, 768), (2304, 1728), (4608, 3456)),
    "3:4": ((768, 1024), (1728, 2304), (3456, 4608)),
    "16:9": ((1024, 576), (2560, 1440), (5120, 2880)),
    "9:16": ((576, 1024), (1440, 2560), (2880, 5120)),
    "3:2": ((1024, 682), (2496, 1664), (4992, 3328)),
    "2:3": ((682, 1024), (1664, 2496), (3328, 4992)),
    "21:9": ((1195, 512), (3024, 1296), (6048, 2592)),
}


@pytest.mark.parametrize(("name", "upstream_id", "draft", "stories"), IMAGE_MODELS)
def test_image_models(name: str, upstream_id: str, draft: str, stories: bool) -> None:
    model = MODELS[name]
    assert (model.name, model.kind, model.upstream_id, model.draft_version) == (name, "image", upstream_id, draft)
    assert model.tells_stories == stories
    assert set(model.credits) == {"1k", "2k", "4k"}


@pytest.mark.parametrize(("name", "upstream_id", "draft", "benefit", "seconds"), VIDEO_MODELS)
def test_video_models(name: str, upstream_id: str, draft: str, benefit: str, seconds: tuple[int, ...]) -> None:
    model = MODELS[name]
    assert (model.name, model.kind, model.upstream_id, model.draft_version) == (name, "video", upstream_id, draft)
    assert (model.benefit_type, model.seconds) == (benefit, seconds)
    assert set(model.credits) == {str(each) for each in seconds}


def test_there_are_no_others() -> None:
    assert set(MODELS) == {row[0] for row in IMAGE_MODELS} | {row[0] for row in VIDEO_MODELS}
    assert len({model.upstream_id for model in MODELS.values()}) == len(MODELS)


def test_aliases_lead_to_models_and_hide_none() -> None:
    assert resolve_model("jimeng") is MODELS["jimeng-4.5"]
    assert resolve_model("gpt-image-1") is MODELS["jimeng-4.5"]
    assert not set(catalog.ALIASES) & set(MODELS)
    assert set(catalog.ALIASES.values()) <= set(MODELS)
    assert MODELS[catalog.DEFAULT_VIDEO_MODEL].name == "jimeng-video-3.0"
    for name in ("", "jimeng-9", "JIMENG", "high_aes_general_v40l"):
        assert resolve_model(name) is None


def test_sizes() -> None:
    assert {ratio: tuple(SIZES[each][ratio] for each in ("1k", "2k", "4k")) for ratio in RATIOS} == PIXELS


def test_every_size_is_of_the_ratio_it_stands_under() -> None:
    for table in SIZES.values():
        for ratio, (width, height) in table.items():
            across, _, down = ratio.partition(":")
            # 1195 × 512 is the upstream's own idea of 21:9, a hundredth off
            assert width / height == pytest.approx(int(across) / int(down), rel=0.011)


def test_ratio_codes() -> None:
    codes = {"1:1": 1, "3:4": 2, "16:9": 3, "4:3": 4, "9:16": 5, "2:3": 6, "3:2": 7, "21:9": 8}
    assert codes == RATIO_CODES
    assert set(codes) == set(RATIOS)


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [
        (1024, 1024, "1:1"),
        (1536, 1024, "3:2"),
        (1024, 1536, "2:3"),
        (1792, 1024, "16:9"),  # 1.75: 16:9 is 1.78
        (1024, 1792, "9:16"),
        (1100, 1024, "1:1"),  # 1.07 is nearer to 1 than to 1.33
        (1280, 1024, "4:3"),  # 1.25: off by 1.07, 1:1 by 1.25
        (1024, 1280, "3:4"),
        (8192, 64, "21:9"),
        (64, 8192, "9:16"),
        (2000, 1000, "16:9"),  # 2: 16:9 is off by 1.125, 21:9 by 1.167
    ],
)
def test_the_nearest_ratio_is_nearest_by_factor(width: int, height: int, ratio: str) -> None:
    assert nearest_ratio(width, height) == ratio


def test_the_nearest_of_a_shorter_list() -> None:
    assert nearest_ratio(1536, 1024, catalog.VIDEO_RATIOS) == "4:3"  # 1.5: off by 1.125, 16:9 by 1.185


@pytest.mark.parametrize(
    ("width", "height", "resolution"),
    [
        (64, 64, "1k"),
        (1024, 1024, "1k"),
        # 1:1 has 1.05, 4.19 and 16.78 million pixels: half way lie 2.62 and 10.49 million
        (1600, 1600, "1k"),  # 2.56
        (1640, 1640, "2k"),  # 2.69
        (3200, 3200, "2k"),  # 10.24
        (3300, 3300, "4k"),  # 10.89
        (8192, 8192, "4k"),
        # 16:9 has 0.59 and 3.69 million: half way lies 2.14
        (1920, 1080, "1k"),  # 2.07
        (2048, 1152, "2k"),  # 2.36
    ],
)
def test_the_nearest_resolution_has_the_nearest_number_of_pixels(width: int, height: int, resolution: str) -> None:
    assert nearest_resolution(width, height) == resolution


def test_every_listed_size_is_its_own_class() -> None:
    for resolution, table in SIZES.items():
        for ratio, (width, height) in table.items():
            assert (nearest_ratio(width, height), nearest_resolution(width, height)) == (ratio, resolution)


def test_prices_are_by_picture_or_by_video() -> None:
    assert catalog.image_credits(MODELS["jimeng-4.5"], "2k", 4) == 12  # 3 each
    assert catalog.image_credits(MODELS["jimeng-3.0"], "1k", 1) == 1
    assert catalog.video_credits(MODELS["jimeng-video-3.5-pro"], 12) == 48
