"""The examples of docs/clients.md: read from the page, and run as a reader would who pasted them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.contract.clients import LITELLM, PYTHON, SDK, node, python, surroundings
from tests.live import ROOT, Gateway

PAGE: Final = ROOT / "docs" / "clients.md"
TIMEOUT_S: Final = 120.0
# Sections whose later examples go on from their first one.
CONTINUED: Final = ("curl", "openai-python", "openai-node")
PROGRAMS: Final = ("bash", "python", "javascript")
_LINES: Final = re.compile(r"^(?:## (?P<heading>.+)|```(?P<language>\w*))$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A fenced block. `begins_with`: the first block of its section, where later ones need it."""

    section: str
    line: int
    language: str
    text: str
    begins_with: str = ""

    def __str__(self) -> str:
        return f"{self.section}, line {self.line}"

    @property
    def is_program(self) -> bool:
        return self.language in PROGRAMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a program left: exit code, and what it printed."""

    code: int
    said: str
    complained: str


def examples() -> Iterator[Example]:
    """All blocks of the page, top to bottom."""
    section, language, started, begins_with = "", "", 0, ""
    taken: list[str] = []
    for number, line in enumerate(PAGE.read_text("utf-8").splitlines(), start=1):
        match = _LINES.match(line)
        if started and match and line == "```":
            text = "\n".join(taken) + "\n"
            yield Example(section=section, line=started, language=language, text=text, begins_with=begins_with)
            begins_with = begins_with or (text if section in CONTINUED else "")
            started = 0
        elif started:
            taken.append(line)
        elif match and match["heading"]:
            section, begins_with = match["heading"], ""
        elif match:
            language, started, taken = match["language"], number, []


def filled_in(text: str, *, gateway: Gateway, key: str, picture_url: str, sessionid: str) -> str:
    """The example with this server's address and key instead of the page's placeholders."""
    for placeholder, value in {
        "http://127.0.0.1:8000": gateway.url,
        "jm-YOUR-KEY": key,
        "https://example.com/cat.png": picture_url,
        "YOUR-SESSIONID": sessionid,
    }.items():
        text = text.replace(placeholder, value)
    return text


def run_example(example: Example, folder: Path, *, gateway: Gateway, places: Mapping[str, str]) -> Outcome:
    """Run a program of the page in `folder`, which holds the pictures that it names."""
    whole = filled_in(example.begins_with + example.text, gateway=gateway, **places)
    done = subprocess.run(
        _command(example, whole, folder),
        cwd=folder,
        env=surroundings(gateway, places["key"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return Outcome(code=done.returncode, said=done.stdout, complained=done.stderr)


def _command(example: Example, text: str, folder: Path) -> list[str]:
    if example.language == "bash":
        return ["bash", "-e", "-u", "-o", "pipefail", "-c", text]
    if example.language == "python":
        return [*python(LITELLM / "python" if example.section == "LiteLLM" else PYTHON), "-c", text]
    program = folder / f"line{example.line}.mjs"
    program.write_text(text, "utf-8")
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(SDK / "node_modules")
    return [*node(), str(program)]


def missing_tools(example: Example) -> list[str]:
    """What an example for the terminal needs and is not here."""
    tools = ("curl", "jq", "base64") if example.language == "bash" else ()
    return [name for name in tools if name in example.text and shutil.which(name) is None]


def yaml_reader() -> list[str]:
    """A program that fails for what is no YAML mapping on its standard input."""
    return [*python(), "-c", "import sys, yaml; assert isinstance(yaml.safe_load(sys.stdin), dict)"]
