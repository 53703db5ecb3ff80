"""Videos as other clients fetch them: n8n, new-api, bare logins; and when things go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, wait_until

# Statuses that new-api takes for running and done: relay/channel/task/sora/adaptor.go.
NEW_API_RUNNING = {"queued", "pending", "submitted", "processing", "in_progress", "running", "generating"}
NEW_API_DONE = {"completed", "success", "succeeded", "finished"}


@pytest.fixture
def http(gateway: Gateway, api_key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=f"{gateway.url}/v1", headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def guest(gateway: Gateway, sandbox: Sandbox) -> Iterator[Callable[[str], httpx.Client]]:
    """Clients that bring their own login, which carries faults of the sandbox."""
    opened: list[httpx.Client] = []

    def come(sessionid: str) -> httpx.Client:
        sandbox.account(sessionid)
        headers = {"Authorization": f"Bearer {sessionid}"}
        opened.append(httpx.Client(base_url=f"{gateway.url}/v1", headers=headers, timeout=60, trust_env=False))
        return opened[-1]

    yield come
    for client in opened:
        client.close()


def until_final(client: httpx.Client, path: str) -> dict[str, Any]:
    def final() -> dict[str, Any]:
        """The video; nothing while it is being made."""
        response = client.get(path)
        assert response.status_code == 200, response.text
        seen: dict[str, Any] = response.json()
        assert 0 <= seen["progress"] <= 100
        if seen["status"] in ("queued", "in_progress"):
            assert seen["error"] is None
            assert int(response.headers["openai-poll-after-ms"]) <= 10_000
            return {}
        return seen

    return wait_until(final, timeout_s=30, what=f"{path} is final")


def test_the_flow_of_n8n(http: httpx.Client) -> None:
    form = {"model": "sora-2", "prompt": "for n8n", "seconds": "4", "size": "1280x720"}
    parts = {name: (None, value) for name, value in form.items()}
    created = http.post("/videos", files=parts).json()
    assert created["error"] is None
    seen = until_final(http, f"/videos/{created['id']}")
    assert (seen["status"], seen["error"], seen["seconds"]) == ("completed", None, "5")
    content = http.get(f"/videos/{created['id']}/content")
    assert content.headers["content-type"] == "video/mp4"


def test_the_flow_of_new_api(http: httpx.Client) -> None:
    created = http.post("/videos", json={"model": "jimeng-video-2.0", "prompt": "for new-api", "seconds": "5"}).json()
    assert created["id"] == created["task_id"]
    assert created["status"] in NEW_API_RUNNING
    seen = until_final(http, f"/videos/{created['id']}")
    assert seen["status"] in NEW_API_DONE
    assert httpx.get(seen["video"]["url"], trust_env=False).status_code == 200


def test_the_job_of_those_who_will_not_wait(http: httpx.Client) -> None:
    response = http.post("/videos/generations", json={"prompt": "polled", "async": True})
    assert response.status_code == 202
    job = response.json()
    assert (job["id"], job["progress"] < 100) == (job["request_id"], True)
    seen = until_final(http, response.headers["location"])
    assert seen["status"] == "completed"
    assert seen["videoUrl"] == seen["data"][0]["url"] == seen["video"]["url"]
    assert (seen["video"]["duration"], seen["completed_at"] >= seen["created_at"]) == (5.0, True)
    whole = http.get(f"/generations/{job['id']}").json()
    assert (whole["status"], whole["operation"], whole["data"][0]["duration"]) == (
        "succeeded",
        "video_generations",
        5.0,
    )


def test_parts_of_the_file_and_its_head(http: httpx.Client) -> None:
    job = http.post("/videos", json={"prompt": "in parts"}).json()
    until_final(http, f"/videos/{job['id']}")
    path = f"/videos/{job['id']}/content"
    whole = http.get(path)
    part = http.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    head = http.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    assert http.get(path, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_the_other_shape_of_a_record(guest: Callable[[str], httpx.Client]) -> None:
    answer = guest("sb-playurl--playurl").post("/videos/generations", json={"prompt": "play_url only"})
    assert answer.status_code == 200, answer.text
    assert httpx.get(answer.json()["videoUrl"], trust_env=False).content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("filtered", 400, "content_policy_violation"), ("failed", 502, "generation_failed")],
)
def test_failures_by_waiting_and_by_polling(
    guest: Callable[[str], httpx.Client], fault: str, status: int, code: str
) -> None:
    client = guest(f"sb-fails-{fault}--{fault}")
    waited = client.post("/videos/generations", json={"prompt": f"will be {fault}"})
    assert (waited.status_code, waited.json()["error"]["code"]) == (status, code)
    assert waited.headers["x-should-retry"] == "false"
    job = client.post("/videos", json={"prompt": f"will be {fault}, polled"}).json()
    seen = until_final(client, f"/videos/{job['id']}")
    assert (seen["status"], seen["error"]["code"]) == ("failed", code)
    assert seen["error"]["message"]
    content = client.get(f"/videos/{job['id']}/content")
    assert (content.status_code, content.json()["error"]["code"]) == (status, code)


def test_a_file_that_is_not_stored_is_fetched_when_asked_for(guest: Callable[[str], httpx.Client]) -> None:
    client = guest("sb-mediafails--media500x4")  # three tries for the video and one for its poster
    job = client.post("/videos", json={"prompt": "fetched late"}).json()
    until_final(client, f"/videos/{job['id']}")
    content = client.get(f"/videos/{job['id']}/content")
    assert (content.status_code, content.headers["content-type"]) == (200, "video/mp4")
    assert content.content[4:8] == b"ftyp"
    poster = client.get(f"/videos/{job['id']}/content", params={"variant": "thumbnail"})
    assert (poster.status_code, poster.content[8:12]) == (200, b"WEBP")  # it came with the video


def test_bare_logins_see_their_queue_and_can_leave_it(guest: Callable[[str], httpx.Client], sandbox: Sandbox) -> None:
    client = guest("sb-crowd--slow_8")  # two at a time, 8 s each: the others wait
    jobs = [client.post("/videos", json={"prompt": f"crowd {number}"}).json()["id"] for number in range(4)]
    running, cancelled, deleted = jobs[0], jobs[2], jobs[3]
    waiting = client.get(f"/generations/{deleted}").json()
    assert (waiting["status"], waiting["progress"], waiting["queue_length"]) == ("queued", 0, 2)
    assert waiting["queue_position"] == 2
    assert client.get(f"/videos/{cancelled}").json()["status"] == "queued"
    stranger = guest("sb-stranger")
    assert stranger.get(f"/videos/{cancelled}").status_code == 404
    assert stranger.post(f"/generations/{cancelled}/cancel").status_code == 404

    assert client.post(f"/generations/{cancelled}/cancel").json()["status"] == "cancelled"
    assert client.get(f"/videos/{cancelled}").json()["error"]["code"] == "generation_cancelled"
    assert client.delete(f"/videos/{deleted}").json()["deleted"] is True
    assert client.get(f"/videos/{deleted}").status_code == 404
    wait_until(
        lambda: client.get(f"/generations/{running}").json()["status"] == "submitted", timeout_s=10, what="it is spent"
    )
    too_late = client.post(f"/generations/{running}/cancel")
    assert (too_late.status_code, too_late.json()["error"]["code"]) == (409, "generation_not_cancellable")
    assert until_final(client, f"/videos/{running}")["status"] == "completed"
    prompts = {each["prompt"] for each in sandbox.ledger()["submissions"]}
    assert {"crowd 0", "crowd 1"} <= prompts
    assert not {"crowd 2", "crowd 3"} & prompts


def test_what_is_deleted_while_it_is_made_is_finished_for_the_operator(http: httpx.Client, gateway: Gateway) -> None:
    job = http.post("/videos", json={"prompt": "deleted too late"}).json()["id"]
    wait_until(
        lambda: http.get(f"/generations/{job}").json()["status"] == "submitted", timeout_s=10, what="it is spent"
    )
    assert http.delete(f"/videos/{job}").status_code == 200
    assert http.get(f"/generations/{job}").status_code == 404
    kept = f"SELECT 1 FROM generation_generation WHERE public_id = '{job}' AND status = 'succeeded'"
    wait_until(lambda: gateway.rows(kept), timeout_s=20, what="the history has it")


def test_a_repetition_is_not_made_twice(http: httpx.Client, sandbox: Sandbox) -> None:
    body = {"prompt": "only once", "ratio": "1:1"}
    once = {"Idempotency-Key": "video-once"}
    first, again = [http.post("/videos/generations", json=body, headers=once).json() for _ in range(2)]
    assert again["jimeng"]["attached"] == "idempotency_key"
    assert first["jimeng"]["id"] == again["jimeng"]["id"]
    job = http.post("/videos", json=body, headers={"Idempotency-Key": "video-job"}).json()
    later = http.post("/videos", json=body, headers={"Idempotency-Key": "video-job"}).json()
    assert job["id"] == later["id"] != first["jimeng"]["id"]
    until_final(http, f"/videos/{job['id']}")
    assert len([each for each in sandbox.ledger()["submissions"] if each["prompt"] == "only once"]) == 2
    other = http.post("/videos", json={**body, "ratio": "16:9"}, headers={"Idempotency-Key": "video-job"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
