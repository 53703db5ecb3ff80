"""What alerts say, and which addresses channels take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import SimpleTestCase, override_settings
from django.utils import translation

from accounts.alert_reasons import REASONS
from accounts.alert_words import ADVICE, HEADLINES, URGENCY, AlertFacts, message_of
from accounts.channels import TARGET_HINTS, InvalidTarget, clean_secret, clean_target, new_webhook_secret, target_label
from accounts.models import AlertChannel, AlertKind
from tests.accounts.channels import TARGETS

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)  # noon in Shanghai


def facts(kind: str, **over: Any) -> AlertFacts:
    since = (AT - timedelta(hours=2)).isoformat()
    given = {"phase": "raised", "subject": "account:7", "label": "studio", "detail": {}, "count": 3, "since": since}
    return AlertFacts(**{"kind": kind, "at": AT.isoformat(), **given, **over})  # type: ignore[typeddict-item]


def words(kind: str, **over: Any) -> str:
    message = message_of(facts(kind, **over))
    return "\n".join([message.title, message.text])


class MessageTests(SimpleTestCase):
    def test_every_kind_has_all_its_words(self) -> None:
        for table in (HEADLINES, ADVICE, REASONS, URGENCY):
            assert set(table) == set(AlertKind)

    def test_a_message_says_what_which_why_since_when_and_what_to_do(self) -> None:
        for kind, detail, wanted in (
            ("account_expired", {"code": "1015"}, ["studio", "1015", "2026-11-25 10:00:00", "new sessionid"]),
            ("account_expired", {"code": "unreadable"}, ["JIMENG_ENCRYPTION_KEYS"]),
            ("account_expiring", {"ends_at": "2026-11-26T04:00:00+00:00"}, ["studio", "11-26 12:00", "Renew"]),
            ("risk_hold", {"code": "1", "until": "2026-11-25T06:00:00+00:00"}, ["studio", "until 14:00"]),
            ("credits_low", {"credits": 12, "limit": 100}, ["12 credits", "100", "Buy credits"]),
            (
                "pool_empty",
                {"accounts": 3, "expired": 1, "resting": 0, "dry": 2},
                ["pool: 3", "expired: 1 · out of credits: 2"],
            ),
            ("engine_stalled", {"silent_s": 130, "holder": "box:7"}, ["130 s", "box:7", "restart"]),
            ("test", {}, ["test of the channel studio"]),
        ):
            with self.subTest(kind=kind, detail=detail):
                said = words(kind, detail=detail)
                assert [each for each in wanted if each not in said] == []
                assert "None" not in said
                assert "{" not in said

    def test_a_title_is_one_line_whatever_the_name(self) -> None:
        title = message_of(facts("risk_hold", label="studio\r\nBcc: all@example.com")).title
        assert title == "Jimeng gateway: risk control holds studio Bcc: all@example.com"

    def test_facts_that_are_missing_are_left_out(self) -> None:
        for kind in AlertKind:
            with self.subTest(kind):
                assert "None" not in words(kind)

    def test_later_messages_say_that_it_is_still_so_or_over(self) -> None:
        assert "Still so, since 2026-11-25 10:00:00." in words("risk_hold", phase="again")
        over = message_of(facts("risk_hold", phase="over"))
        assert over.title == "Jimeng gateway: Over: risk control holds studio"
        assert over.urgency < URGENCY["risk_hold"]
        assert "It lasted 2" in over.text

    def test_it_links_to_the_page_when_the_gateway_knows_its_address(self) -> None:
        assert message_of(facts("risk_hold")).url == ""
        with override_settings(PUBLIC_BASE_URL="https://gw.example"):
            for subject, page in (
                ("account:7", "/admin/accounts/account/7/change/"),
                ("pool", "/admin/accounts/account/"),
                ("engine", "/admin/"),
            ):
                with self.subTest(subject):
                    assert message_of(facts("risk_hold", subject=subject)).url == f"https://gw.example{page}"

    def test_it_speaks_chinese(self) -> None:
        with translation.override("zh-hans"):
            for kind in AlertKind:
                with self.subTest(kind):
                    said = words(kind, detail={"code": "1", "credits": 1, "limit": 2, "accounts": 1, "dry": 1})
                    assert "网关" in said.splitlines()[0]
                    assert "account" not in said.lower().replace("jimeng", "")


class TargetTests(SimpleTestCase):
    def test_every_kind_says_what_it_wants(self) -> None:
        assert set(TARGET_HINTS) == set(AlertChannel.Format)

    def test_labels_show_no_secret(self) -> None:
        for medium, wanted in (
            ("email", "ops@example.com"),
            ("webhook", "hooks.example"),
            ("dingtalk", "oapi.dingtalk.example"),
            ("telegram", "-1001234"),
            ("ntfy", "ntfy.example"),
        ):
            with self.subTest(medium):
                assert target_label(medium, TARGETS[medium]) == wanted
        assert target_label("ntfy", "http://user:pw@10.0.0.5:8080/topic") == "10.0.0.5:8080"

    def test_addresses_that_work_are_taken(self) -> None:
        for medium, given, wanted in (
            ("email", " a@b.example；c@d.example ", "a@b.example, c@d.example"),
            ("webhook", "http://10.0.0.5:8080/x\n", "http://10.0.0.5:8080/x"),
            ("telegram", "123:AB_c-d@@news", "123:AB_c-d@@news"),
            ("telegram", "http://tg.local:81/bot123:ABC@-100", "http://tg.local:81/bot123:ABC@-100"),
        ):
            with self.subTest(given):
                assert clean_target(medium, given) == wanted

    def test_addresses_that_can_not_work_are_refused_without_being_repeated(self) -> None:
        for medium, given in (
            ("email", ""),
            ("email", "ops"),
            ("webhook", "ftp://x.example/secret"),
            ("webhook", "https:///secret"),
            ("webhook", "https://x.example/a secret"),
            ("webhook", "https://x.example:99999/secret"),
            ("ntfy", "https://ntfy.sh/"),
            ("telegram", "secret@-100"),
            ("telegram", "123:secret"),
        ):
            with self.subTest(medium=medium, given=given), pytest.raises(InvalidTarget) as caught:
                clean_target(medium, given)
            assert "secret" not in str(caught.value)

    def test_only_webhooks_ask_for_a_certain_secret(self) -> None:
        fresh = new_webhook_secret()
        assert clean_secret("webhook", f" {fresh} ") == fresh
        assert clean_secret("dingtalk", "SECx") == "SECx"
        assert clean_secret("webhook", "") == ""
        with pytest.raises(InvalidTarget):
            clean_secret("webhook", "SECx")
