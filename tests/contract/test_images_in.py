"""Pictures in: compositions, edits and variations, over HTTP and through the openai SDK, seen from upstream."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from tests.live import Gateway, Sandbox
from tests.live_files import FileServer, picture

RED, GREEN, BLUE = (picture(colour) for colour in ("red", "green", "blue"))
TALL = picture("white", (300, 400))


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with FileServer({"/red.png": RED, "/blue.png": BLUE}) as server:
        yield server


@pytest.fixture(scope="module")
def own_gateway(sandbox: Sandbox, files: FileServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("images-in") / "data"
    gateway = Gateway(folder, upstream=sandbox.url, JIMENG_FETCH_ALLOW_HOSTS=files.host)
    # A login of its own: one that turns up from another device is held by risk control.
    sandbox.account("sb-images-in")
    gateway.add_accounts(["sb-images-in"])
    gateway.start()
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def http(own_gateway: Gateway) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {own_gateway.new_key()}"}
    with httpx.Client(base_url=f"{own_gateway.url}/v1", headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(own_gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{own_gateway.url}/v1", api_key=own_gateway.new_key(), max_retries=0) as client:
        yield client


def submission(sandbox: Sandbox, prompt: str) -> dict[str, Any]:
    """What the upstream was asked for with this prompt: exactly once, and nothing that it would not take."""
    ledger = sandbox.ledger()
    (found,) = [each for each in ledger["submissions"] if each["prompt"].startswith(prompt)]
    assert ledger["violations"] == []
    return dict(found)


def test_a_composition_of_an_address_a_data_url_and_a_file(
    http: httpx.Client, sandbox: Sandbox, files: FileServer
) -> None:
    parts: list[tuple[str, Any]] = [
        ("model", (None, "jimeng-4.5")),
        ("prompt", (None, "compose three")),
        ("ratio", (None, "16:9")),
        ("resolution", (None, "2k")),
        ("sample_strength", (None, "0.7")),
        ("images", (None, f"{files.url}/red.png")),
        ("images", (None, data_url(GREEN))),
        ("images", ("blue.png", BLUE, "image/png")),
    ]
    answer = http.post("/images/compositions", files=parts)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["input_images"], told["composition_type"]) == (3, "multi_image_synthesis")
    assert told["data"][0]["url"].startswith("http://127.0.0.1")
    asked = submission(sandbox, "compose three")
    assert asked["input_md5s"] == [md5(RED), md5(GREEN), md5(BLUE)]
    assert (asked["width"], asked["height"], asked["count"]) == (2560, 1440, 1)
    assert told["jimeng"]["effective"]["ratio"] == "16:9"


def test_a_composition_in_json_with_a_size_of_its_own(http: httpx.Client, sandbox: Sandbox, files: FileServer) -> None:
    body = {
        "prompt": "compose json",
        "images": [{"url": f"{files.url}/blue.png"}, data_url(RED), base64.b64encode(GREEN).decode()],
        "width": 1000,
        "height": 600,
        "negative_prompt": "dogs",
    }
    answer = http.post("/images/compositions", json=body)
    assert answer.status_code == 200, answer.text
    asked = submission(sandbox, "compose json")
    assert asked["input_md5s"] == [md5(BLUE), md5(RED), md5(GREEN)]
    assert (asked["width"], asked["height"]) == (1000, 600)
    assert asked["prompt"].endswith("dogs")


def test_an_edit_of_two_files_through_the_sdk(client: openai.OpenAI, sandbox: Sandbox) -> None:
    files = [("a.png", RED, "image/png"), ("b.png", GREEN, "image/png")]
    answer = client.images.edit(
        model="gpt-image-1", image=files, prompt="edit two", mask=("mask.png", BLUE, "image/png"), size="1024x1536"
    )
    assert answer.data is not None
    content = base64.b64decode(answer.data[0].b64_json or "")
    assert Image.open(io.BytesIO(content)).format is not None
    assert answer.usage is not None
    asked = submission(sandbox, "edit two")
    assert asked["input_md5s"] == [md5(RED), md5(GREEN)]  # the mask is none of them


def test_an_edit_keeps_the_shape_of_its_first_picture(client: openai.OpenAI, sandbox: Sandbox) -> None:
    client.images.edit(image=("tall.png", TALL, "image/png"), prompt="edit tall", size="auto")
    asked = submission(sandbox, "edit tall")
    assert asked["width"] / asked["height"] == 3 / 4


def test_an_edit_in_json_as_litellm_sends_it(http: httpx.Client, sandbox: Sandbox) -> None:
    body = {"model": "jimeng-4.0", "prompt": "edit json", "images": [{"image_url": data_url(RED)}]}
    answer = http.post("/images/edits", json=body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["data"][0]) == {"b64_json", "revised_prompt"}
    assert submission(sandbox, "edit json")["input_md5s"] == [md5(RED)]


def test_a_picture_given_with_a_text_to_image_request_is_used(http: httpx.Client, sandbox: Sandbox) -> None:
    shapes: list[dict[str, Any]] = [{"image": data_url(RED)}, {"images": [data_url(RED)]}, {"filePath": data_url(RED)}]
    for number, given in enumerate(shapes):
        answer = http.post("/images/generations", json={"prompt": f"from a picture {number}", **given})
        assert answer.status_code == 200, answer.text
        assert submission(sandbox, f"from a picture {number}")["input_md5s"] == [md5(RED)]
        assert "url" in answer.json()["data"][0]


def test_a_variation_needs_no_words(client: openai.OpenAI, sandbox: Sandbox) -> None:
    before = len(sandbox.ledger()["submissions"])
    answer = client.images.create_variation(image=("red.png", RED, "image/png"), n=2, response_format="b64_json")
    assert answer.data is not None
    assert len(answer.data) == 2
    assert len(sandbox.ledger()["submissions"]) == before + 1


def test_a_picture_that_the_account_has_uploaded_is_not_uploaded_again(http: httpx.Client, sandbox: Sandbox) -> None:
    own = picture("yellow")

    def edit(prompt: str) -> int:
        before = sandbox.calls().get("/upload/v1", 0)
        answer = http.post("/images/edits", json={"prompt": prompt, "image": data_url(own)})
        assert answer.status_code == 200, answer.text
        return int(sandbox.calls().get("/upload/v1", 0) - before)

    assert [edit("yellow once"), edit("yellow twice")] == [1, 0]
    assert submission(sandbox, "yellow twice")["input_md5s"] == [md5(own)]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("edits", {"prompt": "x"}, "image"),
        ("edits", {"prompt": "x", "image": "not a picture"}, "image"),
        ("edits", {"prompt": "x", "image": "file:///etc/passwd"}, "image"),
        ("edits", {"prompt": "x", "image": "http://127.0.0.1:1/x.png"}, "image"),
        ("edits", {"image": data_url(RED)}, "prompt"),
        ("compositions", {"prompt": "x", "images": [data_url(RED)] * 11}, "image"),
        ("variations", {"image": [data_url(RED)] * 2}, "image"),
        ("compositions", {"prompt": "x", "images": [data_url(RED)], "model": "jimeng-video-3.0"}, "model"),
    ],
)
def test_bad_input_costs_nothing(
    http: httpx.Client, sandbox: Sandbox, path: str, body: dict[str, Any], param: str
) -> None:
    before = len(sandbox.ledger()["submissions"])
    answer = http.post(f"/images/{path}", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, "invalid_value"), answer.text
    assert answer.headers["x-should-retry"] == "false"
    assert len(sandbox.ledger()["submissions"]) == before
