"""docs/clients.md: every program on the page runs, every configuration on it is what it says."""

from __future__ import annotations

import configparser
import json
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.clients import LITELLM, node, pictures, python, run
from tests.contract.examples import (
    Example,
    Outcome,
    examples,
    filled_in,
    missing_tools,
    run_example,
    yaml_reader,
)
from tests.live import Gateway, Sandbox

EXAMPLES = list(examples())
RUN = [example for example in EXAMPLES if example.is_program]
AT_ONCE = 4
SECTIONS = {
    "curl",
    "openai-python",
    "openai-node",
    "LangChain",
    "LiteLLM",
    "Vercel AI SDK",
    "Open WebUI",
    "NextChat",
    "LobeChat",
    "Cherry Studio",
    "Dify",
    "n8n",
    "new-api",
}
# Programs that print what they promise: a piece of each, and of what it says.
PROMISES = [
    ('"Idempotency-Key": "order-4712"', "True idempotency_key"),
    ('"Idempotency-Key": "order-4713"', "true idempotency_key"),
    ("error.code, error.param", "invalid_value n "),
    ("client.videos.create_and_poll", "completed None"),
    ("console.log(video.status, video.seconds)", "completed 5"),
    ("console.log(answer.data[0].url, answer.input_images)", ".webp"),
    ("print(answer.choices[0].message.content)", "/media/"),
]


@pytest.fixture(scope="module")
def places(gateway: Gateway, api_key: str) -> dict[str, str]:
    """What stands for the page's placeholders. A picture at an address is one that the gateway made."""
    made = httpx.post(
        f"{gateway.url}/v1/images/generations",
        json={"model": "jimeng-4.5", "prompt": "for the page", "size": "1024x1024", "output_format": "png"},
        headers={"Authorization": f"Bearer {api_key}"},
        timeout=60,
        trust_env=False,
    )
    url = made.raise_for_status().json()["data"][0]["url"]
    return {"key": api_key, "picture_url": url, "sessionid": "sb-guest-contract"}


@pytest.fixture(scope="module")
def outcomes(
    gateway: Gateway, places: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Future[Outcome]]:
    """All programs of the page, a few at a time, each in a folder of its own with the pictures that it names."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            str(example): pool.submit(
                run_example, example, pictures(tmp_path_factory.mktemp("page")), gateway=gateway, places=places
            )
            for example in RUN
        }


def test_the_page_has_examples_for_every_client() -> None:
    assert {example.section for example in EXAMPLES} == SECTIONS
    assert len(RUN) >= 45


def test_every_block_is_a_program_or_a_configuration() -> None:
    assert {example.language for example in EXAMPLES} == {"bash", "python", "javascript", "json", "yaml", "ini"}


@pytest.mark.parametrize("example", RUN, ids=str)
def test_an_example_runs(example: Example, outcomes: dict[str, Future[Outcome]]) -> None:
    if missing_tools(example):
        pytest.skip(f"Not installed here: {', '.join(missing_tools(example))}")
    if example.language == "javascript":
        node()
    outcome = outcomes[str(example)].result()
    assert outcome.code == 0, outcome.said[-2000:] + outcome.complained[-3000:]
    assert outcome.said or example.text.startswith("export")
    assert '"error": {' not in outcome.said
    assert '"error":{' not in outcome.said


@pytest.mark.parametrize(("piece", "promise"), PROMISES, ids=[promise for _, promise in PROMISES])
def test_an_example_does_what_it_promises(piece: str, promise: str, outcomes: dict[str, Future[Outcome]]) -> None:
    (example,) = [each for each in RUN if piece in each.text]
    if example.language == "javascript":
        node()
    assert promise in outcomes[str(example)].result().said


def test_the_same_order_twice_is_one_picture(outcomes: dict[str, Future[Outcome]]) -> None:
    (example,) = [each for each in RUN if "order-4711" in each.text]
    if missing_tools(example):
        pytest.skip(f"Not installed here: {', '.join(missing_tools(example))}")
    first, second = outcomes[str(example)].result().said.split()
    assert first == second


def blocks(language: str) -> list[Example]:
    return [example for example in EXAMPLES if example.language == language]


@pytest.mark.parametrize("example", blocks("json"), ids=str)
def test_json_is_json(example: Example) -> None:
    assert isinstance(json.loads(example.text), dict)


@pytest.mark.parametrize("example", blocks("yaml"), ids=str)
def test_yaml_is_yaml(example: Example) -> None:
    subprocess.run(yaml_reader(), input=example.text, text=True, check=True)


@pytest.mark.parametrize("example", blocks("ini"), ids=str)
def test_variables_are_variables(example: Example) -> None:
    parser = configparser.ConfigParser()
    parser.read_string("[all]\n" + example.text)
    assert "jm-YOUR-KEY" in parser["all"].values()


def test_the_body_for_n8n_is_served(gateway: Gateway, places: dict[str, str]) -> None:
    (example,) = [each for each in blocks("json") if each.section == "n8n"]
    body: dict[str, Any] = json.loads(filled_in(example.text, gateway=gateway, **places))
    answer = httpx.post(
        f"{gateway.url}/v1/images/compositions",
        json=body,
        headers={"Authorization": f"Bearer {places['key']}"},
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["input_images"] == 2


def test_litellm_works_with_the_configuration_of_the_page(
    gateway: Gateway, places: dict[str, str], tmp_path: Path
) -> None:
    (example,) = [each for each in blocks("yaml") if each.section == "LiteLLM"]
    config = tmp_path / "config.yaml"
    config.write_text(filled_in(example.text, gateway=gateway, **places), "utf-8")
    told = run(python(LITELLM / "python"), "litellm_router.py", gateway=gateway, key=places["key"], CONFIG=str(config))
    assert told["url"].startswith(f"{gateway.url}/media/")
    assert "/media/" in told["content"]


def test_the_sandbox_found_nothing_to_complain_about(outcomes: dict[str, Future[Outcome]], sandbox: Sandbox) -> None:
    assert outcomes
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    assert ledger["duplicate_submits"] == 0
