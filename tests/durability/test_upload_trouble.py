"""Input pictures that cannot be uploaded: another account, another try, or a clear end; nothing is paid for."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx

from tests.live import Gateway, Sandbox
from tests.live_files import picture

NewSandbox = Callable[..., Sandbox]
NewGateway = Callable[..., Gateway]


def edit(gateway: Gateway, key: str, colour: str, **over: Any) -> httpx.Response:
    body = {
        "prompt": f"a {colour} cat",
        "image": base64.b64encode(picture(colour)).decode(),
        "response_format": "url",
        **over,
    }
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{gateway.url}/v1/images/edits", json=body, headers=headers, timeout=90, trust_env=False)


def started(new_sandbox: NewSandbox, new_gateway: NewGateway, *sessionids: str, **settings: str) -> tuple[Any, ...]:
    sandbox = new_sandbox("--image-seconds", "0.2", "--media-scale", "0.1")
    gateway = new_gateway(sandbox, **settings)
    gateway.add_accounts(sessionids)
    key = gateway.new_key()
    gateway.start()
    return sandbox, gateway, key


def test_the_next_account_uploads_when_one_cannot(new_sandbox: NewSandbox, new_gateway: NewGateway) -> None:
    sandbox, gateway, key = started(new_sandbox, new_gateway, "sb-held--riskhold%40upload", "sb-good-uploads")
    for colour in ("red", "green", "blue"):
        answer = edit(gateway, key, colour)
        assert answer.status_code == 200, answer.text
    charged = {each["account"] for each in sandbox.ledger()["submissions"]}
    assert charged == {"good-uploads"}
    assert sandbox.ledger()["violations"] == []


def test_a_hiccup_on_the_way_is_tried_again(new_sandbox: NewSandbox, new_gateway: NewGateway) -> None:
    sandbox, gateway, key = started(new_sandbox, new_gateway, "sb-shaky--http500x1%40upload")
    answer = edit(gateway, key, "red")
    assert answer.status_code == 200, answer.text
    assert len(sandbox.ledger()["submissions"]) == 1


def test_addresses_of_pictures_that_died_are_made_anew(new_sandbox: NewSandbox, new_gateway: NewGateway) -> None:
    sandbox, gateway, key = started(new_sandbox, new_gateway, "sb-forgetful-one")
    assert edit(gateway, key, "red").status_code == 200
    sandbox.http.post("/_control/reset").raise_for_status()  # all that was uploaded is gone
    answer = edit(gateway, key, "red", prompt="once more")
    assert answer.status_code == 200, answer.text
    (again,) = sandbox.ledger()["submissions"]
    assert again["prompt"] == "once more"
    reasons = gateway.rows("SELECT detail FROM generation_generationevent WHERE kind = 'requeued'")
    assert ["inputs_uploaded_anew" in reason for (reason,) in reasons] == [True]


def test_when_nobody_can_upload_it_says_so_and_costs_nothing(new_sandbox: NewSandbox, new_gateway: NewGateway) -> None:
    sandbox, gateway, key = started(new_sandbox, new_gateway, "sb-broken--http500%40upload", JIMENG_QUEUE_TIMEOUT_S="5")
    answer = edit(gateway, key, "red")
    assert answer.status_code in (429, 503), answer.text
    assert answer.headers["x-should-retry"] == "true"
    assert sandbox.ledger()["submissions"] == []
