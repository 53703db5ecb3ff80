"""Real clients of other people, run against a live gateway: each in its own environment, as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.live import ROOT, Gateway

SDK = Path(__file__).resolve().parent / "sdk"
PYTHON = ROOT / ".venv-contract" / "bin" / "python"
LITELLM = ROOT / ".venv-litellm" / "bin"
SCHEMATHESIS = ROOT / ".venv-contract" / "bin" / "schemathesis"
NODE_MAJOR = 20
TIMEOUT_S = 180.0
# Nothing of the surroundings shall lead a client elsewhere, or make it report home.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")
_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LANGSMITH_TRACING": "false",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "ignore",
    "NO_COLOR": "1",
}


class Answers:
    """What a script reported of each of its scenarios: facts, or the traceback of what it met."""

    def __init__(self, by_name: Mapping[str, dict[str, Any]]) -> None:
        self._by_name = by_name

    def __getitem__(self, name: str) -> Any:
        """The facts. Fails the test with the client's own traceback if it met an error."""
        told = self._by_name[name]
        if "raised" in told:
            pytest.fail(f"The client failed at {name}:\n{told['raised']}", pytrace=False)
        return told["facts"]


def python(program: Path = PYTHON) -> list[str]:
    """The command of the environment that `make test` makes; a missing one is a mistake, not a reason to skip."""
    if not program.exists():
        pytest.fail(f"{program.relative_to(ROOT)} is missing: `make clients` makes it.", pytrace=False)
    return [str(program)]


def node() -> list[str]:
    """The command of Node.js with the packages of sdk/package.json; skips the test where there is none."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed here")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").partition(".")[0]) < NODE_MAJOR:
        pytest.skip(f"Node.js {NODE_MAJOR} or newer is needed, this is {version.strip()}")
    if not (SDK / "node_modules" / "openai").exists():
        pytest.skip("openai-node is not installed: `make clients` does it where npm is")
    return [program]


def surroundings(gateway: Gateway, key: str, **more: str) -> dict[str, str]:
    """The environment of a client: where the gateway is, and nothing that it should not see."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    here = {"OPENAI_BASE_URL": f"{gateway.url}/v1", "OPENAI_API_KEY": key, "GATEWAY_URL": gateway.url}
    return {**kept, **_QUIET, **here, **more}


def run(command: list[str], script: str, *, gateway: Gateway, key: str, **more: str) -> Any:
    """Run a script of `sdk/` to its end. Returns the JSON of its last line; fails with its output otherwise."""
    done = subprocess.run(
        [*command, str(SDK / script)],
        cwd=SDK,
        env=surroundings(gateway, key, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode != 0:
        pytest.fail(f"{script} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}", pytrace=False)
    return json.loads(done.stdout.splitlines()[-1])


def scenarios(command: list[str], script: str, *, gateway: Gateway, key: str, **more: str) -> Answers:
    return Answers(run(command, script, gateway=gateway, key=key, **more))


def pictures(folder: Path) -> Path:
    """Four PNG files for scripts and examples: a 3:2 picture, two more, and a mask."""
    for name, size, colour in (
        ("cat.png", (480, 320), (200, 120, 40)),
        ("hat.png", (300, 300), (40, 90, 200)),
        ("first.png", (640, 360), (20, 160, 90)),
        ("last.png", (640, 360), (160, 20, 90)),
    ):
        Image.new("RGB", size, colour).save(folder / name)
    Image.new("RGBA", (480, 320), (0, 0, 0, 0)).save(folder / "mask.png")
    return folder
