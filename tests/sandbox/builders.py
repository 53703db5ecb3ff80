"""Valid calls of the Jimeng web service, written from the protocol document alone."""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from email.utils import formatdate
from typing import Any
from urllib.parse import quote_plus

GENERATE = "/mweb/v1/aigc_draft/generate"
HISTORY = "/mweb/v1/get_history_by_ids"
HISTORY_RECORDS = "/mweb/v1/get_history_records"
QUEUE_INFO = "/mweb/v1/get_history_queue_info"
COMMON_CONFIG = "/mweb/v1/get_common_config"
ACCOUNT_INFO = "/passport/account/info/v2"
USER_CREDIT = "/commerce/v1/benefits/user_credit"
CREDIT_RECEIVE = "/commerce/v1/benefits/credit_receive"
CREDIT_HISTORY = "/commerce/v1/benefits/user_credit_history"

# public name, key, draft version
MODEL_45 = ("jimeng-4.5", "high_aes_general_v40l", "3.3.4")
MODEL_50 = ("jimeng-5.0", "high_aes_general_v50", "3.3.9")
MODEL_30 = ("jimeng-3.0", "high_aes_general_v30l:general_v3.0_18b", "3.0.2")


def sign(path: str, device_time: int) -> str:
    """The Sign header."""
    return hashlib.md5(f"9e2c|{path[-7:]}|7|5.8.0|{device_time}||11ac".encode()).hexdigest()


def headers(path: str, device_time: int) -> dict[str, str]:
    """All headers of a call but the cookie."""
    credit = "/ai-tool/image/generate" if path.startswith("/commerce/") else ""
    return {
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": "513695",
        "Appvr": "5.8.0",
        "Pf": "7",
        "Origin": "https://jimeng.jianying.com",
        "Referer": "https://jimeng.jianying.com" + credit,
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/132.0.0.0 Safari/537.36",
        "Sec-Ch-Ua": '"Not A(Brand";v="8", "Chromium";v="132", "Google Chrome";v="132"',
        "Sec-Ch-Ua-Mobile": "?0",
        "Sec-Ch-Ua-Platform": '"Windows"',
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-origin",
        "Device-Time": str(device_time),
        "Sign-Ver": "1",
        "Sign": sign(path, device_time),
        "Content-Type": "application/json",
    }


def cookie(sessionid: str, web_id: str, uid_tt: str) -> dict[str, str]:
    """The parts of the cookie."""
    now = int(time.time())
    date = quote_plus(formatdate(now + 5184000, usegmt=True))
    return {
        "_tea_web_id": web_id,
        "is_staff_user": "false",
        "store-region": "cn-gd",
        "store-region-src": "uid",
        "sid_guard": f"{sessionid}%7C{now}%7C5184000%7C{date}",
        "uid_tt": uid_tt,
        "uid_tt_ss": uid_tt,
        "sid_tt": sessionid,
        "sessionid": sessionid,
        "sessionid_ss": sessionid,
    }


def _thing(**parts: Any) -> dict[str, Any]:
    return {"type": "", "id": str(uuid.uuid4()), **parts}


def draft(
    model: tuple[str, str, str],
    prompt: str = "a cat",
    size: tuple[int, int, str, int] = (2048, 2048, "2k", 1),
    count: int | None = None,
    inner_count: int | None = None,
) -> dict[str, Any]:
    """draft_content before it becomes text. `size`: width, height, resolution type, ratio code."""
    width, height, resolution, ratio = size
    core = _thing(
        model=model[1],
        prompt=prompt,
        negative_prompt="",
        seed=random.randrange(2500000000, 2600000000),
        sample_strength=0.5,
        image_ratio=ratio,
        large_image_info=_thing(min_version="3.0.2", height=height, width=width, resolution_type=resolution),
        intelligent_ratio=False,
    )
    inner = {} if inner_count is None else {"gen_count": inner_count}
    generate = _thing(core_param=core, gen_option=_thing(generate_all=False, **inner))
    abilities = _thing(generate=generate)
    if count is not None:
        abilities["gen_option"] = _thing(gen_count=count, generate_all=False)
    metadata = _thing(
        created_platform=3, created_platform_version="", created_time_in_ms=str(int(time.time() * 1000)), created_did=""
    )
    component_id = str(uuid.uuid4())
    component = {
        "type": "image_base_component",
        "id": component_id,
        "min_version": "3.0.2",
        "aigc_mode": "workbench",
        "metadata": metadata,
        "generate_type": "generate",
        "abilities": abilities,
    }
    return {
        "type": "draft",
        "id": str(uuid.uuid4()),
        "min_version": "3.0.2",
        "min_features": [],
        "is_from_tsn": True,
        "version": model[2],
        "main_component_id": component_id,
        "component_list": [component],
    }


def metrics(model: tuple[str, str, str], submit_id: str, resolution: str, *, story: bool = False) -> dict[str, Any]:
    """metrics_extra before it becomes text."""
    scene: dict[str, Any] = {
        "type": "image",
        "scene": "ImageMultiGenerate" if story else "ImageBasicGenerate",
        "modelReqKey": model[0],
        "resolutionType": resolution,
        "abilityList": [],
        "reportParams": {
            "enterSource": "generate",
            "vipSource": "generate",
            "extraVipFunctionKey": f"{model[0]}-{resolution}",
            "useVipFunctionDetailsReporterHoc": True,
        },
    }
    told = {
        "promptSource": "custom",
        "generateCount": 1,
        "enterFrom": "click",
        "sceneOptions": [scene],
        "generateId": submit_id,
        "isRegenerate": False,
    }
    if story:
        return told | {"templateId": "", "templateSource": "", "lastRequestId": "", "originRequestId": ""}
    scene["benefitCount"] = 4
    return told


def submission(
    model: tuple[str, str, str] = MODEL_45,
    *,
    prompt: str = "a cat",
    size: tuple[int, int, str, int] = (2048, 2048, "2k", 1),
    story: bool = False,
    count: int | None = None,
    inner_count: int | None = None,
) -> dict[str, Any]:
    """A submission whose JSON texts are still objects, so that tests can break them; see `sealed`."""
    submit_id = str(uuid.uuid4())
    return {
        "extend": {"root_model": model[1]},
        "submit_id": submit_id,
        "metrics_extra": metrics(model, submit_id, size[2], story=story),
        "draft_content": draft(model, prompt, size, count, inner_count),
        "http_common_info": {"aid": 513695},
    }


def sealed(body: dict[str, Any]) -> dict[str, Any]:
    """A submission as it is sent: metrics, scene options and draft as JSON texts."""
    told = dict(body)
    if isinstance(told.get("metrics_extra"), dict):
        extra = dict(told["metrics_extra"])
        if "sceneOptions" in extra and not isinstance(extra["sceneOptions"], str):
            extra["sceneOptions"] = json.dumps(extra["sceneOptions"])
        told["metrics_extra"] = json.dumps(extra)
    if isinstance(told.get("draft_content"), dict):
        told["draft_content"] = json.dumps(told["draft_content"])
    return told
