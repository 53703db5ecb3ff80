"""Who is behind the logins of the sandbox."""

from __future__ import annotations

import pytest

from generation.sandbox.state import Settings, World


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("sb-alice", "sb-alice.2", True),
        ("sb-alice.2", "sb-alice.3--expired", True),
        ("sb-al.ice", "sb-al.ice.2", True),
        ("sb-alice", "sb-alice2", False),
        ("sb-alice", "sb-alice.b", False),
        ("sb-alice", "sb-alice--expired", False),  # another account, called alice~2
        ("sb-alice", "sb-.2", False),
    ],
)
def test_a_number_behind_a_dot_is_a_further_login_of_the_same_user(first: str, second: str, is_same: bool) -> None:
    world = World(Settings(), [])
    accounts = [world.add_account(sessionid) for sessionid in (first, second)]
    assert accounts[0] is not accounts[1]
    assert (accounts[0].user_id == accounts[1].user_id) == is_same
