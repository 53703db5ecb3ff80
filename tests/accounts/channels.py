"""Channels for tests, and what lies in the outbox for them."""

from __future__ import annotations

from typing import Any

from accounts.channels import channel_aim
from accounts.models import AlertChannel, Delivery

TARGETS = {
    "email": "ops@example.com",
    "webhook": "https://hooks.example/in/secret-token-0001",
    "dingtalk": "https://oapi.dingtalk.example/robot/send?access_token=secret-token-0001",
    "feishu": "https://open.feishu.example/open-apis/bot/v2/hook/secret-token-0001",
    "wecom": "https://qyapi.weixin.example/cgi-bin/webhook/send?key=secret-token-0001",
    "telegram": "https://tg.example/bot123456:secret-token-0001@-1001234",
    "ntfy": "https://ntfy.example/secret-topic-0001",
}


def make_channel(medium: str = "webhook", *, target: str = "", secret: str = "", **over: Any) -> AlertChannel:
    """An enabled channel that wants every kind."""
    channel = AlertChannel(**{"name": f"our {medium}", "format": medium, **over})
    channel_aim(channel, target=target or TARGETS[medium], secret=secret)
    channel.save()
    return channel


def told() -> list[tuple[str, str, str]]:
    """Receiver, kind and phase of every message, in order."""
    rows = Delivery.objects.order_by("pk").select_related("channel")
    return [(str(row.channel), row.payload["kind"], row.payload["phase"]) for row in rows]
