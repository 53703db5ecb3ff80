"""What each kind of channel is sent, and how its refusals are read: against the shapes that the providers document."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import SimpleTestCase

from accounts.alert_words import Message
from accounts.channels import InvalidTarget
from accounts.models import AlertChannel
from generation.upstream.post_formats import Letter, Post, post_of, refusal
from generation.upstream.webhooks import webhook_body, webhook_headers
from tests.accounts.channels import TARGETS

AT = datetime(2026, 11, 25, 12, 0, 0, 500_000, tzinfo=UTC)
MESSAGE = Message(
    title="即梦网关: [x](y) <expired>",
    lines=("Code 1015.", "Log in again."),
    url="https://gw.example/admin/",
    link_text="Open the admin",
    urgency=4,
    is_over=False,
)


def build(medium: str, *, secret: str = "", target: str = "", message: Message = MESSAGE) -> Post:
    return post_of(medium, Letter(message=message, target=target or TARGETS[medium], secret=secret, at=AT))


def body(post: Post) -> Any:
    assert post.headers["content-type"].startswith("application/json")
    return json.loads(post.body)


class FormatTests(SimpleTestCase):
    def test_dingtalk_gets_markdown_in_which_names_are_no_formatting(self) -> None:
        sent = body(build("dingtalk"))
        assert sent["msgtype"] == "markdown"
        assert sent["markdown"]["title"] == "即梦网关: (x)(y) ‹expired›"
        assert "> Code 1015." in sent["markdown"]["text"]
        assert "[Open the admin](https://gw.example/admin/)" in sent["markdown"]["text"]

    def test_dingtalk_is_signed_in_the_query(self) -> None:
        query = parse_qs(urlsplit(build("dingtalk", secret="SECabc").url).query)
        assert query["access_token"] == ["secret-token-0001"]
        assert query["timestamp"] == ["1795608000500"]  # milliseconds
        wanted = hmac.new(b"SECabc", b"1795608000500\nSECabc", hashlib.sha256).digest()
        assert query["sign"] == [base64.b64encode(wanted).decode()]
        assert "sign" not in build("dingtalk").url

    def test_feishu_gets_a_card_with_a_button(self) -> None:
        sent = body(build("feishu"))
        assert sent["msg_type"] == "interactive"
        assert sent["card"]["header"] == {"template": "red", "title": {"tag": "plain_text", "content": MESSAGE.title}}
        assert sent["card"]["elements"][0]["text"] == {"tag": "plain_text", "content": MESSAGE.text}
        assert sent["card"]["elements"][1]["actions"][0]["url"] == MESSAGE.url
        assert "sign" not in sent

    def test_feishu_is_signed_in_the_body_with_seconds(self) -> None:
        sent = body(build("feishu", secret="abc"))
        assert sent["timestamp"] == "1795608000"
        wanted = hmac.new(b"1795608000\nabc", b"", hashlib.sha256).digest()
        assert sent["sign"] == base64.b64encode(wanted).decode()

    def test_wecom_gets_markdown_of_at_most_4096_bytes(self) -> None:
        sent = body(build("wecom"))
        assert sent["msgtype"] == "markdown"
        assert sent["markdown"]["content"].startswith("**即梦网关: (x)(y) ‹expired›**\n> Code 1015.")
        long = Message(title="t", lines=("长" * 3000,), url=MESSAGE.url, link_text="go", urgency=3, is_over=False)
        content = body(build("wecom", message=long))["markdown"]["content"]
        assert 4090 <= len(content.encode()) <= 4096
        assert content.endswith("[go](https://gw.example/admin/)")

    def test_telegram_gets_plain_text_at_its_own_or_another_server(self) -> None:
        post = build("telegram")
        assert post.url == "https://tg.example/bot123456:secret-token-0001/sendMessage"
        assert body(post)["chat_id"] == "-1001234"
        assert body(post)["text"].splitlines()[0] == MESSAGE.title
        assert "parse_mode" not in body(post)
        usual = build("telegram", target="99:abc@@news")
        assert usual.url == "https://api.telegram.org/bot99:abc/sendMessage"
        assert body(usual)["chat_id"] == "@news"

    def test_ntfy_gets_json_at_the_root_of_its_server(self) -> None:
        post = build("ntfy")
        assert post.url == "https://ntfy.example/"
        assert body(post) == {
            "topic": "secret-topic-0001",
            "title": MESSAGE.title,
            "message": MESSAGE.text,
            "priority": 4,
            "tags": ["warning"],
            "click": MESSAGE.url,
        }
        assert "authorization" not in post.headers

    def test_ntfy_knows_tokens_and_passwords(self) -> None:
        assert build("ntfy", secret="tk_abc").headers["authorization"] == "Bearer tk_abc"
        assert build("ntfy", secret="me:pw").headers["authorization"] == "Basic bWU6cHc="

    def test_nothing_links_to_an_unknown_address(self) -> None:
        for medium in ("dingtalk", "feishu", "wecom", "telegram", "ntfy"):
            with self.subTest(medium):
                nowhere = Message(title="t", lines=("a",), url="", link_text="go", urgency=3, is_over=True)
                assert b"http" not in build(medium, message=nowhere).body


class RefusalTests(SimpleTestCase):
    def test_a_200_that_says_no_is_a_failure(self) -> None:
        for medium, status, said, wanted in (
            ("dingtalk", 200, '{"errcode":0,"errmsg":"ok"}', ""),
            ("dingtalk", 200, '{"errcode":310000,"errmsg":"sign not match"}', "310000 sign not match"),
            ("dingtalk", 200, "<html>", "not its usual answer"),
            ("wecom", 200, '{"errcode":0,"errmsg":"ok"}', ""),
            ("wecom", 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', "93000 invalid webhook url"),
            ("feishu", 200, '{"code":0,"msg":"success","data":{}}', ""),
            ("feishu", 200, '{"StatusCode":0,"StatusMessage":"success"}', ""),
            ("feishu", 200, '{"code":19021,"msg":"sign match fail"}', "19021 sign match fail"),
            ("telegram", 200, '{"ok":true,"result":{}}', ""),
            ("telegram", 400, '{"ok":false,"description":"chat not found"}', "HTTP status 400: chat not found"),
            ("ntfy", 200, '{"id":"x","event":"message"}', ""),
            ("ntfy", 403, '{"code":40301,"error":"forbidden"}', "HTTP status 403: forbidden"),
            ("webhook", 204, "", ""),
            ("webhook", 302, "", "HTTP status 302"),
            ("webhook", 500, '{"error":"x"}', "HTTP status 500"),
        ):
            with self.subTest(medium=medium, said=said):
                assert refusal(medium, status, said.encode()) == wanted


class WebhookTests(SimpleTestCase):
    def test_the_example_of_the_specification_is_signed_alike(self) -> None:
        headers = webhook_headers(
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            at=datetime.fromtimestamp(1614265330, UTC),
            body=b'{"test": 2432232314}',
            secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        )
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        assert headers["webhook-timestamp"] == "1614265330"

    def test_without_a_secret_there_is_no_signature(self) -> None:
        assert "webhook-signature" not in webhook_headers(message_id="m", at=AT, body=b"{}", secret="")

    def test_what_is_no_secret_is_refused(self) -> None:
        for secret in ("plain", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="):
            with self.subTest(secret), pytest.raises(InvalidTarget):
                webhook_headers(message_id="m", at=AT, body=b"{}", secret=secret)

    def test_bodies_are_compact_utf8(self) -> None:
        assert webhook_body({"a": "即梦", "b": None}) == '{"a":"即梦","b":null}'.encode()


class CompletenessTests(SimpleTestCase):
    def test_every_channel_for_people_has_a_shape(self) -> None:
        for medium in set(AlertChannel.Format.values) - {"email", "webhook"}:
            assert build(medium).body
