"""openai-python 3: videos as jobs, and the waiting and asynchronous `/v1/videos/generations`."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.clients import Answers, pictures, python, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return scenarios(
        python(),
        "openai_v3_videos.py",
        gateway=gateway,
        key=api_key,
        PICTURES=str(pictures(tmp_path_factory.mktemp("pictures"))),
        OTHER_KEY=gateway.new_key("videos"),
        FILTERED="sb-strict--filtered",
    )


def test_create_and_poll_ends_with_the_video(told: Answers) -> None:
    video = told["create_and_poll"]["video"]
    assert video["class"] == "Video"
    assert (video["status"], video["progress"], video["error"]) == ("completed", 100, None)
    assert (video["seconds"], video["size"]) == ("5", "1280x720")


def test_its_content_is_a_file_with_a_length(told: Answers) -> None:
    file = told["create_and_poll"]["file"]
    assert file["kind"] == "video/mp4"
    assert file["is_mp4"]
    assert file["bytes"] == file["length"] > 0
    assert told["create_and_poll"]["poster"]["kind"].startswith("image/")


def test_a_picture_is_the_first_frame(told: Answers, sandbox: Sandbox) -> None:
    assert told["from_a_picture"]["begun"]["status"] in ("queued", "in_progress")
    assert told["from_a_picture"]["video"]["status"] == "completed"
    (submission,) = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == "v3 from a picture"]
    assert submission["inputs"] == 1


def test_the_lengths_of_sora_become_ours(told: Answers) -> None:
    video = told["under_the_name_of_sora"]
    assert video["status"] == "completed"
    assert video["seconds"] in ("5", "10")


def test_a_deleted_video_is_gone(told: Answers) -> None:
    facts = told["deleted"]
    assert facts["answer"] == {"id": facts["id"], "deleted": True, "object": "video.deleted"}
    assert facts["code"] == "generation_not_found"


def test_a_refused_video_fails_with_its_reason(told: Answers) -> None:
    video = told["failed"]
    assert video["status"] == "failed"
    assert video["error"]["code"] == "content_policy_violation"


def test_the_list_goes_through_its_pages(told: Answers) -> None:
    facts = told["listed"]
    newest_first = facts["made"][::-1]
    assert facts["first_page"] == newest_first[:2]
    assert facts["all"] == newest_first


def test_a_waiting_request_gets_the_address(told: Answers) -> None:
    answer = told["waited_for"]
    assert answer["videoUrl"] == answer["data"][0]["url"]
    fetched = httpx.get(answer["videoUrl"], trust_env=False)
    assert fetched.headers["content-type"] == "video/mp4"


def test_an_asynchronous_request_is_a_job(told: Answers) -> None:
    facts = told["asynchronous"]
    assert facts["begun"]["status"] in ("queued", "in_progress")
    assert facts["begun"]["id"] == facts["seen"]["id"] == facts["same"]["id"]
