"""What it would cost and who would serve it: true as of now, quick, and nothing changes by asking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account, Lease
from generation.models import Generation
from tests.factories import make_account, make_generation
from tests.generation.creating import CreatePageCase, handle


class EstimateTests(CreatePageCase):
    def estimate(self, client: Client | None = None, **fields: Any) -> Any:
        given = {"prompt": "a cat", **fields}
        answer = (client or self.client).post("/create/estimate/", given)
        assert answer.status_code == 200
        return answer.context["estimate"]

    def rest(self, **over: Any) -> None:
        Account.objects.update(health=Account.Health.RESTING, rest_until=timezone.now() + timedelta(**over))

    def test_it_tells_the_price_and_what_is_made(self) -> None:
        cases: tuple[tuple[dict[str, Any], str, str], ...] = (
            ({}, "≈ 3 credits", "1 picture, 2048 × 2048"),
            ({"resolution": "4k", "count": "2"}, "≈ 12 credits", "2 pictures, 4096 × 4096"),
            ({"prompt": "故事，4张"}, "≈ 12 credits", "4 pictures, 2048 × 2048"),
            ({"prompt": "故事，4张", "count": "1"}, "≈ 3 credits", "1 picture, 2048 × 2048"),
            ({"count": "10"}, "≈ 30 credits", "10 pictures, 2048 × 2048, in two goes"),
            ({"kind": "video"}, "≈ 10 credits", "1 video of 5 s, 1280 × 720"),
            ({"model": "jimeng-3.1", "resolution": "1k"}, "≈ 1 credit", "1 picture, 1024 × 1024"),
        )
        for fields, price, makes in cases:
            with self.subTest(fields):
                found = self.estimate(**fields)
                assert (found.price, found.makes) == (price, makes)

    def test_it_needs_no_prompt(self) -> None:
        assert self.estimate(prompt="").mood == "good"

    def test_staff_see_who_would_serve_it_and_why(self) -> None:
        found = self.estimate()
        assert found.verdict == "Would start at once with the only account: no other could take it."
        assert found.has == "the pool has 100 credits"

    def test_other_people_see_neither_accounts_nor_credits(self) -> None:
        client = self.as_person()
        found = self.estimate(client)
        assert (found.verdict, found.has) == ("Would start at once.", "")
        self.rest(hours=2)
        page = client.post("/create/estimate/", {"prompt": "a cat"}).content.decode()
        assert "all accounts rest" in page
        assert "the only account" not in page
        assert "100 credits" not in page

    def test_it_tells_why_it_would_wait(self) -> None:
        self.rest(seconds=90)
        found = self.estimate()
        assert found.mood == "warn"
        assert "Would wait about 1 min" in found.verdict
        assert found.reasons[0][0] == "the only account"
        Account.objects.update(health=Account.Health.ALIVE, rest_until=None, concurrency_cap=1)
        Lease.objects.create(account=self.account, holder="gen_0", taken_at=timezone.now())
        assert "until a place comes free" in self.estimate().verdict

    def test_it_tells_who_is_before_it(self) -> None:
        make_generation(status=Generation.Status.QUEUED)
        assert self.estimate().verdict == "Would wait for its turn: 1 is before it."

    def test_it_tells_why_it_would_fail(self) -> None:
        cases: tuple[tuple[dict[str, Any], str], ...] = (
            ({"gift_credits": 1}, "no account has the credits"),
            ({"health": Account.Health.EXPIRED}, "have expired"),
            ({"enabled": False}, "no account that may serve it"),
        )
        for change, words in cases:
            with self.subTest(words):
                Account.objects.all().delete()
                make_account(**(dict[str, Any](gift_credits=100) | change))
                found = self.estimate()
                assert found.mood == "bad"
                assert words in found.verdict

    def test_the_accounts_and_limits_of_the_key_count(self) -> None:
        self.key.allowed_tags = ["nobody has it"]
        self.key.credits_per_day = 2
        self.key.save()
        assert "credits of today" in self.estimate(key=handle(self.key)).verdict
        self.key.credits_per_day = None
        self.key.save()
        assert "no account that may serve it" in self.estimate(key=handle(self.key)).verdict
        assert self.estimate().mood == "good"

    def test_what_is_not_possible_is_told(self) -> None:
        found = self.estimate(seed="-1")
        assert (found.mood, found.price) == ("bad", "")
        assert "seed" in found.verdict

    def test_it_changes_nothing_and_asks_little(self) -> None:
        for number in range(30):
            make_account(name=f"account {number}", gift_credits=100)
        self.estimate()
        before = list(Account.objects.values())
        with self.assertNumQueries(7):
            self.estimate(input="forged")
        assert list(Account.objects.values()) == before
        assert not Generation.objects.exists()
        assert not Lease.objects.exists()
