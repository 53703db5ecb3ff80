"""Images to image: every field that is missing, wrong or unknown is refused; uploads, counts, versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.builders import GENERATE, MODEL_30, MODEL_45, MODEL_50, sealed
from tests.sandbox.callers import Caller
from tests.sandbox.input_builders import babi_param, blend
from tests.sandbox.test_drafts import ABILITIES, COMPONENT, SCENE, all_paths, assert_refused, at, name_of
from tests.sandbox.uploaders import Uploader, png

Make = Callable[..., Caller]
Violations = Callable[[], list[str]]
Path = tuple[str | int, ...]

BLEND: Path = (*ABILITIES, "blend")
EDIT: Path = (*BLEND, "ability_list", 0)
IMAGE: Path = (*EDIT, "image_list", 0)
SAMPLE = blend(["x"])
PATHS = [path for path in all_paths(SAMPLE) if path[: len(BLEND)] == BLEND]
FREE = {(*BLEND, "core_param", "prompt")}


@pytest.fixture
def uri(caller: Make) -> str:
    return Uploader(caller()).upload(png())


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_a_field_missing(caller: Make, violations: Violations, uri: str, path: Path) -> None:
    body = blend([uri])
    del at(body, path[:-1])[path[-1]]
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", [path for path in PATHS if path not in FREE], ids=name_of)
def test_a_field_wrong(caller: Make, violations: Violations, uri: str, path: Path) -> None:
    body = blend([uri])
    at(body, path[:-1])[path[-1]] = "wrong"
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", [BLEND, (*BLEND, "core_param"), EDIT, IMAGE], ids=name_of)
@pytest.mark.parametrize("name", ["surplus", "seed", "negative_prompt"])
def test_a_field_too_many(caller: Make, violations: Violations, uri: str, path: Path, name: str) -> None:
    body = blend([uri])
    at(body, path)[name] = 2500000000 if name == "seed" else ""
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("draft_content", "version"), "3.0.2"),
        (("draft_content", "min_version"), "3.0.2"),
        (("draft_content", "min_version"), "3.3.9"),
        ((*COMPONENT, "generate_type"), "generate"),
        ((*BLEND, "core_param", "prompt"), "no marks"),
        ((*BLEND, "core_param", "prompt"), "#one mark"),
        ((*BLEND, "core_param", "prompt"), "####four for one image"),
        ((*BLEND, "ability_list"), []),
        ((*BLEND, "prompt_placeholder_info_list"), []),
        ((*BLEND, "prompt_placeholder_info_list", 0, "ability_index"), 1),
        ((*EDIT, "strength"), 1.5),
        ((*EDIT, "strength"), True),
        ((*SCENE, "abilityList"), [{}, {}]),
    ],
    ids=str,
)
def test_a_value_out_of_bounds(caller: Make, violations: Violations, uri: str, path: Path, value: Any) -> None:
    body = blend([uri])
    at(body, path[:-1])[path[-1]] = value
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("images", [1, 2, 10])
@pytest.mark.parametrize("model", [MODEL_30, MODEL_45, MODEL_50], ids=str)
def test_valid_ones(
    caller: Make, violations: Violations, ledger: Any, uri: str, images: int, model: tuple[str, str, str]
) -> None:
    one = caller()
    query = {"babi_param": babi_param(model), "da_version": max(model[2], "3.2.9"), "web_version": "7.5.0"}
    answer = one.call(GENERATE, sealed(blend([uri] * images, model, count=2)), query=query)
    assert str(answer["ret"]) == "0", answer
    assert not violations()
    (told,), _ = ledger(one)
    assert (told["count"], told["inputs"], told["prompt"]) == (2, images, "as a painting")


@pytest.mark.parametrize("images", [0, 11])
def test_too_few_or_too_many_images(caller: Make, violations: Violations, uri: str, images: int) -> None:
    assert_refused(caller(), violations, blend([uri] * images))


def test_without_a_count_four_are_made_and_one_inside_is_ignored(caller: Make, ledger: Any, uri: str) -> None:
    one = caller()
    body = blend([uri])
    at(body, BLEND)["gen_option"] = {
        "type": "",
        "id": "0d6bf3f5-cf72-4c9e-a1e3-41402402a952",
        "gen_count": 1,
        "generate_all": False,
    }
    assert str(one.submit(body)["ret"]) == "0"
    (told,), balance = ledger(one)
    assert (told["count"], balance) == (4, 10_000 - 4 * 3)


def test_images_must_have_been_uploaded_and_committed(caller: Make, violations: Violations) -> None:
    one = Uploader(caller())
    one.fetch_token()
    address = one.apply(len(png())).json()["Result"]["UploadAddress"]
    one.send(address, png())
    uri = address["StoreInfos"][0]["StoreUri"]
    assert_refused(one.caller, violations, blend([uri]))
    one.commit(address["SessionKey"])
    assert str(one.caller.submit(blend([uri]))["ret"]) == "0"


def test_a_babi_param_of_another_model(caller: Make, violations: Violations, uri: str) -> None:
    answer = caller().call(GENERATE, sealed(blend([uri])), query={"babi_param": babi_param(MODEL_50)})
    assert str(answer["ret"]) == "1000"
    assert "babi_param" in violations()[0]
