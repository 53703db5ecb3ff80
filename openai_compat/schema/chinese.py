"""The API description in Chinese: what stands beside the operations, by its English text."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

# A test keeps it complete: texts of tags, operations and their parameters.
CHINESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Images": "图片",
        "Videos": "视频",
        "Chat": "对话",
        "Generations": "生成记录",
        "Any request, by the id that its answer or its error named.": "按编号查询任何请求；编号见返回结果或错误信息。",
        "Models": "模型",
        "Tokens": "登录令牌",
        "Jimeng logins: are they alive, what is their balance, the daily gift.": (
            "即梦登录：是否有效、积分余额、每日赠送的积分。"
        ),
        "Health": "健康检查",
        "Pictures from a text": "文生图",
        "A request with the same key and body is answered with the same generation, and never paid twice.": (
            "键和内容都相同的请求会得到同一条生成记录，绝不重复扣积分。"
        ),
        "A picture from pictures and a text": "按文字编辑图片",
        "A picture like the one given": "生成与原图相近的图片",
        "One picture from several": "把多张图片合成一张",
        "A video, waited for": "生成视频，完成后返回",
        "With `async` or `Prefer: respond-async` a job to poll. Videos take minutes.": (
            "带上 `async` 或 `Prefer: respond-async` 时立即返回任务，供轮询。视频需要几分钟。"
        ),
        "`respond-async` answers at once with a job.": "`respond-async`：立即返回任务。",
        "A job of POST /v1/videos/generations": "查询 POST /v1/videos/generations 的任务",
        "`gen_…`, as the answer named it.": "返回结果中的编号 `gen_…`。",
        "Your videos, newest first": "你的视频，从新到旧",
        "The last id of the page before.": "上一页最后一条的编号。",
        "1 to 100, by default 20.": "1 到 100，默认 20。",
        "By time of creation.": "按创建时间排序。",
        "A job that makes a video": "提交视频任务",
        "How far a video is": "查询视频进度",
        "Take a video out of sight": "删除视频",
        "It is cancelled if nothing is spent yet; else it goes on, and only the operator still sees it.": (
            "尚未消耗积分时会取消；否则会继续生成，但只有管理员还能看到。"
        ),
        "The file of a video, or its poster": "下载视频文件或封面",
        "What to fetch.": "要下载的内容。",
        "A part of the file: `bytes=0-1023`.": "只下载一部分：`bytes=0-1023`。",
        "A request of any kind": "查询任意请求",
        "`gen_…`, as an answer or an error named it.": "返回结果或错误信息中的编号 `gen_…`。",
        "Cancel what has spent nothing yet": "取消尚未消耗积分的请求",
        "Pictures and videos by chat": "用对话生成图片和视频",
        "Models and aliases that this key may use": "此密钥可用的模型和别名",
        "One of them": "查询单个模型",
        "The name of a model or an alias.": "模型名或别名。",
        "Are these logins alive?": "检查登录是否有效",
        "Costs no credits. The logins are the bearer, or in the body. A dead one does not fail the others.": (
            "不消耗积分。登录可放在 Bearer 里或请求体里；其中一个失效不影响其他的结果。"
        ),
        "Their balances": "查询积分余额",
        "In credits. The logins are the bearer, or in the body. A dead one does not fail the others.": (
            "单位为积分。登录可放在 Bearer 里或请求体里；其中一个失效不影响其他的结果。"
        ),
        "Take today's gift of credits": "领取今天赠送的积分",
        "Once a day in Shanghai. The logins are the bearer, or in the body. A dead one does not fail the others.": (
            "每天一次，按上海时间。登录可放在 Bearer 里或请求体里；其中一个失效不影响其他的结果。"
        ),
        "Is anybody there?": "服务是否在线",
        "Does the process answer?": "进程是否有响应",
        "Can it serve?": "能否提供服务",
    }
)
TITLE: Final = "即梦网关"
DESCRIPTION: Final = (
    "让使用 OpenAI 接口的客户端生成即梦的图片和视频。每个地址去掉 `/v1` 或末尾加斜杠同样有效。未列出的参数会被忽略。"
    "OpenAI 的结构里放不下的信息都在 `jimeng` 里。\n\n"
    "密钥以 `Authorization: Bearer jm-…` 发送，也可以用 `x-api-key` 或 `api-key` 请求头。若管理员允许，"
    "也可以使用自己的即梦 sessionid：`Bearer sessionid1,sessionid2`。\n\n"
    "返回 `x-should-retry: false` 时，重复请求没有用处，或可能再次扣积分。带 `Idempotency-Key` 的请求总是可以重复。"
)


def in_chinese(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an OpenAPI document whose texts beside the operations are Chinese; schemas stay as they are."""
    told: dict[str, Any] = copy.deepcopy(dict(document))
    told["info"] |= {"title": TITLE, "description": DESCRIPTION}
    names = {tag["name"]: CHINESE.get(tag["name"], tag["name"]) for tag in told["tags"]}
    for tag in told["tags"]:
        _translate(tag)
        tag["name"] = names[tag["name"]]
    for path in told["paths"].values():
        for operation in path.values():
            _translate(operation)
            operation["tags"] = [names.get(name, name) for name in operation.get("tags", [])]
            for parameter in operation.get("parameters", []):
                _translate(parameter)
    return told


def _translate(part: dict[str, Any]) -> None:
    for name in ("summary", "description"):
        if name in part:
            part[name] = CHINESE.get(part[name], part[name])
