"""The tree of failures: every leaf has a code of its own, and says whether repeating is safe."""

from __future__ import annotations

import pytest

from generation import errors
from generation.errors import GatewayError, error_class, leaves

SAFE = {
    errors.KeyRateLimited,
    errors.KeyTooBusy,
    errors.PoolBusy,
    errors.UpstreamLoginExpired,
    errors.UpstreamUnreachable,
}


def test_every_leaf_has_a_code_and_words_of_its_own() -> None:
    codes = [leaf.code for leaf in leaves()]
    assert len(set(codes)) == len(codes)
    assert all(code and code == code.lower() and " " not in code and len(code) <= 40 for code in codes)
    assert len({leaf.default_detail for leaf in leaves()}) == len(codes)


def test_the_tree_is_what_its_docstring_draws() -> None:
    drawn = errors.__doc__ or ""
    assert {leaf.__name__ for leaf in leaves() if leaf.__module__.startswith(("accounts", "generation"))} == {
        word for word in (line.strip(" │├└─").split(" ")[0] for line in drawn.splitlines()) if hasattr(errors, word)
    } - {"GatewayError", "KeyLimitError", "PoolError", "RequestError"}


def test_branches_are_no_leaves() -> None:
    assert not {GatewayError, errors.KeyLimitError, errors.PoolError, errors.RequestError} & set(leaves())


@pytest.mark.parametrize("leaf", leaves())
def test_a_stored_code_leads_back_to_its_class(leaf: type[GatewayError]) -> None:
    assert error_class(leaf.code) is leaf


def test_an_unknown_code_reads_as_a_failed_generation() -> None:
    assert error_class("of_another_version") is errors.GenerationFailed
    assert error_class("") is errors.GenerationFailed


def test_repeating_is_safe_only_where_nothing_can_be_spent_and_it_may_help() -> None:
    assert {leaf for leaf in leaves() if leaf.safe_to_repeat} == SAFE


def test_an_error_without_words_of_its_own_has_those_of_its_class() -> None:
    plain = errors.PoolBusy()
    assert (str(plain), plain.detail) == (errors.PoolBusy.default_detail,) * 2
    assert (plain.param, plain.retry_after_s, plain.public_id) == (None, None, "")
    told = errors.InvalidSpec("n is too large.", param="n")
    assert (str(told), told.param) == ("n is too large.", "n")
