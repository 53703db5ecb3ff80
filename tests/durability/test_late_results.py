"""Results that come after the gateway gave up, through the front door: found, stored, and paid for once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, images_body, wait_until

_LOOK = """
from django.utils import timezone
from generation.late import late_look_request
from generation.viewing import Viewer
print("asked:", late_look_request(viewer=Viewer(user_id=0, sees_all=True), public_id="{public_id}", at=timezone.now()))
"""


class Client:
    """Of the API, for as long as the test takes."""

    def __init__(self, gateway: Gateway) -> None:
        key = gateway.new_key()
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(path, json=body)

    def seen(self, public_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get(f"/v1/generations/{public_id}").raise_for_status().json()
        return answer

    def ended(self, public_id: str, status: str) -> dict[str, Any]:
        def ask() -> dict[str, Any] | None:
            seen = self.seen(public_id)
            return seen if seen["status"] == status else None

        return wait_until(ask, timeout_s=60, what=f"{public_id} has {status}") or {}


def look(gateway: Gateway, public_id: str) -> None:
    """As the button of its page does."""
    assert "asked: True" in gateway.manage("shell", "-c", _LOOK.format(public_id=public_id))


def events(gateway: Gateway, kind: str) -> list[str]:
    return [row[0] for row in gateway.rows(f"SELECT detail FROM generation_generationevent WHERE kind = '{kind}'")]


def test_a_video_that_took_longer_than_its_deadline_is_found(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], request: pytest.FixtureRequest
) -> None:
    sandbox = new_sandbox("--video-seconds", "1000", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_VIDEO_DEADLINE_S="5")
    gateway.add_accounts(["sb-late0001"])
    gateway.start()
    client = Client(gateway)
    request.addfinalizer(client.http.close)
    asked = client.post("/v1/videos", {"prompt": "waves", "model": "jimeng-video-3.0"})
    assert asked.status_code == 200, asked.text
    video_id = asked.json()["id"]
    (public_id,) = gateway.rows("SELECT public_id FROM generation_generation")[0]
    failed = client.ended(public_id, "failed")
    assert failed["error"]["code"] == "timed_out"
    assert client.http.get(f"/v1/videos/{video_id}").json()["status"] == "failed"
    look(gateway, public_id)
    wait_until(lambda: events(gateway, "late_sought"), timeout_s=60, what="it was looked for too early")
    assert "running" in events(gateway, "late_sought")[0]
    sandbox.http.post("/_control/clock", json={"advance_s": 1000}).raise_for_status()
    # Asked for while nobody runs the engine: the next that does looks for it.
    assert gateway.terminate() == 0
    look(gateway, public_id)
    gateway.start()
    client.ended(public_id, "succeeded")
    video = client.http.get(f"/v1/videos/{video_id}").json()
    assert (video["status"], video["error"]) == ("completed", None)
    content = client.http.get(f"/v1/videos/{video_id}/content")
    assert (content.status_code, content.headers["content-type"]) == (200, "video/mp4")
    (name,) = gateway.rows("SELECT file FROM generation_media")[0]
    assert Path(gateway.data_dir / "media" / name).read_bytes() == content.content
    ledger = sandbox.ledger()
    assert (len(ledger["submissions"]), ledger["duplicate_submits"]) == (1, 0)
    assert len(events(gateway, "late_found")) == 1
    assert "Traceback" not in gateway.log_text()


def test_a_submission_whose_answer_was_lost_and_that_stayed_invisible_is_found(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], request: pytest.FixtureRequest
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.5", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_IMAGE_DEADLINE_S="5", JIMENG_SUBMIT_GRACE_S="1")
    login = "sb-late0002--reset-after--http500%40history"
    gateway.add_accounts([login])
    gateway.start()
    client = Client(gateway)
    request.addfinalizer(client.http.close)
    answer = client.post("/v1/images/generations", images_body())
    assert answer.json()["error"]["code"] == "outcome_unknown", answer.text
    (public_id,) = gateway.rows("SELECT public_id FROM generation_generation")[0]
    look(gateway, public_id)
    wait_until(lambda: events(gateway, "late_sought"), timeout_s=60, what="it was looked for in vain")
    assert "unreachable" in events(gateway, "late_sought")[0]
    assert client.seen(public_id)["status"] == "failed"
    sandbox.account(login, faults="")
    look(gateway, public_id)
    done = client.ended(public_id, "succeeded")
    assert done.get("error") is None
    (name,) = gateway.rows("SELECT file FROM generation_media")[0]
    (record_id,) = gateway.rows("SELECT history_record_id FROM generation_generation")[0]
    assert (gateway.data_dir / "media" / name).stat().st_size > 0
    ledger = sandbox.ledger()
    assert [each["record_id"] for each in ledger["submissions"]] == [record_id]
    assert ledger["duplicate_submits"] == 0
