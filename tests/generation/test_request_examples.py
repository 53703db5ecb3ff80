"""The request as curl and Python: whatever a prompt holds, it is the prompt and nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from generation.request_examples import Asked, curl_example, python_example, shell_quote, to_json

BASE = "http://gateway.example:8000"
HOSTILE = {
    "quotes": "it's a \"cat\" 'or' two",
    "commands": "$(touch hacked) `touch hacked` ${HOME} $JIMENG_API_KEY ; touch hacked #",
    "lines": "first\nsecond\r\nthird\n'\ntouch hacked\n'",
    "backslashes": "\\ \\n \\' \\0 %s %b %%",
    "paste": "\x1b[201~\ntouch hacked\n\x03 bell \x07 tab\t.",
    "direction": "\u202egnp.tac\u2066 end",
    "html": "</pre><script>alert(1)</script>",
    "chinese": "雾中的灯塔，『引号』😀",
    "form": "@/etc/passwd;type=text/html",
    "less": "</etc/passwd",
    "json": '{"a": [1, "\\u0000"]}',
}
OPERATIONS = ("generations", "edits", "variations", "compositions", "chat", "videos", "video_generations")
PATHS = {
    "generations": "/v1/images/generations",
    "edits": "/v1/images/edits",
    "variations": "/v1/images/variations",
    "compositions": "/v1/images/compositions",
    "chat": "/v1/chat/completions",
    "videos": "/v1/videos",
    "video_generations": "/v1/videos/generations",
}
FAKE_CURL = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each"; done > words
case "$*" in *"--data-binary @-"*) cat > piped;; esac
"""


def asked(operation: str, prompt: str = "a cat", files: tuple[str, ...] = (), **fields: Any) -> Asked:
    return Asked(operation=operation, fields={"model": "jimeng-4.5", "prompt": prompt, **fields}, files=files)


def run(text: str, folder: Path, shell: str = "sh") -> list[str]:
    """What curl is given when a shell runs this; its standard input is in the file `piped`."""
    (folder / "curl").write_text(FAKE_CURL)
    (folder / "curl").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    environ = {"PATH": path, "JIMENG_API_KEY": "jm-secret", "LC_ALL": "C.UTF-8"}
    subprocess.run([shell, "-c", text], cwd=folder, env=environ, check=True, timeout=20)
    assert not (folder / "hacked").exists()
    return (folder / "words").read_bytes().decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_prompt_reaches_curl_as_it_is_and_nothing_of_it_is_run(name: str, shell: str, tmp_path: Path) -> None:
    prompt = HOSTILE[name]
    words = run(curl_example(asked("generations", prompt), base_url=BASE), tmp_path, shell)
    assert words[0] == BASE + "/v1/images/generations"
    assert "Authorization: Bearer jm-secret" in words
    assert json.loads(words[words.index("-d") + 1])["prompt"] == prompt


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("name", HOSTILE)
def test_beside_a_picture_too(name: str, shell: str, tmp_path: Path) -> None:
    prompt = HOSTILE[name]
    words = run(curl_example(asked("edits", prompt, ("input-1.png",)), base_url=BASE), tmp_path, shell)
    assert f"prompt={prompt}" in words
    assert words[words.index(f"prompt={prompt}") - 1] == "--form-string"  # -F would read "@…" as a file
    assert "image=@input-1.png" in words


@pytest.mark.parametrize("name", HOSTILE)
def test_a_chat_with_a_picture_is_piped(name: str, tmp_path: Path) -> None:
    (tmp_path / "input-1.png").write_bytes(b"x" * 300_000)  # longer than an argument may be
    run(curl_example(asked("chat", HOSTILE[name], ("input-1.png",)), base_url=BASE), tmp_path)
    (message,) = json.loads((tmp_path / "piped").read_bytes())["messages"]
    assert message["content"][0]["text"] == HOSTILE[name]
    assert message["content"][1]["image_url"]["url"].startswith("data:image/png;base64,eHh4")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_in_python_the_prompt_is_one_constant(operation: str, name: str) -> None:
    files = ("input-1.png", "input-2.png") if operation in ("edits", "compositions", "videos") else ()
    tree = ast.parse(python_example(asked(operation, HOSTILE[name], files, seed=7), base_url=BASE))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert constants.count(HOSTILE[name]) == 1
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"eval", "exec", "print.touch"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_goes_to_its_own_endpoint(operation: str) -> None:
    assert curl_example(asked(operation), base_url=BASE).startswith(f"curl {BASE}{PATHS[operation]} ")


def test_nothing_in_it_acts_on_a_terminal() -> None:
    for prompt in HOSTILE.values():
        for operation in OPERATIONS:
            for files in ((), ("input-1.png",)):
                wanted = asked(operation, prompt, files)
                for text in (curl_example(wanted, base_url=BASE), python_example(wanted, base_url=BASE)):
                    assert all(each.isprintable() or each == "\n" for each in text), (operation, prompt)


def test_a_host_with_odd_characters_is_quoted() -> None:
    assert curl_example(asked("chat"), base_url="http://a;b").startswith("curl 'http://a;b/v1/chat/completions' ")


def test_readable_json_and_words() -> None:
    assert to_json({"a": "猫\n", "n": 2}) == '{\n  "a": "猫\\n",\n  "n": 2\n}'
    assert (shell_quote("cat"), shell_quote("a cat"), shell_quote("\t")) == (
        "cat",
        "'a cat'",
        "\"$(printf %b '\\0011')\"",
    )


def test_frames_of_a_video_have_their_own_names() -> None:
    text = curl_example(asked("videos", "it moves", ("input-1.png", "input-2.png"), seconds="5"), base_url=BASE)
    assert "-F input_reference=@input-1.png" in text
    assert "-F last_frame=@input-2.png" in text
