"""`POST /v1/videos/generations`: what reaches the upstream, for every video model."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox
from tests.live_files import FileServer, picture

FIRST, LAST = picture("red", (640, 360)), picture("blue", (640, 360))
# From the sandbox, which knows the models and prices on its own.
LENGTHS = {
    "jimeng-video-3.5-pro": 12,
    "jimeng-video-3.0-pro": 10,
    "jimeng-video-3.0": 10,
    "jimeng-video-3.0-fast": 10,
    "jimeng-video-2.0": 5,
    "jimeng-video-2.0-pro": 5,
}


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def md5s(*pictures: bytes) -> list[str]:
    return [hashlib.md5(each, usedforsecurity=False).hexdigest() for each in pictures]


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with FileServer({"/first.png": FIRST, "/last.png": LAST}) as server:
        yield server


@pytest.fixture(scope="module")
def own_gateway(sandbox: Sandbox, files: FileServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("frames") / "data"
    gateway = Gateway(folder, upstream=sandbox.url, JIMENG_FETCH_ALLOW_HOSTS=files.host)
    # Logins of its own: one that turns up from another device is held by risk control.
    logins = ["sb-frames-one", "sb-frames-two"]
    for sessionid in logins:
        sandbox.account(sessionid)
    gateway.add_accounts(logins)
    gateway.start()
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def http(own_gateway: Gateway) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {own_gateway.new_key()}"}
    base_url = f"{own_gateway.url}/v1/videos"
    with httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


def ordered(sandbox: Sandbox, prompt: str) -> dict[str, Any]:
    """The one submission with this prompt, charged once, of a ledger without complaints."""
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    (found,) = [each for each in ledger["submissions"] if each["prompt"] == prompt]
    assert found["times_submitted"] == 1
    assert found["kind"] == "video"
    order: dict[str, Any] = found
    return order


@pytest.mark.parametrize("model", LENGTHS)
def test_every_model_with_first_and_last_frame(http: httpx.Client, sandbox: Sandbox, model: str) -> None:
    prompt = f"from red to blue with {model}"
    body = {"model": model, "prompt": prompt, "duration": LENGTHS[model], "resolution": "1080p", "seed": 7}
    response = http.post("/generations", json={**body, "file_paths": [data_url(FIRST), data_url(LAST)]})
    assert response.status_code == 200, response.text
    answer, order = response.json(), ordered(sandbox, prompt)
    assert (order["model"], order["seconds"], order["resolution"]) == (model, LENGTHS[model], "1080p")
    assert (order["width"], order["height"]) == (1920, 1080)  # the ratio of the first frame
    assert order["input_md5s"] == md5s(FIRST, LAST)
    assert order["charged"] > 0
    assert answer["videoUrl"] == answer["data"][0]["url"]
    assert answer["data"][0]["revised_prompt"] == prompt
    effective = answer["jimeng"]["effective"]
    assert {name: effective[name] for name in ("model", "width", "height", "ratio", "resolution", "seconds", "n")} == {
        "model": model,
        "width": 1920,
        "height": 1080,
        "ratio": "16:9",
        "resolution": "1080p",
        "seconds": LENGTHS[model],
        "n": 1,
    }
    assert effective["seed"] == 2_500_000_007
    video = httpx.get(answer["videoUrl"], trust_env=False)
    assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")
    assert video.content[4:8] == b"ftyp"


def test_frames_as_files_as_addresses_and_mixed(http: httpx.Client, sandbox: Sandbox, files: FileServer) -> None:
    first, last = f"{files.url}/first.png", f"{files.url}/last.png"
    asked: dict[str, dict[str, Any]] = {
        "by filePaths": {"json": {"filePaths": [first, last]}},
        "by image": {"json": {"image": {"url": first}}},
        "by names": {"json": {"end_frame": last, "first_frame": data_url(FIRST)}},
        "by numbered files": {"files": {"image_file_1": ("1.png", FIRST), "image_file_2": ("2.png", LAST)}},
        "by files": {"files": [("files", ("1.png", FIRST)), ("files", ("2.png", LAST))]},
        "by a file of any name": {"files": {"whatever": ("1.png", FIRST)}},
        "by address in a form": {"data": {"filePaths": f'["{first}", "{last}"]'}},
    }
    for prompt, how in asked.items():
        content: dict[str, Any] = {
            name: value if name == "files" else {**value, "prompt": prompt} for name, value in how.items()
        }
        if "files" in how:
            content["data"] = {"prompt": prompt, "ratio": "16:9"}
        response = http.post("/generations", **content)
        assert response.status_code == 200, (prompt, response.text)
        expected = md5s(FIRST) if prompt in ("by image", "by a file of any name") else md5s(FIRST, LAST)
        assert ordered(sandbox, prompt)["input_md5s"] == expected, prompt


def test_a_form_and_its_shape(http: httpx.Client, sandbox: Sandbox) -> None:
    form = {"prompt": "a ship in a form", "size": "720x1280", "seconds": "5s", "functionMode": "omni_reference"}
    response = http.post("/generations", data=form)
    assert response.status_code == 200, response.text
    order = ordered(sandbox, "a ship in a form")
    assert (order["width"], order["height"], order["seconds"], order["inputs"]) == (720, 1280, 5, 0)
    assert response.json()["jimeng"]["requested"] == {"size": "720x1280", "seconds": 5}


def test_b64_json_is_the_file_itself(http: httpx.Client) -> None:
    answer = http.post("/generations", json={"prompt": "a ship in base64", "response_format": "b64_json"}).json()
    (item,) = answer["data"]
    assert "url" not in item
    assert base64.b64decode(item["b64_json"]) == httpx.get(answer["videoUrl"], trust_env=False).content


def test_what_cannot_be_made_reaches_nobody(http: httpx.Client, sandbox: Sandbox) -> None:
    for body, param in (
        ({"duration": 7, "image": "http://127.0.0.1:1/x.png"}, "duration"),
        ({"resolution": "4k"}, "resolution"),
        ({"images": [data_url(FIRST)] * 3}, "image"),
        ({"image": "http://127.0.0.1:1/x.png"}, "image"),
        ({"last_frame": data_url(LAST)}, "last_frame"),
    ):
        response = http.post("/generations", json={"prompt": "never made", **body})
        assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert not [each for each in sandbox.ledger()["submissions"] if each["prompt"] == "never made"]
