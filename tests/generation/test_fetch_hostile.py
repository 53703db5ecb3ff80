"""No image that a caller gives makes this server go where it must not, or work without end."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from generation.errors import InvalidSpec
from generation.inputs import FetchPolicy, read_inputs, source_of
from generation.upstream.addresses import IPAddress
from generation.upstream.fetch import resolve_host
from tests.generation.hostile_urls import HOSTILE, NAMES, Hostile, Stage
from tests.generation.picture_servers import ForbiddenServer, PictureServer

LIMIT_S = 1.0
SLACK_S = 8.0  # for a busy machine and the unpacking of bombs


@pytest.fixture(scope="module")
def forbidden() -> Iterator[ForbiddenServer]:
    with ForbiddenServer() as server:
        yield server


@pytest.fixture(scope="module")
def stage(forbidden: ForbiddenServer) -> Iterator[Stage]:
    with PictureServer() as pictures:
        yield Stage(pictures=pictures, forbidden_port=forbidden.port)


@pytest.fixture(autouse=True)
def _own_storage(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


async def resolve(host: str, port: int) -> Sequence[IPAddress]:
    if host not in NAMES:
        return await resolve_host(host, port)
    answers = NAMES[host]
    if answers is None:
        raise OSError("Name or service not known")
    return [ip_address(answer) for answer in answers]


def policy(stage: Stage) -> FetchPolicy:
    return FetchPolicy(allow_hosts=frozenset({stage.pictures.netloc}), total_s=LIMIT_S, resolve=resolve)


@pytest.mark.parametrize("case", HOSTILE, ids=[case.name for case in HOSTILE])
def test_a_hostile_image_is_refused_in_time_and_reaches_nobody(
    case: Hostile, stage: Stage, forbidden: ForbiddenServer
) -> None:
    value, visits, began = case.value(stage), forbidden.visits(), time.monotonic()
    with pytest.raises(InvalidSpec) as raised:
        asyncio.run(read_inputs([source_of(value, param="image")], policy=policy(stage)))
    assert time.monotonic() - began < LIMIT_S + SLACK_S
    assert forbidden.visits() == visits
    assert raised.value.param == "image"
    assert re.search(case.because, raised.value.detail)
    assert not default_storage.exists("inputs")


def test_the_forbidden_server_counts_who_reaches_it(stage: Stage, forbidden: ForbiddenServer) -> None:
    """Allowed by its name, each address of the table would have arrived: the test above can fail."""
    visits = forbidden.visits()
    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:7f00:1]", "loopback.test"):
        rules = FetchPolicy(allow_hosts=frozenset({f"{host}:{forbidden.port}"}), total_s=LIMIT_S, resolve=resolve)
        source = source_of(f"http://{host}:{forbidden.port}/", param="image")
        with pytest.raises(InvalidSpec):
            asyncio.run(read_inputs([source], policy=rules))
    assert forbidden.visits() >= visits + 6


def test_what_is_not_public_looks_the_same_whatever_is_there(stage: Stage) -> None:
    details = set()
    for host in ("loopback.test", "private.test", "missing.test", "nothing.test", "127.0.0.1", "10.9.8.7", "localhost"):
        source = source_of(f"http://{host}:{stage.forbidden_port}/?token=abc", param="image")
        with pytest.raises(InvalidSpec) as raised:
            asyncio.run(read_inputs([source], policy=policy(stage)))
        details.add(raised.value.detail)
    assert len(details) == 1


@pytest.mark.parametrize("habit", ["interim", "crumbs"])
def test_who_sends_no_content_without_end_is_cut_off_long_before_the_time_is_up(habit: str, stage: Stage) -> None:
    rules = FetchPolicy(allow_hosts=frozenset({stage.pictures.netloc}), total_s=60.0, resolve=resolve)
    began = time.monotonic()
    with pytest.raises(InvalidSpec, match="could not be fetched"):
        asyncio.run(read_inputs([source_of(f"{stage.pictures.url}/{habit}", param="image")], policy=rules))
    assert time.monotonic() - began < SLACK_S
