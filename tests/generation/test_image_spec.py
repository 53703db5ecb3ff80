"""What a request becomes before it is stored: checked, complete, and refused with the parameter's name."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import InvalidSpec, UnknownModel
from generation.specs import (
    SEED_MAX,
    SEED_MIN,
    ImageSpec,
    image_spec,
    split_counts,
    story_count,
    submission_counts,
    upstream_seed,
)


def spec(**over: Any) -> ImageSpec:
    return image_spec(**{"model": "jimeng-4.5", "prompt": "a cat", **over})


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (2048, 2048, "1:1", "2k")),
        ({"ratio": "16:9"}, (2560, 1440, "16:9", "2k")),
        ({"resolution": "4k"}, (4096, 4096, "1:1", "4k")),
        ({"ratio": "9:16", "resolution": "1k"}, (576, 1024, "9:16", "1k")),
        ({"width": 1024, "height": 1024}, (1024, 1024, "1:1", "1k")),
        ({"width": 1536, "height": 1024}, (1536, 1024, "3:2", "1k")),  # as given; 1.6 million of 0.7 or 4.2 million
        ({"width": 2048, "height": 2048, "ratio": "16:9", "resolution": "4k"}, (2048, 2048, "1:1", "2k")),
        ({"width": 64, "height": 8192}, (64, 8192, "9:16", "1k")),
    ],
)
def test_sizes(asked: dict[str, Any], size: tuple[int, int, str, str]) -> None:
    found = spec(**asked)
    assert (found.width, found.height, found.ratio, found.resolution) == size


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": "jimeng-video-3.0"}, "model"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n\t"}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"width": 1024}, "height"),
        ({"height": 1024}, "width"),
        ({"width": 63, "height": 1024}, "width"),
        ({"width": 1024, "height": 8193}, "height"),
        ({"ratio": "5:4"}, "ratio"),
        ({"resolution": "8k"}, "resolution"),
        ({"resolution": "720p"}, "resolution"),
        ({"sample_strength": -0.1}, "sample_strength"),
        ({"sample_strength": 1.1}, "sample_strength"),
        ({"sample_strength": float("nan")}, "sample_strength"),
        ({"count": 0}, "n"),
        ({"count": 11}, "n"),
        ({"seed": -1}, "seed"),
        ({"output_format": "gif"}, "output_format"),
    ],
)
def test_refusals_name_the_parameter(asked: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        spec(**asked)
    assert raised.value.param == param


def test_an_unknown_model_is_an_error_of_its_own() -> None:
    with pytest.raises(UnknownModel, match="jimeng-9") as raised:
        spec(model="jimeng-9")
    assert raised.value.param == "model"


@pytest.mark.parametrize(
    "asked", [{"prompt": "x" * 32_000}, {"sample_strength": 0}, {"sample_strength": 1}, {"count": 10}, {"seed": 0}]
)
def test_the_limits_themselves_are_allowed(asked: dict[str, Any]) -> None:
    spec(**asked)


def test_an_alias_becomes_the_models_own_name() -> None:
    found = spec(model="gpt-image-1")
    assert (found.model, found.info.upstream_id) == ("jimeng-4.5", "high_aes_general_v40l")


@pytest.mark.parametrize(
    ("model", "prompt", "count"),
    [
        ("jimeng-4.5", "a cat", 1),
        ("jimeng-4.5", "一只猫的故事", 4),
        ("jimeng-4.5", "绘本", 4),
        ("jimeng-4.5", "连续的画面", 4),
        ("jimeng-4.5", "画6张猫", 6),
        ("jimeng-4.5", "故事,3张", 3),
        ("jimeng-4.5", "画12张猫", 10),  # ten at most
        ("jimeng-4.5", "画0张猫", 1),
        ("jimeng-4.5", "张三的猫", 1),
        ("jimeng-3.0", "一只猫的故事, 6张", 1),  # this model tells none
    ],
)
def test_a_story_says_itself_how_many_pictures_it_has(model: str, prompt: str, count: int) -> None:
    found = spec(model=model, prompt=prompt)
    assert found.count == count
    assert found.is_story == (model == "jimeng-4.5" and prompt not in ("a cat", "张三的猫"))


def test_an_explicit_number_comes_before_the_storys() -> None:
    assert spec(prompt="画6张猫", count=2).count == 2


@pytest.mark.parametrize("prompt", ["9" * 31_999, "9" * 31_999 + "张"])
def test_a_prompt_of_digits_is_read_at_once(prompt: str) -> None:
    assert story_count(prompt) in (4, 9999)
    assert spec(prompt=prompt).count in (1, 10)


@pytest.mark.parametrize(
    ("seed", "sent"),
    [
        (SEED_MIN, SEED_MIN),
        (SEED_MAX - 1, SEED_MAX - 1),
        (SEED_MAX, SEED_MIN),  # 2.6 billion mod 100 million is 0
        (0, SEED_MIN),
        (42, SEED_MIN + 42),
        (SEED_MIN - 1, SEED_MAX - 1),  # 2 499 999 999 mod 100 million is 99 999 999
        (2**63, SEED_MIN + 2**63 % 100_000_000),
    ],
)
def test_seeds_are_moved_into_the_upstreams_range(seed: int, sent: int) -> None:
    assert upstream_seed(seed) == spec(seed=seed).seed == sent
    assert SEED_MIN <= sent < SEED_MAX


@pytest.mark.parametrize(
    ("count", "per_submission", "counts"),
    [(1, 8, [1]), (8, 8, [8]), (9, 8, [5, 4]), (10, 8, [5, 5]), (10, 4, [4, 3, 3]), (4, 1, [1, 1, 1, 1])],
)
def test_many_pictures_are_spread_evenly(count: int, per_submission: int, counts: list[int]) -> None:
    assert split_counts(count, per_submission) == counts
    assert sum(counts) == count


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        ({"count": 4}, [4]),
        ({"count": 10}, [5, 5]),
        ({"prompt": "画10张猫"}, [10]),  # a story stays whole
        ({"prompt": "画12张猫"}, [5, 5]),  # more than can be had: no longer what the prompt says
        ({"prompt": "画10张猫", "count": 9}, [5, 4]),
        ({"prompt": "画10张猫", "model": "jimeng-3.0", "count": 10}, [5, 5]),
    ],
)
def test_submissions_of_a_request(asked: dict[str, Any], counts: list[int]) -> None:
    assert submission_counts(spec(**asked)) == counts


@pytest.mark.parametrize(
    ("asked", "code"), [({"ratio": "16:9"}, 3), ({"ratio": "16:9", "resolution": "4k"}, 103), ({"ratio": "21:9"}, 8)]
)
def test_ratio_codes_at_4k_are_a_hundred_higher(asked: dict[str, Any], code: int) -> None:
    assert spec(**asked).ratio_code == code


def test_what_it_costs() -> None:
    assert spec(count=4).cost_credits == 12  # 3 each at 2k
    assert spec(count=2, resolution="4k").cost_credits == 12  # 6 each


def test_it_is_read_back_as_it_was_stored() -> None:
    found = spec(negative_prompt="dogs", seed=7, sample_strength=0.3, output_format="png")
    assert ImageSpec.from_json(found.to_json()) == found
    assert ImageSpec.from_json({**found.to_json(), "of_another_version": 1}) == found


def test_equal_requests_have_equal_fingerprints() -> None:
    assert spec().fingerprint() == spec(ratio="1:1", count=1).fingerprint()
    different = [spec(prompt="a dog"), spec(count=2), spec(seed=1), spec(ratio="4:3"), spec(output_format="png")]
    assert len({each.fingerprint() for each in (spec(), *different)}) == 6
