"""What happened to an account is told in sentences, in both languages."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase
from django.utils import translation

from accounts.event_words import EVENT_COLOURS, SENTENCES, sentence
from accounts.models import AccountEvent

Kind = AccountEvent.Kind


class EventWordsTests(SimpleTestCase):
    def test_each_kind_has_a_sentence_and_a_colour(self) -> None:
        assert set(SENTENCES) == set(EVENT_COLOURS) == set(Kind)

    def test_a_sentence_needs_no_fact_and_never_shows_a_placeholder(self) -> None:
        for language in ("en", "zh-hans"):
            for kind in Kind:
                with self.subTest(kind, language=language), translation.override(language):
                    words = sentence(AccountEvent(kind=kind))
                    assert words
                    assert "%(" not in words
                    assert "{" not in words

    def test_facts_are_told(self) -> None:
        rest = {"reason": "risk_hold", "until": "2026-11-20T12:00:00+00:00", "code": "1019", "text": "shark"}
        table: list[tuple[str, dict[str, Any], str]] = [
            (Kind.RESTED, rest, "Rests until 2026-11-20 20:00: held by risk control. (1019 · shark)"),
            (Kind.EXPIRED, {"lived_s": 86_400 * 12.2}, "Its login has expired. It had lasted 12 days."),
            (
                Kind.BARRED,
                {"model": "jimeng-4.5/4k", "until": rest["until"], "code": "5000"},
                "Not tried for jimeng-4.5 · 4k until 2026-11-20 20:00: Jimeng refused it. (5000)",
            ),
            (Kind.CHECKED_IN, {"credits": 1, "result": "received"}, "Checked in: 1 credit received."),
            (Kind.CHECKED_IN, {"result": "already"}, "Checked in: today's gift had been received before."),
            (Kind.CHECK_IN_FAILED, {"code": "1015", "text": "login"}, "The check-in failed. (1015 · login)"),
            (
                Kind.MERGED,
                {"name": "second"},
                "second turned out to be the same Jimeng user: both are one now, with the newer login.",
            ),
            (Kind.PROXY_TESTED, {"ms": 120}, "Its proxy was tested: an answer after 120 ms."),
            (Kind.PROXY_TESTED, {"error": "refused"}, "Its proxy was tested and failed: refused."),
        ]
        for kind, detail, words in table:
            with self.subTest(kind):
                assert sentence(AccountEvent(kind=kind, detail=detail)) == words
