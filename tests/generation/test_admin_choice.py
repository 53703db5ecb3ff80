"""Why this account, why none, why does it wait: answered on the page of a generation."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from django.test import SimpleTestCase
from django.utils import timezone

from accounts.choice import Behind, Edge, Hurdle
from accounts.models import Account, Lease
from accounts.rotation import FailureClass
from accounts.services import account_failed
from generation.choice_words import CHOSEN, COULD_NOT, STOOD_BEHIND, passed_over_rows
from generation.engine.claims import claim
from generation.models import Generation, GenerationEvent
from tests.factories import make_api_key, make_generation
from tests.generation.jimeng import make_alive
from tests.generation.test_admin_generations import AdminTestCase, detail_url
from tests.generation.test_desk import want_of

Status, Kind = Generation.Status, GenerationEvent.Kind


class WordsTests(SimpleTestCase):
    def test_each_reason_has_words(self) -> None:
        assert (set(CHOSEN), set(COULD_NOT), set(STOOD_BEHIND)) == (set(Edge), set(Hurdle), set(Behind))

    def test_those_without_a_name_are_counted(self) -> None:
        at = timezone.now()
        rows = passed_over_rows(
            {
                "passed_over": [
                    {"why": "expired", "accounts": [(1, "dead", None)], "more": 2},
                    {"why": "no_credits", "needs": 3, "accounts": [(2, "dry", 1)], "more": 1},
                    {"why": "used_later", "accounts": [], "more": 30},
                ]
            },
            at=at,
        )
        assert [(row["id"], row["name"], row["why"]) for row in rows] == [
            (1, "dead", "its login has expired"),
            (None, "2 others", "its login has expired"),
            (2, "dry", "has 1 credit, 3 are needed"),
            (None, "1 other", "has too few credits"),
            (None, "30 accounts", "was used more recently"),
        ]


class ChoicePanelTests(AdminTestCase):
    def text(self, generation: Generation) -> str:
        """The page's words, without tags."""
        page = self.page(detail_url(generation)).split('id="content"')[1]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())

    def held(self, name: str) -> Account:
        account = make_alive(name=name)
        at = timezone.now()
        account_failed(account_id=account.pk, failure=FailureClass.RISK_HOLD, code="1019", detail="no", at=at)
        account.refresh_from_db()
        return account

    def test_it_says_why_this_account_and_why_not_each_of_the_others(self) -> None:
        make_alive(name="dead", health=Account.Health.EXPIRED)
        held = self.held("held")
        make_alive(name="dry", gift_credits=2, checked_in_on=timezone.localdate())
        make_alive(name="paid", gift_credits=0, vip_credits=500)
        make_alive(name="chosen")
        generation = make_generation(status=Status.QUEUED)
        claim([want_of(generation)], at=timezone.now())
        text = self.text(generation)
        assert held.rest_until is not None
        until = f"{timezone.localtime(held.rest_until):%H:%M}"
        for words in (
            "Why this account? chosen: its gift credits pay for it, so that paid ones are kept",
            "dead its login has expired",
            f"held rests: held by risk control, until {until}",
            "paid would spend paid credits",
            "Given to the account chosen, attempt 1: its gift credits pay for it, so that paid ones are kept.",
        ):
            assert words in text, words
        assert "passed_over" not in text  # no raw JSON

    def test_it_says_why_there_was_none(self) -> None:
        dead = make_alive(name="dead")
        generation = make_generation(status=Status.FAILED, error_code="upstream_login_expired")
        decision = {"passed_over": [{"why": "expired", "accounts": [[dead.pk, "dead", None]]}]}
        GenerationEvent.objects.create(
            generation=generation,
            kind=Kind.FAILED,
            at=timezone.now(),
            detail={"code": "upstream_login_expired", "decision": decision},
        )
        assert (
            "Why no account? the login has expired, no other was left; nothing was spent dead its login has expired"
            in self.text(generation)
        )

    def test_it_says_what_one_waits_for_now(self) -> None:
        full = make_alive(name="full", concurrency_cap=1)
        Lease.objects.create(account=full, holder="gen_other", taken_at=timezone.now())
        make_alive(name="others", tags=["team-b"])
        waiting = make_generation(status=Status.QUEUED)
        assert "Why does it wait? The account others could take it now." in self.text(waiting)
        key = make_api_key()
        key.allowed_accounts.set([full])
        bound = make_generation(status=Status.QUEUED, api_key=key)
        text = self.text(bound)
        assert "Why does it wait? Nobody can take it now" in text
        assert "full serves as many generations as it may others this API key may not use it" in text
        assert not Lease.objects.exclude(holder="gen_other").exists()

    def test_one_that_will_be_refused_says_so(self) -> None:
        make_alive(name="dead", health=Account.Health.EXPIRED)
        assert "Why does it wait? the login has expired" in self.text(make_generation(status=Status.QUEUED))

    def test_names_are_escaped(self) -> None:
        make_alive(name="<script>alert(1)</script>", health=Account.Health.EXPIRED)
        page = self.page(detail_url(make_generation(status=Status.QUEUED)))
        assert "<script>alert(1)" not in page

    def test_older_generations_have_no_such_panel(self) -> None:
        assert "Why this account?" not in self.text(make_generation())

    def test_its_queries_do_not_grow_with_the_accounts(self) -> None:
        generation = make_generation(status=Status.QUEUED, api_key=make_api_key())
        self.client.get(detail_url(generation))  # fills the process's memory of content types
        for _ in range(3):
            make_alive(rest_until=timezone.now() + timedelta(hours=1))
        # session, user, generation, media, inputs, events; key, accounts, leases
        with self.assertNumQueries(9):
            self.client.get(detail_url(generation))
