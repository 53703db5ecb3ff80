"""openai-python 3 (its own environment: it speaks httpx2): pictures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.clients import SDK, Answers, pictures, python, scenarios, surroundings
from tests.live import Gateway, Sandbox, wait_until


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = pictures(tmp_path_factory.mktemp("pictures"))
    return scenarios(python(), "openai_v3.py", gateway=gateway, key=api_key, PICTURES=str(folder))


def submissions_of(sandbox: Sandbox, prompt: str) -> list[dict[str, Any]]:
    return [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]


def test_it_is_the_third_generation_of_the_sdk(told: Answers) -> None:
    assert told["generate_url"]["version"].startswith("3.")


def test_models_are_listed_and_read(told: Answers) -> None:
    assert {"jimeng-4.5", "jimeng-video-3.0", "dall-e-3", "gpt-image-1"} <= set(told["models"]["names"])
    assert told["models"]["one"]["object"] == "model"
    assert told["models"]["one"]["owned_by"]


def test_addresses_lead_to_pictures_of_the_size_asked_for(told: Answers, sandbox: Sandbox) -> None:
    facts = told["generate_url"]
    assert len(facts["pictures"]) == 2
    for picture in facts["pictures"]:
        assert picture["by"] == ["url"]
        assert picture["content_type"] == "image/webp"
        assert picture["ratio"] == pytest.approx(1.5, abs=0.03)
    (submission,) = submissions_of(sandbox, "v3 two")
    assert submission["count"] == 2
    assert facts["usage"] == 0


def test_content_comes_in_the_format_asked_for(told: Answers) -> None:
    (picture,) = told["generate_b64"]["pictures"]
    assert picture["by"] == ["b64_json"]
    assert picture["format"] == "PNG"


def test_names_of_gpt_image_answer_content(told: Answers) -> None:
    assert told["generate_as_gpt_image"]["pictures"][0]["by"] == ["b64_json"]


def test_a_stream_ends_with_every_picture(told: Answers) -> None:
    events = told["generate_stream"]
    assert [event["class"] for event in events[-2:]] == ["ImageGenCompletedEvent"] * 2
    assert {event["class"] for event in events[:-2]} <= {"ImageGenPartialImageEvent"}
    assert events[-1]["usage"] == 0


@pytest.mark.parametrize(
    ("scenario", "prompt", "inputs"),
    [("edit_one", "v3 edit one", 1), ("edit_two", "v3 edit two", 2), ("variation", None, 1)],
)
def test_uploads_become_inputs(told: Answers, sandbox: Sandbox, scenario: str, prompt: str | None, inputs: int) -> None:
    (picture,) = told[scenario]["pictures"]
    assert picture["ratio"] == pytest.approx(1.5, abs=0.03)  # of the first picture
    assert picture["by"] == (["url"] if scenario == "variation" else ["b64_json"])
    if prompt is not None:
        (submission,) = submissions_of(sandbox, prompt)
        assert submission["inputs"] == inputs


def test_a_mask_is_no_input(told: Answers, sandbox: Sandbox) -> None:
    assert told["edit_with_a_mask"]["pictures"][0]["by"] == ["url"]
    (submission,) = submissions_of(sandbox, "v3 mask")
    assert submission["inputs"] == 1


def test_a_stream_of_an_edit_has_its_own_events(told: Answers) -> None:
    assert told["edit_stream"][-1]["class"] == "ImageEditCompletedEvent"


def test_a_composition_says_what_it_is(told: Answers) -> None:
    facts = told["composition"]
    assert facts["input_images"] == 2
    assert facts["composition_type"] == "multi_image_synthesis"
    assert facts["pictures"][0]["ratio"] == pytest.approx(16 / 9, abs=0.05)


def test_the_raw_answer_names_its_request(told: Answers) -> None:
    raw = told["raw_headers"]
    assert raw["request_id"]
    assert raw["request_id"] == raw["headers"]["x-request-id"]
    assert raw["headers"]["content-type"].startswith("application/json")


def test_an_idempotency_key_makes_one_picture(told: Answers, sandbox: Sandbox) -> None:
    first, second = told["same_idempotency_key_twice"]["jimeng"]
    assert first["id"] == second["id"]
    assert second["attached"] == "idempotency_key"
    assert len(submissions_of(sandbox, "v3 once")) == 1
    assert told["same_idempotency_key_twice"]["refused"] == {"code": "idempotency_key_reused", "retries": "0"}
    assert submissions_of(sandbox, "v3 another") == []


def test_a_retry_after_a_time_out_finds_the_picture_of_the_first_try(told: Answers, sandbox: Sandbox) -> None:
    assert told["retry_after_a_time_out"]["jimeng"]["attached"] == "retry"
    assert len(submissions_of(sandbox, "v3 impatient")) == 1


def test_a_restart_while_the_sdk_waits_costs_nothing_twice(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "3", "--media-scale", "0.1")
    gateway = new_gateway(sandbox)
    gateway.add_accounts(["sb-restart"])
    key = gateway.new_key()
    gateway.start()
    waiting = subprocess.Popen(
        [*python(), str(SDK / "openai_v3_restart.py")],
        env=surroundings(gateway, key),
        stdout=subprocess.PIPE,
        text=True,
    )
    with waiting:
        wait_until(lambda: sandbox.ledger()["submissions"], timeout_s=30, what="the picture is paid for")
        gateway.kill()
        gateway.start()
        said, _ = waiting.communicate(timeout=90)
    assert waiting.returncode == 0
    assert '"pictures": 1' in said
    assert '"attached": "retry"' in said
    (submission,) = sandbox.ledger()["submissions"]
    assert submission["charged"] == 2
    assert gateway.rows("SELECT count(*) FROM generation_generation") == [(1,)]
