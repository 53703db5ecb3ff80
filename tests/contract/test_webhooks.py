"""Webhooks of API keys over HTTP: pictures and videos, success and failure, verified by OpenAI's SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from accounts.channels import new_webhook_secret
from tests.contract.clients import Answers, python, scenarios
from tests.live import Gateway, Sandbox, images_body, wait_until
from tests.receivers import Got, Receiver, Reply

SECRET = new_webhook_secret()
LOGIN = "sb-webhooks"
AIM_AT = """
from accounts.models import ApiKey
from accounts import vault
ApiKey.objects.filter(name="{name}").update(webhook_url="{url}", webhook_secret_encrypted=vault.encrypt("{secret}"))
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver(Reply(status=500), Reply(status=204, body=b"")) as running:  # the first delivery has to be repeated
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[tuple[Gateway, Sandbox, str]]:
    folder = tmp_path_factory.mktemp("webhooks")
    sandbox = Sandbox(folder / "sandbox.log", "--image-seconds", "0.5", "--video-seconds", "1", "--media-scale", "0.05")
    gateway = Gateway(folder / "data", upstream=sandbox.url, JIMENG_FETCH_ALLOW_HOSTS=receiver.netloc)
    gateway._env["PUBLIC_BASE_URL"] = gateway.url
    gateway.add_accounts([LOGIN])
    key = gateway.new_key("hooked")
    gateway.manage("shell", "-c", AIM_AT.format(name="hooked", url=f"{receiver.url}/hook", secret=SECRET))
    gateway.start()
    yield gateway, sandbox, key
    gateway.close()
    sandbox.close()


@pytest.fixture(scope="module")
def events(stage: tuple[Gateway, Sandbox, str], receiver: Receiver) -> dict[str, Got]:
    """One of each kind, by type; the very first was refused once."""
    gateway, sandbox, key = stage

    def ask(path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{gateway.url}/v1/{path}", json=body, headers=headers, timeout=60, trust_env=False)

    picture = images_body(n=6, size="1024x1024")  # more than one submission makes
    assert ask("images/generations", **picture).status_code == 200
    assert ask("videos", model="jimeng-video-3.0", prompt="a wave", seconds="5").status_code == 200
    wait_until(lambda: "video.completed" in by_type(receiver), timeout_s=30, what="the video is told")
    sandbox.account(LOGIN, faults="filtered")
    assert ask("images/generations", **images_body(prompt="no")).status_code == 400
    ask("videos", model="jimeng-video-3.0", prompt="no", seconds="5")
    wait_until(lambda: len(by_type(receiver)) == 4 and len(receiver.got) == 5, timeout_s=40, what="all are told")
    return by_type(receiver)


def by_type(receiver: Receiver) -> dict[str, Got]:
    return {got.json["type"]: got for got in list(receiver.got)}


@pytest.fixture(scope="module")
def told(stage: tuple[Gateway, Sandbox, str], events: dict[str, Got], tmp_path_factory: Any) -> Answers:
    gateway, _sandbox, key = stage
    requests: Path = tmp_path_factory.mktemp("requests") / "requests.json"
    facts = [{"body": got.body.decode(), "headers": got.headers} for got in events.values()]
    requests.write_text(json.dumps(facts), "utf-8")
    return scenarios(
        python(), "openai_v3_webhooks.py", gateway=gateway, key=key, REQUESTS=str(requests), WEBHOOK_SECRET=SECRET
    )


def test_every_end_of_a_request_is_one_event(events: dict[str, Got], receiver: Receiver) -> None:
    assert set(events) == {"image.completed", "image.failed", "video.completed", "video.failed"}
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert len(ids) == 5
    assert len(set(ids)) == 4
    assert all(got.json["id"] == got.headers["webhook-id"] for got in receiver.got)


def test_a_group_is_told_when_its_last_part_is_done_with_addresses_that_work(events: dict[str, Got]) -> None:
    data = events["image.completed"].json["data"]
    assert (data["status"], data["kind"], data["error"]) == ("succeeded", "image", None)
    assert len(data["urls"]) == 6
    assert data["credits"] > 0
    for url in data["urls"]:
        assert httpx.get(url, trust_env=False).headers["content-type"].startswith("image/")


def test_a_failure_has_its_code(events: dict[str, Got]) -> None:
    for kind in ("image", "video"):
        data = events[f"{kind}.failed"].json["data"]
        assert (data["status"], data["error"]["code"], data["urls"]) == ("failed", "content_policy_violation", [])


def test_a_refused_delivery_is_repeated_with_the_same_id_and_body(receiver: Receiver, events: dict[str, Got]) -> None:
    first = [got for got in receiver.got if got.headers["webhook-id"] == receiver.got[0].headers["webhook-id"]]
    assert len(first) == 2
    assert first[0].body == first[1].body
    assert first[0].headers["webhook-signature"] != first[1].headers["webhook-signature"]  # signed anew


def test_the_sdk_verifies_and_reads_each(told: Answers) -> None:
    events = told["unwrapped"]
    classes = {event["type"]: event["class"] for event in events}
    assert set(classes) == {"image.completed", "image.failed", "video.completed", "video.failed"}
    assert all(event["data"]["id"].startswith("gen_") for event in events)
    assert all(event["object"] == "event" for event in events)


def test_the_video_of_an_event_can_be_fetched_by_its_id(told: Answers) -> None:
    assert told["the_video_of_the_event"]["status"] == "completed"
    assert told["the_video_of_the_event"]["bytes"] > 0


def test_forged_ones_are_refused(told: Answers) -> None:
    assert told["forged"] == [True, True]


def test_the_log_has_neither_address_nor_secret(stage: tuple[Gateway, Sandbox, str], told: Answers) -> None:
    log = stage[0].log_text()
    assert SECRET not in log
    assert "/hook" not in log
    assert "A message could not be delivered" in log
