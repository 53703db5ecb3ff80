"""One account's browser, as the sandbox's tests drive it."""

from __future__ import annotations

import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.sandbox.builders import GENERATE, HISTORY, USER_CREDIT, cookie, headers, sealed, submission

IMAGE_INFO = {
    "width": 2048,
    "height": 2048,
    "format": "webp",
    "image_scene_list": [
        {"scene": "normal", "width": side, "height": side, "uniq_key": str(side), "format": "webp"}
        for side in (2400, 1080, 720, 480, 360)
    ],
}


@dataclass
class Caller:
    """One account's browser."""

    http: httpx.Client
    sessionid: str
    web_id: str = field(default_factory=lambda: "7" + str(random.randrange(10**17, 10**18)))
    uid_tt: str = field(default_factory=lambda: uuid.uuid4().hex)

    def send(
        self,
        path: str,
        body: Any,
        *,
        query: dict[str, str | None] | None = None,
        header: dict[str, str | None] | None = None,
        crumbs: dict[str, str | None] | None = None,
        method: str = "POST",
    ) -> httpx.Response:
        """A call with changes: a value replaces what is sent, None leaves it out."""
        params = {"aid": "513695", "device_platform": "web", "region": "CN", "webId": self.web_id}
        told = headers(path, int(time.time()))
        parts = cookie(self.sessionid, self.web_id, self.uid_tt)
        told["Cookie"] = "; ".join(f"{name}={value}" for name, value in _changed(parts, crumbs).items())
        request = self.http.build_request(
            method, path, params=_changed(params, query), content=body if isinstance(body, bytes) else json.dumps(body)
        )
        request.headers = httpx.Headers(
            {"Host": request.headers["Host"], "Content-Length": request.headers["Content-Length"]}
            | _changed(told, header)
        )
        return self.http.send(request)

    def call(self, path: str, body: Any, **changes: Any) -> dict[str, Any]:
        """The answer's JSON."""
        return dict(self.send(path, body, **changes).json())

    def submit(self, body: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """The answer to a submission (a default one unless given)."""
        return self.call(GENERATE, sealed(body or submission()), **changes)

    def record_id(self, body: dict[str, Any] | None = None) -> str:
        """Submit, and the id of the record it began."""
        return str(self.submit(body)["data"]["aigc_data"]["history_record_id"])

    def history(self, *ids: str) -> dict[str, Any]:
        """Records by record id."""
        body = {"history_ids": list(ids), "image_info": IMAGE_INFO, "http_common_info": {"aid": 513695}}
        return dict(self.call(HISTORY, body)["data"])

    def balance(self) -> int:
        """The credits, in whichever shape they are told."""
        told = self.call(USER_CREDIT, {})
        inner = json.loads(told["response"]) if "response" in told else told["data"]
        return int(sum(inner["credit"].values()))


def _changed(parts: dict[str, str], changes: dict[str, str | None] | None) -> dict[str, str]:
    merged: dict[str, str | None] = {**parts, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}
