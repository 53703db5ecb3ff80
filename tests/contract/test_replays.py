"""Requests in the very shapes that clients send which cannot be installed here: pictures.

What each client sends and reads was taken from its sources; the tables below say it request by request.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.live import Gateway, Sandbox

Json = dict[str, Any]
NEXTCHAT: Json = {"n": 1, "size": "1024x1024", "quality": "standard", "style": "vivid", "response_format": "b64_json"}
CHERRY: Json = {"size": "1024x1024", "background": "auto", "n": 1, "quality": "auto", "moderation": "auto"}
DIFY: Json = {
    "model": "gpt-image-1",
    "size": "1024x1024",
    "quality": "low",
    "background": "auto",
    "output_format": "png",
    "output_compression": 100,
    "moderation": "auto",
    "n": 1,
}
NEW_API: Json = {"watermark": False, "async": None, "extra_fields": {"a": 1}, "user": "42", "n": 1, "size": "1:1"}
SEED: Json = {"negative_prompt": "blur", "ratio": "4:3", "resolution": "1k", "sample_strength": 0.6}

# client, what it sends, and the only representation that it reads
GENERATIONS: list[tuple[str, Json, str]] = [
    ("Open WebUI", {"model": "jimeng-4.5", "n": 1, "size": "512x512", "response_format": "b64_json"}, "b64_json"),
    ("Open WebUI, gpt-image", {"model": "gpt-image-1", "n": 1, "size": "512x512"}, "b64_json"),
    ("Open WebUI, as set by its admin", {"model": "jimeng-4.5", "n": 1, "size": "512x512", "steps": 20}, "url"),
    ("NextChat", {"model": "dall-e-3", **NEXTCHAT}, "b64_json"),
    ("LobeChat", {"model": "jimeng-4.5", "n": 1, "size": "1024x1024"}, "url"),
    ("LobeChat, dall-e", {"model": "dall-e-3", "n": 1, "response_format": "b64_json"}, "b64_json"),
    ("Vercel AI SDK", {"model": "jimeng-4.5", "n": 1, "size": None, "response_format": "b64_json"}, "b64_json"),
    ("Cherry Studio, New API", {"model": "jimeng-4.5", **CHERRY}, "url"),
    ("Dify", DIFY, "b64_json"),
    ("n8n", {"model": "dall-e-3", "response_format": "url", "quality": "hd", "n": 1, "style": "natural"}, "url"),
    ("n8n, gpt-image", {"model": "gpt-image-1", "quality": "medium", "n": 1}, "b64_json"),
    ("new-api", {"model": "jimeng-4.5", **NEW_API}, "url"),
    ("Seed clients", {"model": "jimeng-4.5", **SEED, "response_format": "url"}, "url"),
]
# client, text fields, names of the files, and the only representation that it reads
EDITS: list[tuple[str, dict[str, str], list[str], str]] = [
    ("Open WebUI", {"model": "jimeng-4.5", "n": "1", "response_format": "b64_json"}, ["image"], "b64_json"),
    ("Open WebUI, many", {"model": "gpt-image-1", "background": "auto"}, ["image[]", "image[]"], "b64_json"),
    ("LobeChat", {"model": "gpt-image-1", "n": "1", "input_fidelity": "high"}, ["image[]", "image[]"], "b64_json"),
    ("Vercel AI SDK", {"model": "jimeng-4.5", "n": "1", "size": "1024x1024"}, ["image"], "b64_json"),
    ("Cherry Studio, New API", {"model": "jimeng-4.5", "n": "1"}, ["image", "image"], "b64_json"),
    ("Dify", {"model": "gpt-image-1", "size": "auto", "quality": "auto", "n": "1"}, ["image", "mask"], "b64_json"),
    ("n8n", {"model": "dall-e-2", "n": "1", "size": "512x512", "response_format": "url"}, ["image"], "url"),
    ("n8n, gpt-image", {"model": "gpt-image-1", "output_format": "webp"}, ["image[]", "image[]", "mask"], "b64_json"),
]


def png(colour: str = "orange") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def http(gateway: Gateway, api_key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=f"{gateway.url}/v1", headers=headers, timeout=60, trust_env=False) as client:
        yield client


def checked(http: httpx.Client, response: httpx.Response, representation: str) -> Json:
    """The answer, once every picture of it could be read in the one way that the client knows."""
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    assert isinstance(answer["created"], int)
    assert isinstance(answer["usage"]["total_tokens"], int)  # Dify fails without
    assert answer["data"]
    for item in answer["data"]:
        if representation == "b64_json":
            assert not item.get("url")  # Open WebUI would rather take it, and refuse a private address
            content = base64.b64decode(item["b64_json"])
        else:
            fetched = http.get(item["url"])  # Open WebUI sends its Authorization header along
            assert fetched.headers["content-type"].startswith("image/")
            content = fetched.content
        Image.open(io.BytesIO(content)).verify()
    return answer


def inputs_of(sandbox: Sandbox, prompt: str) -> list[int]:
    return [each["inputs"] for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]


@pytest.mark.parametrize(("client", "body", "reads"), GENERATIONS, ids=[row[0] for row in GENERATIONS])
def test_a_picture_comes_as_the_client_reads_it(http: httpx.Client, client: str, body: Json, reads: str) -> None:
    response = http.post("/images/generations", json={"prompt": f"replay of {client}", **body})
    checked(http, response, reads)


@pytest.mark.parametrize(("client", "fields", "names", "reads"), EDITS, ids=[row[0] for row in EDITS])
def test_an_edit_comes_as_the_client_reads_it(
    http: httpx.Client, sandbox: Sandbox, client: str, fields: dict[str, str], names: list[str], reads: str
) -> None:
    prompt = f"replay of an edit by {client}"
    colours = ("orange", "navy", "black")
    files = [(name, (f"{name}.png", png(colour), "image/png")) for name, colour in zip(names, colours, strict=False)]
    response = http.post("/images/edits", data={"prompt": prompt, **fields}, files=files)
    checked(http, response, reads)
    assert inputs_of(sandbox, prompt) == [len(names) - names.count("mask")]


def test_litellm_callers_edit_with_json(http: httpx.Client, sandbox: Sandbox) -> None:
    shown = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    body = {"model": "jimeng-4.5", "prompt": "replay of JSON edits", "images": [{"image_url": shown}]}
    checked(http, http.post("/images/edits", json=body), "b64_json")
    assert inputs_of(sandbox, "replay of JSON edits") == [1]


def test_seed_clients_compose_addresses_and_uploads(http: httpx.Client, sandbox: Sandbox) -> None:
    made = http.post("/images/generations", json={"model": "jimeng-4.5", "prompt": "replay, first", "size": "1k"})
    url = made.json()["data"][0]["url"]
    body = {"model": "jimeng-4.5", "prompt": "replay, composed", "images": [url, {"url": url}], **SEED}
    answer = checked(http, http.post("/images/compositions", json=body), "url")
    assert (answer["input_images"], answer["composition_type"]) == (2, "multi_image_synthesis")
    files = [("images", (f"{colour}.png", png(colour), "image/png")) for colour in ("red", "green", "blue")]
    fields = {"model": "jimeng-4.5", "prompt": "replay, uploaded", "ratio": "16:9", "resolution": "1k"}
    answer = checked(http, http.post("/images/compositions", data=fields, files=files), "url")
    assert answer["input_images"] == 3
    assert inputs_of(sandbox, "replay, uploaded") == [3]


def test_cherry_studio_finds_which_models_paint(http: httpx.Client) -> None:
    models = {each["id"]: each for each in http.get("/models").json()["data"]}
    assert models["jimeng-4.5"]["endpoint_type"] == "image-generation"
    assert "image-generation" in models["jimeng-4.5"]["supported_endpoint_types"]


def test_new_api_hands_errors_on(http: httpx.Client) -> None:
    response = http.post("/images/generations", json={"model": "nothing", "prompt": "a cat", **NEW_API})
    assert response.status_code == 404
    assert isinstance(response.json()["error"]["message"], str)
