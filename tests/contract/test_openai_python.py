"""The real openai-python against a running gateway."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import httpx
import openai
import pytest
from PIL import Image

from tests.live import Gateway, Sandbox


@pytest.fixture
def client(gateway: Gateway, api_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=api_key, max_retries=0) as client:
        yield client


def submissions_of(sandbox: Sandbox, prompt: str) -> list[dict[str, object]]:
    return [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]


def test_two_pictures_of_a_3_to_2_size_are_made_and_charged_as_two(client: openai.OpenAI, sandbox: Sandbox) -> None:
    prompt = "a quiet harbour, two pictures"
    answer = client.images.generate(model="jimeng-4.5", prompt=prompt, n=2, size="1536x1024")
    assert answer.data is not None
    assert len(answer.data) == 2
    for item in answer.data:
        assert item.url
        assert item.b64_json is None
        fetched = httpx.get(item.url, trust_env=False)
        assert fetched.status_code == 200
        assert fetched.headers["content-type"] == "image/webp"
        width, height = Image.open(io.BytesIO(fetched.content)).size
        assert abs(width / height - 1.5) < 0.03
    (submission,) = submissions_of(sandbox, prompt)
    assert submission["count"] == 2
    assert submission["width"] / submission["height"] == pytest.approx(1.5, abs=0.01)  # type: ignore[operator]
    # jimeng-4.5 at 1k is 2 credits a picture (facts of the sandbox)
    assert submission["charged"] == 4
    assert answer.usage is not None
    assert answer.created > 1_700_000_000


def test_b64_answers_have_no_url(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="jimeng-4.5", prompt="a cat", response_format="b64_json")
    assert answer.data is not None
    (item,) = answer.data
    assert item.url is None
    assert item.b64_json is not None
    assert Image.open(io.BytesIO(base64.b64decode(item.b64_json))).format == "WEBP"


def test_names_of_openai_serve_and_answer_as_openai_would(client: openai.OpenAI) -> None:
    by_url = client.images.generate(model="dall-e-3", prompt="a dog", quality="standard", style="vivid")
    by_content = client.images.generate(model="gpt-image-1", prompt="a dog", moderation="low", background="auto")
    assert by_url.data is not None
    assert by_url.data[0].url
    assert by_content.data is not None
    assert by_content.data[0].b64_json


def test_the_format_that_was_asked_for_is_the_format_of_the_file(client: openai.OpenAI) -> None:
    answer = client.images.generate(
        model="jimeng-4.5",
        prompt="a bird",
        output_format="png",
        response_format="b64_json",
        size="1k",
    )
    assert answer.data is not None
    assert Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json or ""))).format == "PNG"
    assert answer.output_format == "png"


def test_a_story_makes_as_many_pictures_as_its_prompt_says(client: openai.OpenAI, sandbox: Sandbox) -> None:
    prompt = "3张连续的画：小猫的一天"
    answer = client.images.generate(model="jimeng-4.0", prompt=prompt)
    assert answer.data is not None
    assert len(answer.data) == 3
    (submission,) = submissions_of(sandbox, prompt)
    assert submission["count"] == 3


def test_ten_pictures_are_spread_over_two_submissions(client: openai.OpenAI, sandbox: Sandbox) -> None:
    prompt = "ten little pictures"
    answer = client.images.generate(model="jimeng-3.0", prompt=prompt, n=10, size="1k")
    assert answer.data is not None
    assert len(answer.data) == 10
    assert sorted(each["count"] for each in submissions_of(sandbox, prompt)) == [5, 5]  # type: ignore[type-var]


@pytest.mark.parametrize("key", ["jm-wrong-key-000000000000", "sk-wrong", "wrong", "nobody-at-all-0123"])
def test_a_wrong_key_is_an_authentication_error(gateway: Gateway, key: str) -> None:
    with (
        openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as raised,
    ):
        client.images.generate(model="jimeng-4.5", prompt="a cat")
    assert raised.value.code == "invalid_api_key"
    assert raised.value.request_id


def test_a_bare_login_serves_its_own_requests(gateway: Gateway, sandbox: Sandbox) -> None:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="sb-guest-contract", max_retries=0) as client:
        answer = client.images.generate(model="jimeng-4.5", prompt="by a guest")
    assert answer.data is not None
    (submission,) = submissions_of(sandbox, "by a guest")
    assert str(submission["account"]).startswith("guest-contract")


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.images.generate(model="no-such-model", prompt="a cat")
    assert raised.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"prompt": ""}, "prompt"), ({"prompt": "a cat", "n": 0}, "n"), ({"prompt": "a cat", "n": 11}, "n")],
)
def test_bad_values_are_bad_requests_that_name_the_parameter(
    client: openai.OpenAI, fields: dict[str, object], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model="jimeng-4.5", **fields)  # type: ignore[call-overload]
    assert raised.value.param == param
    assert raised.value.type == "invalid_request_error"


def test_models_are_listed_and_looked_up(client: openai.OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert {"jimeng-4.5", "jimeng-5.0", "jimeng", "dall-e-3", "gpt-image-1"} <= names
    assert client.models.retrieve("jimeng-4.5").owned_by
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


def test_the_sandbox_found_nothing_to_complain_about(client: openai.OpenAI, sandbox: Sandbox) -> None:
    client.images.generate(model="jimeng-4.5", prompt="a last one", size="2k")
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    assert ledger["duplicate_submits"] == 0
