"""What is told of Jimeng logins; no answer holds a whole one."""

from __future__ import annotations

from typing import Final, TypedDict

from generation.tokens import TokenState, Trouble

NOT_A_TOKEN: Final = TokenState(trouble=Trouble(code="invalid_token", message="This cannot be a Jimeng sessionid."))


class TokenError(TypedDict):
    code: str
    message: str


class Points(TypedDict):
    """In credits, under the names of Jimeng's own service."""

    giftCredit: int
    purchaseCredit: int
    vipCredit: int
    totalCredit: int


class TokenLife(TypedDict):
    """`token`: masked, as in all of these. `live` false: dead, or not known; `error` says which."""

    token: str
    live: bool
    screen_name: str | None
    error: TokenError | None


class TokensLife(TypedDict):
    """`live`: whether all are."""

    live: bool
    results: list[TokenLife]


class TokenPoints(TypedDict):
    token: str
    points: Points | None
    error: TokenError | None


class TokenGift(TypedDict):
    """`received`: credits given by this call. `already_received`: there was nothing to give any more today."""

    token: str
    received: int
    already_received: bool
    points: Points | None
    error: TokenError | None


def token_life(token: str, state: TokenState) -> TokenLife:
    return TokenLife(token=mask(token), live=state.live, screen_name=state.screen_name or None, error=_error(state))


def token_points(token: str, state: TokenState) -> TokenPoints:
    return TokenPoints(token=mask(token), points=_points(state), error=_error(state))


def token_gift(token: str, state: TokenState) -> TokenGift:
    return TokenGift(
        token=mask(token),
        received=state.received,
        already_received=state.already_received,
        points=_points(state),
        error=_error(state),
    )


def mask(token: str) -> str:
    """Enough to tell logins apart: at most the first 3 and last 4 characters, and at most a quarter of a short one."""
    first, last = min(3, len(token) // 8), min(4, len(token) // 6)
    return f"{token[:first]}…{token[len(token) - last :]}"


def _points(state: TokenState) -> Points | None:
    credits = state.credits
    if credits is None:
        return None
    return Points(
        giftCredit=credits.gift,
        purchaseCredit=credits.purchase,
        vipCredit=credits.vip,
        totalCredit=credits.total,
    )


def _error(state: TokenState) -> TokenError | None:
    trouble = state.trouble
    return None if trouble is None else TokenError(code=trouble.code, message=trouble.message)
