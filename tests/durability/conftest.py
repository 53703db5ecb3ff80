"""A PostgreSQL database for tests with real processes, where there is a server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import psycopg
import pytest

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of its own, dropped in the end."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip(f"No PostgreSQL server answers (TEST_POSTGRES_URL, by default {SERVER}).")
    name = f"gateway_test_{secrets.token_hex(4)}"
    with server:
        server.execute(f"CREATE DATABASE {name}")
    yield SERVER.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
