"""schemathesis: requests made up from the OpenAPI document, valid and not. No answer breaks what the document says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.contract.clients import SCHEMATHESIS, python, surroundings
from tests.live import Gateway, Sandbox

EXAMPLES = 12
TIMEOUT_S = 180
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Enough for all that is made up: an empty account is a documented answer, but not what is looked for here.
ACCOUNTS = [f"sb-fuzz{number:02d}--credits_1000000" for number in range(12)]


def known_ids(gateway: Gateway, key: str) -> str:
    """A configuration that names a finished video where an id is asked for, or nothing but 404 would be seen."""
    body = {"model": "jimeng-video-3.0", "prompt": "for the document"}
    answer = httpx.post(
        f"{gateway.url}/v1/videos/generations", json=body, headers={"x-api-key": key}, timeout=60, trust_env=False
    )
    video_id = answer.raise_for_status().json()["jimeng"]["id"]
    operations = (
        ("GET /v1/videos/{video_id}", "video_id", video_id),
        ("GET /v1/videos/{video_id}/content", "video_id", video_id),
        ("GET /v1/videos/generations/{video_id}", "video_id", video_id),
        ("GET /v1/generations/{generation_id}", "generation_id", video_id),
        ("GET /v1/models/{model_id}", "model_id", "jimeng-4.5"),
    )
    return "".join(
        f'[[operations]]\ninclude-name = "{name}"\nparameters = {{ {parameter} = "{value}" }}\n'
        for name, parameter, value in operations
    )


def test_every_answer_is_as_documented(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], tmp_path: Path
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.01", "--video-seconds", "0.05", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_ACCOUNT_CONCURRENCY="4")
    gateway.add_accounts(ACCOUNTS)
    key = gateway.new_key()
    gateway.start()
    config = tmp_path / "schemathesis.toml"
    config.write_text(known_ids(gateway, key), "utf-8")
    command = [
        *python(SCHEMATHESIS),
        f"--config-file={config}",
        "run",
        f"{gateway.url}/v1/openapi.json",
        f"--url={gateway.url}",
        f"--header=Authorization: Bearer {key}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={EXAMPLES}",
        "--generation-deterministic",
        "--request-timeout=30",
        "--workers=2",
        "--no-shrink",
        "--no-color",
        "--continue-on-failure",
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=surroundings(gateway, key),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "No checks were performed" not in done.stdout
    assert sandbox.ledger()["violations"] == []
