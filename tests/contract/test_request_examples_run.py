"""The examples of a generation's page, as a person would run them: by a shell and by Python with OpenAI's package."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from generation.request_examples import Asked, curl_example, python_example
from tests.live import Gateway

HOSTILE = 'it\'s "{}" $(touch hacked) `touch hacked` ${{HOME}} \\n %s\n</pre>\t\x1b[201~ 雾😀 @/etc/passwd;type=x'
SHAPE = {"ratio": "16:9", "resolution": "1k", "seed": 7}
FILES = ("input-1.png", "input-2.png")
# Operation, how many pictures, fields.
CASES = (
    ("generations", 0, {"n": 2, **SHAPE, "negative_prompt": "it's dark", "response_format": "url"}),
    ("edits", 2, {**SHAPE, "sample_strength": 0.7, "response_format": "url"}),
    ("variations", 1, {**SHAPE, "response_format": "url"}),
    ("compositions", 2, {**SHAPE, "response_format": "url"}),
    ("chat", 0, {"n": 2, **SHAPE}),
    ("chat", 2, SHAPE),
    ("videos", 1, {"seconds": "5", "ratio": "9:16", "resolution": "720p"}),
    ("videos", 2, {"seconds": "5", "resolution": "720p", "ratio": "9:16"}),
    ("video_generations", 0, {"seconds": "5", "width": 1000, "height": 700, "seed": 7}),
)


@pytest.mark.parametrize("language", ["curl", "python"])
@pytest.mark.parametrize(("operation", "pictures", "fields"), CASES)
def test_it_asks_for_just_that(
    operation: str,
    pictures: int,
    fields: dict[str, object],
    language: str,
    gateway: Gateway,
    api_key: str,
    tmp_path: Path,
) -> None:
    prompt = HOSTILE.format(f"{operation} {pictures} {language}")
    model = "jimeng-video-3.0" if "video" in operation else "jimeng-4.5"
    asked = Asked(
        operation=operation,
        fields={"model": model, "prompt": prompt, **fields},
        files=with_pictures(tmp_path, pictures),
    )
    example = curl_example if language == "curl" else python_example
    run(example(asked, base_url=gateway.url), language, api_key, tmp_path)
    found = gateway.rows(
        "SELECT prompt, operation, json_array_length(spec, '$.inputs'), spec ->> '$.ratio', spec ->> '$.seed',"
        " spec ->> '$.count', spec ->> '$.negative_prompt' FROM generation_generation ORDER BY id DESC LIMIT 1"
    )[0]
    seed = 2_500_000_007 if "seed" in fields else None
    ratio = "10:7" if "width" in fields else fields["ratio"]
    assert found[:5] == (prompt, operation, pictures, ratio, seed)
    if "video" not in operation:
        assert found[5:] == (fields.get("n", 1), fields.get("negative_prompt", ""))
    assert not (tmp_path / "hacked").exists()


def with_pictures(folder: Path, count: int) -> tuple[str, ...]:
    for number, name in enumerate(FILES[:count]):
        out = io.BytesIO()
        Image.effect_noise((320, 240), 60 + number).convert("RGB").save(out, "PNG")  # 200 KB: no argument is so long
        (folder / name).write_bytes(out.getvalue())
    return FILES[:count]


def run(text: str, language: str, api_key: str, folder: Path) -> None:
    command = ["bash", "-c", text] if language == "curl" else [sys.executable, "-c", text]
    environ = {**os.environ, "JIMENG_API_KEY": api_key, "NO_PROXY": "*", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout[:200], done.stdout
