"""Messages on the wire: each format to a real receiver on loopback, and what counts as delivered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest
from django.test import SimpleTestCase, override_settings

from accounts.services import Parcel
from generation.upstream.fetch import FetchPolicy
from generation.upstream.posting import Poster, PostFailed
from tests.live import free_port
from tests.receivers import MailServer, Receiver, Reply

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OK = {
    "dingtalk": b'{"errcode":0,"errmsg":"ok"}',
    "feishu": b'{"code":0,"msg":"success"}',
    "wecom": b'{"errcode":0,"errmsg":"ok"}',
    "telegram": b'{"ok":true}',
    "ntfy": b'{"id":"a"}',
    "webhook": b"",
}
PATHS = {"telegram": "/bot1:secret-token-0001-long@-5"}


def parcel(medium: str, target: str, **over: Any) -> Parcel:
    facts = {
        "kind": "risk_hold",
        "phase": "raised",
        "subject": "account:7",
        "label": "工作室",
        "detail": {"code": "1015"},
        "count": 1,
        "since": AT.isoformat(),
        "at": AT.isoformat(),
    }
    fields: dict[str, Any] = {
        "id": 1,
        "message_id": "msg_1",
        "event": "alert.risk_hold",
        "receiver": "channel:1",
        "medium": medium,
        "target": target,
        "secret": "",
        "language": "en",
        "payload": facts,
        "created_at": AT,
        "claimed_until": AT,
        "attempt": 1,
        "is_guarded": False,
    }
    return Parcel(**fields | over)


def send(message: Parcel, *, policy: FetchPolicy | None = None) -> None:
    async def once() -> None:
        poster = Poster(policy=policy)
        try:
            await poster.send(message, at=AT)
        finally:
            await poster.aclose()

    asyncio.run(once())


def failure(message: Parcel, *, policy: FetchPolicy | None = None) -> str:
    with pytest.raises(PostFailed) as caught:
        send(message, policy=policy)
    return str(caught.value)


class ChannelTests(SimpleTestCase):
    def test_every_format_arrives(self) -> None:
        for medium, answer in OK.items():
            with self.subTest(medium), Receiver(Reply(body=answer)) as receiver:
                send(parcel(medium, receiver.url + PATHS.get(medium, "/secret-token-0001")))
                (got,) = receiver.got
                assert "工作室" in got.body.decode() or "\\u5de5" in got.body.decode()
                assert "risk control holds" in got.body.decode()

    def test_it_speaks_the_language_of_the_channel(self) -> None:
        with Receiver(Reply(body=OK["feishu"])) as receiver:
            send(parcel("feishu", receiver.url, language="zh-hans"))
            assert "风控" in receiver.got[0].body.decode()

    def test_a_200_that_says_no_is_a_failure_told_without_secrets(self) -> None:
        said = b'{"errcode":300001,"errmsg":"token secret-token-0001-long is not exist"}'
        with Receiver(Reply(body=said)) as receiver:
            told = failure(parcel("dingtalk", f"{receiver.url}/robot/send?access_token=secret-token-0001-long"))
        assert told.startswith("300001 token")
        assert "secret-token" not in told

    def test_a_redirect_is_not_followed(self) -> None:
        with Receiver() as other, Receiver(Reply(status=307, headers={"Location": other.url})) as receiver:
            assert failure(parcel("webhook", receiver.url)) == "HTTP status 307"
            assert other.got == []

    def test_a_receiver_that_is_not_there_is_told_in_words(self) -> None:
        told = failure(parcel("ntfy", f"http://127.0.0.1:{free_port()}/secret-topic"))
        assert told == "No connection could be made."

    def test_an_endless_answer_is_cut_off(self) -> None:
        with Receiver(Reply(body=b"x" * 5_000_000)) as receiver:
            send(parcel("webhook", receiver.url))

    def test_addresses_are_not_logged(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs, Receiver() as receiver:
            logging.getLogger("tests").debug("at least one line")
            send(parcel("webhook", f"{receiver.url}/secret-token-0001"))
        assert "secret-token" not in "\n".join(logs.output)


class WebhookTests(SimpleTestCase):
    def test_an_alert_is_a_signed_event(self) -> None:
        with Receiver() as receiver:
            send(parcel("webhook", receiver.url, secret=SECRET))
        (got,) = receiver.got
        event = got.json
        assert (event["type"], event["timestamp"]) == ("alert.risk_hold", AT.isoformat())
        assert event["data"]["about"] == "工作室"
        assert event["data"]["detail"] == {"code": "1015"}
        assert got.headers["webhook-id"] == "msg_1"
        signed = f"msg_1.{int(AT.timestamp())}.".encode() + got.body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert got.headers["webhook-signature"] == f"v1,{wanted}"


class GuardTests(SimpleTestCase):
    """Webhooks of API keys: their addresses may be named by strangers."""

    def to(self, url: str) -> Parcel:
        return parcel("webhook", url, is_guarded=True, secret=SECRET, payload={"id": "evt_1"})

    def test_private_addresses_are_not_posted_to(self) -> None:
        with Receiver() as receiver:
            for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/x"):
                with self.subTest(url):
                    assert failure(self.to(url)) == "The host has no public address."
            assert receiver.got == []

    def test_a_name_that_leads_to_a_private_address_is_not_posted_to(self) -> None:
        async def rebound(host: str, port: int) -> list[Any]:
            return [ip_address("127.0.0.1")]

        with Receiver() as receiver:
            port = receiver.netloc.rpartition(":")[2]
            url = f"http://hooks.example:{port}/"
            assert failure(self.to(url), policy=FetchPolicy(resolve=rebound)) == "The host has no public address."
            assert receiver.got == []

    def test_hosts_of_the_operators_list_are(self) -> None:
        with Receiver() as receiver, override_settings(JIMENG_FETCH_ALLOW_HOSTS=[receiver.netloc]):
            send(self.to(receiver.url + "/hook"))
        (got,) = receiver.got
        assert (got.path, got.json, got.headers["webhook-id"]) == ("/hook", {"id": "evt_1"}, "msg_1")
        assert got.headers["content-type"] == "application/json"

    def test_redirects_lead_nowhere(self) -> None:
        with Receiver() as other, Receiver(Reply(status=302, headers={"Location": other.url})) as receiver:
            policy = FetchPolicy(allow_hosts=frozenset({receiver.netloc}))
            assert failure(self.to(receiver.url), policy=policy) == "HTTP status 302"
            assert other.got == []


class MailTests(SimpleTestCase):
    def test_a_mail_arrives_under_its_lasting_id(self) -> None:
        with MailServer() as server, override_settings(**mail_settings(server.port)):
            send(parcel("email", "ops@example.com, boss@example.com"))
        (mail,) = server.mails
        assert "To: ops@example.com, boss@example.com" in mail
        assert "Message-ID: <msg_1@gateway.example>" in mail

    def test_without_a_mail_server_it_is_not_called_delivered(self) -> None:
        with override_settings(EMAIL_URL=""):
            assert "EMAIL_URL" in failure(parcel("email", "ops@example.com"))

    def test_a_mail_server_that_is_not_there_is_a_failure(self) -> None:
        with override_settings(**mail_settings(free_port())):
            assert failure(parcel("email", "ops@example.com")).startswith("The mail server did not take it")


def mail_settings(port: int) -> dict[str, Any]:
    return {
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "DEFAULT_FROM_EMAIL": "Gateway <gw@gateway.example>",
    }
