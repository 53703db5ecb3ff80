"""Answers about an account: who it is, its balance, its daily gift. Pure; raises as `parsing` does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from generation.errors import UpstreamProtocolError
from generation.upstream.answers import AccountInfo, CheckIn, Credits
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.parsing import unwrap
from generation.upstream.values import SECONDS_MAX, as_amount, as_dict, as_int, as_number, as_seconds, as_text


def parse_account_info(content: dict[str, Any]) -> AccountInfo:
    """Read the passport answer, which mostly comes without `ret`. No `user_id`: UpstreamFailure EXPIRED."""
    info = as_dict(content.get("data")) or content
    user_id = as_text(info.get("user_id"))
    if user_id in ("", "0"):
        code = as_text(info.get("error_code"))
        raise UpstreamFailure(FailureKind.EXPIRED, code=code, message=as_text(info.get("description")))
    return AccountInfo(
        user_id=user_id,
        screen_name=as_text(info.get("screen_name")) or as_text(info.get("name")),
        avatar_url=as_text(info.get("avatar_url")),
    )


def parse_credits(payload: Any) -> Credits:
    """Read a balance from either shape of `user_credit`, in credits (docs/upstream.md#credits).

    Shapes: `data.credit`, or the same object as JSON text in `response`, with or instead of `data`.
    """
    contents = _benefits(payload)
    balance = next((each for each in (as_dict(content.get("credit")) for content in contents) if each), {})
    gift, purchase, vip = (as_amount(balance.get(key)) for key in ("gift_credit", "purchase_credit", "vip_credit"))
    if gift is None and purchase is None and vip is None:
        raise UpstreamProtocolError("The answer holds no balance.")
    told = [content["expiring_credits"] for content in contents if isinstance(content.get("expiring_credits"), list)]
    return Credits(
        gift=gift or 0,
        purchase=purchase or 0,
        vip=vip or 0,
        expiring=_expiring(told[0], gift or 0) if told else None,
    )


def _expiring(entries: list[Any], gift: int) -> tuple[tuple[int, datetime], ...]:
    """`[{"credit_amount": 22, "expire_time": 1768147199}]`: credits and when they lapse, soonest first.

    An entry without an amount means all gift credits; one without a time says nothing.
    """
    lapses = []
    for entry in map(as_dict, entries):
        credits, moment = as_amount(entry.get("credit_amount")), as_number(entry.get("expire_time"))
        credits = gift if credits is None else credits
        if credits > 0 and moment is not None and 0 < moment < 1000 * SECONDS_MAX:
            lapses.append((credits, datetime.fromtimestamp(as_seconds(moment), UTC)))
    return tuple(sorted(lapses, key=lambda lapse: lapse[1]))


def parse_check_in(payload: Any) -> CheckIn:
    """Read `credit_receive`: `receive_quota`, `cur_total_credits`, `is_first_receive`."""
    merged: dict[str, Any] = {}
    for content in reversed(_benefits(payload)):
        merged |= content
    if as_int(merged.get("receive_quota")) is None and as_int(merged.get("cur_total_credits")) is None:
        raise UpstreamProtocolError("The answer names no credits.")
    return CheckIn(
        received=as_amount(merged.get("receive_quota")) or 0,
        total=as_int(merged.get("cur_total_credits")),
        first=merged.get("is_first_receive") is True,
    )


def _benefits(payload: Any) -> list[dict[str, Any]]:
    """The contents of a `/commerce/v1/benefits/` answer: `data`, then what the text `response` holds.

    Either may say no by a `ret` of its own.
    """
    contents = [unwrap(payload)]
    response = payload.get("response")
    if isinstance(response, str) and response.strip():
        try:
            response = json.loads(response)
        except (ValueError, RecursionError):
            raise UpstreamProtocolError("Its response is not JSON.") from None
    if isinstance(response, dict):
        # The inner answer may wrap its content in `data`, or hold it beside its `ret`.
        contents += [unwrap(response), response]
    return contents
