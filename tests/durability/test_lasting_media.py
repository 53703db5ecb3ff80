"""Addresses that never die: upstream links run out, files get lost, and the gateway's own address still shows them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, images_body, wait_until

HISTORY = "/mweb/v1/get_history_by_ids"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "zh-CN,zh;q=0.9"}


class Made:
    """A gateway that has made a picture: `path` of it there, "" if it could not be kept."""

    def __init__(self, sandbox: Sandbox, gateway: Gateway, http: httpx.Client, answer: dict[str, Any]) -> None:
        self.sandbox, self.gateway, self.http, self.answer = sandbox, gateway, http, answer
        self.path = str(answer["data"][0]["url"]).partition(gateway.url)[2]

    def lose(self) -> None:
        """All files, as by a broken disk."""
        shutil.rmtree(self.gateway.data_dir / "media" / "results")

    def asked(self) -> int:
        """How often upstream's history was asked."""
        return int(self.sandbox.calls().get(HISTORY, 0))


@pytest.fixture
def make(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Iterator[Callable[..., Made]]:
    """Starts a gateway with these logins and has one picture made."""
    with ExitStack() as ends:

        def make(*sessionids: str) -> Made:
            sandbox = new_sandbox("--image-seconds", "0.5")
            gateway = new_gateway(sandbox)
            gateway.add_accounts(sessionids)
            key = gateway.new_key()
            gateway.start()
            http = httpx.Client(base_url=gateway.url, trust_env=False, timeout=60)
            ends.callback(http.close)
            headers = {"authorization": f"Bearer {key}"}
            answer = http.post("/v1/images/generations", json=images_body(n=1), headers=headers)
            assert answer.status_code == 200, answer.text
            return Made(sandbox, gateway, http, answer.json())

        yield make


def test_a_lost_file_comes_back_by_a_fresh_link_when_somebody_looks(make: Callable[..., Made]) -> None:
    made = make("sb-first", "sb-second", "sb-third")
    path = made.path
    before = made.http.get(path)
    (dead,) = made.gateway.rows("SELECT upstream_url FROM generation_media")[0]
    made.sandbox.http.post("/_control/clock", json={"advance_s": 30 * 24 * 3600}).raise_for_status()
    assert httpx.get(dead, trust_env=False).status_code == 403
    # The link is older than its expiry upstream, and still shows.
    assert made.http.get(path).content == before.content
    made.lose()
    asked = made.asked()
    with ThreadPoolExecutor(10) as many:
        answers = list(many.map(lambda _: made.http.get(path), range(10)))
    assert {(each.status_code, each.content == before.content) for each in answers} == {(200, True)}
    assert made.asked() == asked + 1
    ((name, sha256),) = made.gateway.rows("SELECT file, sha256 FROM generation_media")
    assert (name, before.headers["etag"]) == (f"results/{sha256[:2]}/{sha256}.webp", f'"{sha256}"')


def test_so_it_does_for_heads_parts_and_small_pictures(make: Callable[..., Made]) -> None:
    made = make("sb-onlyonly")
    path = made.path
    content = made.http.get(path).content
    made.lose()
    head = made.http.head(path)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
    made.lose()
    part = made.http.get(path, headers={"range": "bytes=8-11"})
    assert (part.status_code, part.content) == (206, b"WEBP")
    for variant in ("thumbnail", "preview"):
        made.lose()
        small = made.http.get(f"{path}&variant={variant}")
        assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")
        assert len(small.content) < len(content)
    assert made.http.get(path).content == content


def test_a_process_without_the_engine_has_it_fetched_by_the_one_with(make: Callable[..., Made]) -> None:
    made = make("sb-onlyonly")
    path = made.path
    content = made.http.get(path).content
    other = made.gateway.twin()
    try:
        other.start()
        made.lose()
        answer = httpx.get(other.url + path, timeout=60, trust_env=False)
        assert (answer.status_code, answer.content == content) == (200, True)
    finally:
        other.close()


def test_what_cannot_be_had_is_gone_with_a_reason_and_upstream_is_not_bothered(make: Callable[..., Made]) -> None:
    made = make("sb-onlyonly")
    path = made.path
    made.lose()
    made.sandbox.account("sb-onlyonly", faults="media404")
    first = made.http.get(path)
    assert (first.status_code, first.json()["error"]["code"]) == (410, "media_gone")
    assert first.headers["cache-control"] == "no-store"
    asked = made.asked()
    page = made.http.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "script" not in page.headers["content-security-policy"]
    assert 'lang="zh-hans"' in page.text
    ((public_id,),) = made.gateway.rows("SELECT public_id FROM generation_generation")
    assert f"/history/{public_id}/" in page.text
    assert made.asked() == asked


@pytest.mark.parametrize("fault", ["mediahtml", "mediafake", "mediasvg"])
def test_what_is_no_picture_is_neither_kept_nor_shown(make: Callable[..., Made], fault: str) -> None:
    made = make(f"sb-onlyonly--{fault}")
    assert made.gateway.rows("SELECT status FROM generation_generation") == [("succeeded",)]
    ((public_id, name),) = made.gateway.rows("SELECT public_id, file FROM generation_media")
    assert name == ""
    printed = made.gateway.manage("shell", "-c", _PATH.format(public_id=public_id))
    path = next(line for line in printed.splitlines() if line.startswith("path:")).removeprefix("path:")
    for variant in ("", "&variant=thumbnail", "&variant=preview"):
        answer = made.http.get(path + variant)
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "media_gone")
        assert "<svg" not in answer.text
        assert "doctype" not in answer.text
    assert "no picture or video" in answer.json()["error"]["message"]
    results = made.gateway.data_dir / "media" / "results"
    assert not results.exists() or not [each for each in results.rglob("*") if each.is_file()]
    # Once Jimeng gives the picture, housekeeping or the next look stores it.
    made.sandbox.account(f"sb-onlyonly--{fault}", faults="")
    made.gateway.manage("shell", "-c", _REFETCH.format(public_id=public_id))
    wait_until(
        lambda: made.gateway.rows("SELECT file FROM generation_media WHERE file != ''"),
        timeout_s=20,
        what="the picture is in storage",
    )
    assert made.http.get(path).headers["content-type"] == "image/webp"


_PATH = """
from generation.models import Media
from generation.services import media_path
print("path:" + media_path(Media.objects.get(public_id="{public_id}")))
"""
_REFETCH = """
import asyncio
from generation.services import media_refetch
assert asyncio.run(media_refetch(media_id="{public_id}"))
"""
