"""schemathesis: requests made up from the OpenAPI document, valid and not. No answer breaks what the document says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.contract.clients import SCHEMATHESIS, python, surroundings
from tests.live import Gateway, Sandbox

SEED = 20261124
EXAMPLES = 12
MAX_TIME_S = 60
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Enough for all that is made up: an empty account is a documented answer, but not what is looked for here.
ACCOUNTS = [f"sb-fuzz{number:02d}--credits:1000000" for number in range(12)]


def test_every_answer_is_as_documented(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], tmp_path: Path
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.01", "--video-seconds", "0.05", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_ACCOUNT_CONCURRENCY="4")
    gateway.add_accounts(ACCOUNTS)
    key = gateway.new_key()
    gateway.start()
    command = [
        *python(SCHEMATHESIS),
        "run",
        f"{gateway.url}/v1/openapi.json",
        f"--url={gateway.url}",
        f"--header=Authorization: Bearer {key}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--generation-deterministic",
        "--generation-database=none",
        f"--max-time={MAX_TIME_S}",
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
        timeout=3 * MAX_TIME_S,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "No checks were performed" not in done.stdout
    assert sandbox.ledger()["violations"] == []
