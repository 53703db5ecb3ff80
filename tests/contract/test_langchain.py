"""LangChain as a client."""

from __future__ import annotations

import pytest

from tests.contract.clients import Answers, pictures, python, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = pictures(tmp_path_factory.mktemp("pictures"))
    return scenarios(python(), "langchain_client.py", gateway=gateway, key=api_key, PICTURES=str(folder))


def test_chat_shows_the_picture(told: Answers) -> None:
    assert "/media/" in told["invoke"]["content"]
    assert told["invoke"]["finish_reason"] == "stop"


def test_a_picture_in_the_question_is_an_input(told: Answers, sandbox: Sandbox) -> None:
    assert "/media/" in told["invoke_about_a_picture"]
    assert [each["inputs"] for each in sandbox.ledger()["submissions"] if each["prompt"] == "chain picture"] == [1]


def test_a_stream_shows_the_picture(told: Answers) -> None:
    assert "/media/" in told["stream"]


def test_the_wrapper_for_dall_e_reads_addresses(told: Answers, gateway: Gateway) -> None:
    urls = told["dall_e"].split("\n")
    assert len(urls) == 2
    assert all(url.startswith(f"{gateway.url}/media/") for url in [*urls, told["dall_e_2"]])
