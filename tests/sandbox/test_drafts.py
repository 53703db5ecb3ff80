"""Every field of a submission that is missing, wrong or unknown is refused and recorded; sizes, stories, counts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.builders import GENERATE, MODEL_30, MODEL_45, MODEL_50, sealed, submission
from tests.sandbox.callers import Caller

Violations = Callable[[], list[str]]
Make = Callable[..., Caller]
Change = Callable[[dict[str, Any]], Any]
Path = tuple[str | int, ...]

COMPONENT: Path = ("draft_content", "component_list", 0)
ABILITIES: Path = (*COMPONENT, "abilities")
CORE: Path = (*ABILITIES, "generate", "core_param")
SIZE: Path = (*CORE, "large_image_info")
SCENE: Path = ("metrics_extra", "sceneOptions", 0)
OPTIONAL = {
    (*ABILITIES, "gen_option"),
    (*ABILITIES, "gen_option", "gen_count"),
    (*ABILITIES, "generate", "gen_option"),
    ("metrics_extra", "sceneOptions"),
}


def at(body: Any, path: Path) -> Any:
    for key in path:
        body = body[key]
    return body


def all_paths(value: Any, path: Path = ()) -> list[Path]:
    """The path of every key in a submission."""
    if isinstance(value, list):
        return [found for number, one in enumerate(value) for found in all_paths(one, (*path, number))]
    if not isinstance(value, dict):
        return []
    return [found for key, one in value.items() for found in [(*path, key), *all_paths(one, (*path, key))]]


WITH_COUNT = submission(count=2)
PATHS = all_paths(WITH_COUNT)
OBJECTS = [(), *(path for path in PATHS if isinstance(at(WITH_COUNT, path), dict)), COMPONENT, SCENE]


def name_of(path: Path) -> str:
    return ".".join(map(str, path)) or "top"


def assert_refused(caller: Caller, violations: Violations, body: dict[str, Any]) -> None:
    answer = caller.submit(body)
    assert str(answer["ret"]) == "1000", answer
    assert answer["data"] is None
    assert len(violations()) == 1


@pytest.mark.parametrize("path", [path for path in PATHS if path not in OPTIONAL], ids=name_of)
def test_a_field_missing(caller: Make, violations: Violations, path: Path) -> None:
    body = submission(count=2)
    del at(body, path[:-1])[path[-1]]
    assert_refused(caller(), violations, body)


FREE = {(*CORE, "prompt"), (*CORE, "negative_prompt")}


@pytest.mark.parametrize("path", [path for path in PATHS if path not in FREE], ids=name_of)
def test_a_field_wrong(caller: Make, violations: Violations, path: Path) -> None:
    body = submission(count=2)
    at(body, path[:-1])[path[-1]] = "wrong"
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", [path for path in OBJECTS if path not in {(), ("extend",)}], ids=name_of)
def test_a_field_too_many(caller: Make, violations: Violations, path: Path) -> None:
    body = submission(count=2)
    at(body, path)["surplus"] = ""
    assert_refused(caller(), violations, body)


def test_a_field_too_many_at_the_top_is_tolerated(caller: Make, violations: Violations) -> None:
    assert str(caller().submit(submission() | {"surplus": ""})["ret"]) == "0"
    assert not violations()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("submit_id",), "0d6bf3f5-cf72-1c9e-a1e3-41402402a952"),
        ((*CORE, "seed"), 2600000000),
        ((*CORE, "seed"), 2499999999),
        ((*CORE, "seed"), 2500000000.0),
        ((*CORE, "sample_strength"), 1.1),
        ((*CORE, "sample_strength"), True),
        ((*CORE, "prompt"), " "),
        ((*CORE, "negative_prompt"), None),
        ((*CORE, "image_ratio"), 2),
        ((*CORE, "image_ratio"), 101),
        ((*SIZE, "resolution_type"), "1k"),
        ((*SIZE, "width"), 0),
        ((*ABILITIES, "gen_option", "gen_count"), 0),
        ((*ABILITIES, "gen_option", "gen_count"), 9),
        ((*COMPONENT, "metadata", "created_time_in_ms"), 1733966961000),
        (("extend", "root_model"), MODEL_50[1]),
        (("draft_content", "version"), "3.0.2"),
        ((*SCENE, "scene"), "ImageMultiGenerate"),
        ((*SCENE, "modelReqKey"), "jimeng"),
        (("metrics_extra", "generateId"), "0d6bf3f5-cf72-4c9e-a1e3-41402402a952"),
    ],
    ids=str,
)
def test_a_value_out_of_bounds(caller: Make, violations: Violations, path: Path, value: Any) -> None:
    body = submission(count=2)
    at(body, path[:-1])[path[-1]] = value
    assert_refused(caller(), violations, body)


def test_an_id_used_twice(caller: Make, violations: Violations) -> None:
    body = submission()
    at(body, CORE)["id"] = at(body, SIZE)["id"]
    assert_refused(caller(), violations, body)


def test_texts_that_are_no_json(caller: Make, violations: Violations) -> None:
    assert_refused(caller(), violations, submission() | {"draft_content": "{"})


def test_a_query_of_another_draft_version(caller: Make, violations: Violations) -> None:
    assert str(caller().call(GENERATE, sealed(submission()), query={"da_version": "3.3.9"})["ret"]) == "1000"
    assert len(violations()) == 1


SIZES = [
    (1024, 682, "1k", 7),
    (1195, 512, "1k", 8),
    (1728, 2304, "2k", 2),
    (5120, 2880, "4k", 103),
    (1536, 1536, "1k", 1),
    (1700, 1700, "2k", 1),
    (1000, 3000, "2k", 5),
    (3000, 3200, "2k", 1),
    (3400, 3400, "4k", 101),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_sizes_that_fit(caller: Make, violations: Violations, size: tuple[int, int, str, int]) -> None:
    answer = caller().submit(submission(size=size))
    assert str(answer["ret"]) == "0", answer
    assert not violations()


@pytest.mark.parametrize(
    ("model", "prompt", "story", "count", "inner", "made"),
    [
        (MODEL_45, "a cat", False, None, None, 4),
        (MODEL_45, "a cat", False, 1, None, 1),
        (MODEL_45, "a cat", False, 8, 2, 8),
        (MODEL_45, "a cat", False, None, 2, 4),
        (MODEL_45, "猫的故事", True, None, None, 4),
        (MODEL_50, "画6张猫", True, None, None, 6),
        (MODEL_50, "画6张猫", True, 3, None, 3),
        (MODEL_30, "画6张猫", False, None, None, 4),
    ],
)
def test_how_many_are_made(
    caller: Make,
    ledger: Callable[[Caller], Any],
    model: tuple[str, str, str],
    prompt: str,
    story: bool,
    count: int | None,
    inner: int | None,
    made: int,
) -> None:
    one = caller()
    one.submit(submission(model, prompt=prompt, story=story, count=count, inner_count=inner))
    submissions, balance = ledger(one)
    price = {MODEL_30: 2, MODEL_45: 3, MODEL_50: 4}[model]
    assert (submissions[0]["count"], submissions[0]["charged"]) == (made, made * price)
    assert balance == 10_000 - made * price


def test_a_story_must_say_so(caller: Make, violations: Violations) -> None:
    assert_refused(caller(), violations, submission(prompt="连续的猫", story=False))


@pytest.mark.parametrize(
    ("model", "size", "ret"),
    [
        (MODEL_45, (2048, 2048, "2k", 1), "1006"),
        (MODEL_45, (1024, 1024, "1k", 1), "0"),
        (MODEL_30, (2048, 2048, "2k", 1), "0"),
    ],
)
def test_newer_models_need_scene_options_at_2k(
    caller: Make, violations: Violations, model: tuple[str, str, str], size: tuple[int, int, str, int], ret: str
) -> None:
    body = copy.deepcopy(submission(model, size=size))
    del body["metrics_extra"]["sceneOptions"]
    assert str(caller().submit(body)["ret"]) == ret
    assert not violations()
