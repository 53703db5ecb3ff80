"""Tests that really commit, for code that runs in threads of its own."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.test import TransactionTestCase


class CommittingTestCase(TransactionTestCase):
    """Leaves behind what the migrations wrote, where Django's own leaves empty tables to whatever runs next."""

    serialized_rollback = True

    def _fixture_teardown(self) -> None:
        super()._fixture_teardown()  # type: ignore[misc]  # the stubs do not know it
        for name in self.databases:
            connection: Any = connections[name]
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
