"""Webhooks as the Standard Webhooks specification signs them, which OpenAI's SDKs verify. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.channels import webhook_key

USER_AGENT = "jimeng-gateway (webhooks)"


def webhook_body(payload: Mapping[str, Any]) -> bytes:
    """The very bytes that are signed and sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def webhook_headers(*, message_id: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Id, time and signature; no signature for an empty secret. `message_id` is the same in each attempt.

    Raises InvalidTarget if the secret is none.
    """
    timestamp = str(int(at.timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
    }
    if secret:
        signed = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(webhook_key(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers
