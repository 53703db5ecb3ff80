"""What each endpoint answers once a call has passed the checks. Pure but for the world it is given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.sandbox import facts, video_facts
from generation.sandbox.accounts import Account
from generation.sandbox.checks import Refusal, check_history, check_ids, need
from generation.sandbox.drafts import check_submission, refuse_without_scene
from generation.sandbox.orders import Order
from generation.sandbox.records import Record
from generation.sandbox.state import World
from generation.sandbox.uploads import SERVICE_ID
from generation.sandbox.wallet import day_of, end_of_day


@dataclass(slots=True)
class Call:
    """One checked call. `order` is set for submissions; `url` makes a file's signed address of its name."""

    world: World
    account: Account
    query: Mapping[str, str]
    body: dict[str, Any]
    now: float
    url: Callable[[str], str]
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The scope that call faults know it by, and what it answers: a `data` object, or with is_whole the whole."""

    scope: str
    answer: Callable[[Call], dict[str, Any]]
    is_whole: bool = False


def account_info(call: Call) -> dict[str, Any]:
    """Who is logged in."""
    need(call.query.get("account_sdk_source") == "web", "query account_sdk_source must be web")
    account = call.account
    info = {"user_id": account.user_id, "screen_name": account.name, "name": account.name, "avatar_url": ""}
    return {"message": "success", "data": info}


def dead_account_info() -> dict[str, Any]:
    """What account info answers for a session that has expired: no ret."""
    return {"message": "error", "data": {"error_code": 4, "description": "session expired", "captcha": ""}}


def user_credit(call: Call) -> dict[str, Any]:
    """The balance. Half of the accounts answer with a JSON text in `response` and no `data`."""
    need(call.body == {}, "the body must be {}")
    call.account.settle(call.now)
    wallet = call.account.wallet
    balance = {f"{source}_credit": wallet.of(source) for source in ("vip", "gift", "purchase")}
    if not call.account.answers_in_string:
        return {"ret": "0", "errmsg": "success", "data": {"credit": balance}}
    expiring = [{"credit_amount": lot.credits, "expire_time": int(lot.lapses_at)} for lot in wallet.lapsing]
    inner = json.dumps({"credit": balance, "expiring_credits": expiring, "credits_detail": {}})
    return {
        "ret": "0",
        "errmsg": "success",
        "svr_time": int(call.now),
        "log_id": log_id(call.now),
        "response": inner,
        "sign": hashlib.sha256(inner.encode()).hexdigest(),
    }


def credit_receive(call: Call) -> dict[str, Any]:
    """The daily gift, once a Shanghai day; a second call is refused by half of the accounts, 0 for the others."""
    if call.body != {"time_zone": "Asia/Shanghai"}:
        call.world.violation("/commerce/v1/benefits/credit_receive", "the body must hold time_zone Asia/Shanghai")
        raise Refusal("34010100", "invalid parameter")
    account = call.account
    account.settle(call.now)
    today = day_of(call.now)
    has_gift = not (account.faults.get("nocredits") or account.faults.get("no-gift"))
    quota = facts.DAILY_GIFT if has_gift and account.gift_day != today else 0
    if account.gift_day == today and account.refuses_second_gift:
        raise Refusal("34010100", "already received today")
    is_first = not account.gift_day
    account.gift_day = today
    account.wallet.put("gift", quota, "Daily gift", call.now, lapses_at=end_of_day(call.now))
    return {"receive_quota": quota, "cur_total_credits": account.wallet.total, "is_first_receive": is_first}


def credit_history(call: Call) -> dict[str, Any]:
    """The account's ledger, newest first; the cursor is the number of entries to skip."""
    count, cursor = call.body.get("count"), call.body.get("cursor")
    if not isinstance(count, int) or not isinstance(cursor, str) or not cursor.isdigit():
        raise Refusal("1000", "count must be a number, cursor a string of digits")
    call.account.settle(call.now)
    entries = call.account.wallet.entries[::-1]
    end = int(cursor) + count
    return {"records": entries[int(cursor) : end], "new_cursor": str(end), "has_more": end < len(entries)}


def generate(call: Call) -> dict[str, Any]:
    """Take a submission, charge it and begin; the same submit_id again answers the same record."""
    order, account, world = call.order, call.account, call.world
    if order is None:
        raise AssertionError("submissions are checked before they are answered")
    record = account.by_submit_id.get(order.submit_id)
    if record:
        record.times_submitted += 1
        world.counts.duplicate_submits += 1
    else:
        refuse_without_scene(order)
        account.settle(call.now)
        if account.wallet.total < order.count * order.price_credits:
            raise Refusal("1006", "credits not enough")
        record = world.submit(account, order, call.now)
    answer = _tell(call, record)
    answer["queue_info"] = record.queue_info(call.now)
    return {"aigc_data": answer}


def check_order(call: Call) -> None:
    """Read the submission of a call, at today's price. Raises Violation."""
    call.order = call.world.priced(check_submission(call.body, call.query, call.world.uploads.is_usable))


def upload_token(call: Call) -> dict[str, Any]:
    """The keys with which pictures are uploaded."""
    need(call.body == {"scene": 2}, "the body must be {scene: 2}")
    token = call.world.uploads.new_token(call.account.name, call.now + call.world.settings.upload_token_ttl)
    return {
        "access_key_id": token.access_key_id,
        "secret_access_key": token.secret_access_key,
        "session_token": token.session_token,
        "service_id": SERVICE_ID,
        "space_name": SERVICE_ID,
        "upload_domain": "imagex.bytedanceapi.com",
    }


def _find(call: Call, wanted: str) -> Record | None:
    """The account's own record by record id or submit id, None when unknown or hidden."""
    record = call.account.records.get(wanted) or call.account.by_submit_id.get(wanted)
    return None if record is None or record.is_hidden(call.now) else record


def _tell(call: Call, record: Record) -> dict[str, Any]:
    """The record as it is now."""
    return record.answer(call.now, call.world.settings.forecast_s(record.order.kind), call.url)


def history_by_ids(call: Call) -> dict[str, Any]:
    """Records keyed by the id asked for; unknown ones are left out."""
    own = call.account.records

    def are_videos(ids: list[str]) -> bool:
        return all(wanted in own and own[wanted].order.kind == "video" for wanted in ids)

    asked = check_history(call.body, are_videos)
    return {wanted: _tell(call, record) for wanted in asked if (record := _find(call, wanted))}


def history_records(call: Call) -> dict[str, Any]:
    """The same records as a list."""
    found = [_find(call, wanted) for wanted in check_ids(call.body, "history_record_ids")]
    return {"history_records": [_tell(call, record) for record in found if record]}


def queue_info(call: Call) -> dict[str, Any]:
    """Where records stand in the queue."""
    return {
        wanted: {
            "queue_info": record.queue_info(call.now),
            "forecast_cost_time": {
                "forecast_generate_cost": call.world.settings.forecast_s(record.order.kind),
                "forecast_queue_cost": max(round(record.starts_at - call.now), 0),
            },
        }
        for wanted in check_ids(call.body, "history_ids")
        if (record := _find(call, wanted))
    }


def common_config(call: Call) -> dict[str, Any]:
    """The models that an account sees today."""
    need(call.body == {"is_client_filter": False, "need_beta_model": True}, "the body is not as documented")
    models = [
        {
            "model_name": model.public_name,
            "model_req_key": model.key,
            "resolution_map": {name: {"resolution_type": name} for name in facts.RESOLUTIONS},
        }
        for model in facts.MODELS.values()
    ]
    return {"model_list": models[:2], "more": {"beta": [{"group": models[2:]}]}}


def video_config(call: Call) -> dict[str, Any]:
    """The video models that an account sees today."""
    need(call.body == {"scene": "generate_video", "params": {"needCache": True}}, "the body is not as documented")
    models = [
        {
            "model_name": model.public_name,
            "model_req_key": model.key,
            "options": [{"key": "resolution", "enum": list(video_facts.SHORT_SIDES)}],
        }
        for model in video_facts.MODELS.values()
    ]
    return {"model_list": models[:1], "scene_map": {"generate_video": {"models": models[1:]}}}


def log_id(now: float) -> str:
    """An answer's log id: the moment and a running number of digits."""
    return f"{int(now * 1_000_000):020d}"


ENDPOINTS: Final = {
    "/passport/account/info/v2": Endpoint("account", account_info, is_whole=True),
    "/commerce/v1/benefits/user_credit": Endpoint("credits", user_credit, is_whole=True),
    "/commerce/v1/benefits/credit_receive": Endpoint("credits", credit_receive),
    "/commerce/v1/benefits/user_credit_history": Endpoint("credits", credit_history),
    "/mweb/v1/get_upload_token": Endpoint("upload", upload_token),
    "/mweb/v1/aigc_draft/generate": Endpoint("submit", generate),
    "/mweb/v1/get_history_by_ids": Endpoint("history", history_by_ids),
    "/mweb/v1/get_history_records": Endpoint("history", history_records),
    "/mweb/v1/get_history_queue_info": Endpoint("history", queue_info),
    "/mweb/v1/get_common_config": Endpoint("config", common_config),
    "/mweb/v1/video_generate/get_common_config": Endpoint("config", video_config),
}
