"""What the pool can still make today, and how pages say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase
from django.utils import translation

from accounts.models import Account
from generation import catalog
from generation.forecast import PoolForecast, forecast_sentence, pool_forecast
from tests.accounts.readings import TONIGHT
from tests.accounts.wants import AT
from tests.factories import make_account

Health, Reason = Account.Health, Account.RestReason
TOMORROW = TONIGHT + timedelta(days=1)


def lapsing(*parts: tuple[int, datetime]) -> dict[str, Any]:
    told = [{"credits": credits, "at": lapse.isoformat()} for credits, lapse in parts]
    return {"lapsing": told, "gift_expires_at": parts[0][1]}


def make_rich(gift: int = 0, purchase: int = 0, vip: int = 0, **over: Any) -> Account:
    parts = {"gift_credits": gift, "purchase_credits": purchase, "vip_credits": vip}
    return make_account(**{"health": Health.ALIVE, **parts, **over})


class ForecastTests(TestCase):
    def forecast(self, at: datetime = AT) -> PoolForecast:
        with self.assertNumQueries(1):
            return pool_forecast(at=at)

    def test_each_account_pays_for_its_own_pictures(self) -> None:
        make_rich(8)  # 2 pictures of 3 credits, no video of 10
        make_rich(8)
        make_rich(25, 10, 5)  # 13 pictures, 4 videos
        found = self.forecast()
        assert (found.gift, found.purchase, found.vip, found.credits) == (41, 10, 5, 56)
        assert (found.pictures, found.videos) == (2 + 2 + 13, 0 + 0 + 4)
        assert (found.accounts, found.unknown) == (3, 0)

    def test_what_was_spent_since_goes_from_gifts_then_member_then_bought_credits(self) -> None:
        for spent, parts in ((4, (6, 20, 30)), (15, (0, 20, 25)), (45, (0, 15, 0)), (99, (0, 0, 0))):
            with self.subTest(spent=spent):
                account = make_rich(10, 20, 30, spent_since_read=spent)
                found = self.forecast()
                assert (found.gift, found.purchase, found.vip) == parts
                account.delete()

    def test_what_lapses_today_is_told_and_gone_when_it_has(self) -> None:
        make_rich(76, **lapsing((66, TONIGHT), (5, TOMORROW)))
        make_rich(66, spent_since_read=60, **lapsing((66, TONIGHT)))
        make_rich(66)
        found = self.forecast()
        assert (found.lapsing, found.lapses_at, found.gift) == (66 + 6, TONIGHT, 76 + 6 + 66)
        tomorrow = self.forecast(TONIGHT + timedelta(minutes=10))
        assert (tomorrow.lapsing, tomorrow.lapses_at, tomorrow.gift) == (5, TOMORROW, 10 + 66)

    def test_only_accounts_count_that_can_serve_today(self) -> None:
        make_rich(3)
        away: tuple[dict[str, Any], ...] = (
            {"enabled": False},
            {"source": Account.Source.PASSTHROUGH},
            {"health": Health.EXPIRED},
            {"health": Health.RESTING, "rest_reason": Reason.RISK_HOLD, "rest_until": TONIGHT + timedelta(hours=1)},
        )
        for fields in away:
            make_rich(100, **fields)
        assert (self.forecast().credits, self.forecast().accounts) == (3, 1)
        make_rich(100, health=Health.RESTING, rest_reason=Reason.BUSY, rest_until=AT + timedelta(minutes=1))
        dry: dict[str, Any] = {
            "health": Health.RESTING,
            "rest_reason": Reason.NO_CREDITS,
            "rest_until": TONIGHT + timedelta(hours=1),
        }
        make_rich(2, **dry)  # is there, and has too little
        assert (self.forecast().credits, self.forecast().accounts) == (105, 3)

    def test_a_balance_that_was_never_read_is_not_guessed(self) -> None:
        make_account(health=Health.UNKNOWN)
        make_rich(30)
        found = self.forecast()
        assert (found.accounts, found.unknown, found.credits) == (2, 1, 30)

    def test_learned_prices_count(self) -> None:
        self.addCleanup(catalog.prices_use, {})
        make_rich(30)
        catalog.prices_use({("jimeng-4.5", "2k"): 5, ("jimeng-video-3.0", "5"): 15})
        assert (self.forecast().pictures, self.forecast().videos) == (6, 2)

    def test_a_day_is_that_of_shanghai(self) -> None:
        just_before = datetime(2026, 11, 22, 15, 59, 58, tzinfo=UTC)
        assert self.forecast(just_before).lapses_at == TONIGHT
        assert self.forecast(just_before + timedelta(seconds=2)).lapses_at == TOMORROW


class SentenceTests(TestCase):
    def sentence(self, language: str = "en") -> str:
        with translation.override(language):
            return forecast_sentence(pool_forecast(at=AT))

    def test_a_pool_that_has_something(self) -> None:
        make_rich(30)
        assert self.sentence() == "Enough for about 10 pictures at 2k or 3 videos of 5 s today."

    def test_large_numbers_are_grouped(self) -> None:
        make_rich(30_000)
        assert self.sentence() == "Enough for about 10,000 pictures at 2k or 3,000 videos of 5 s today."

    def test_what_lapses_is_said(self) -> None:
        make_rich(10, **lapsing((7, TONIGHT)))
        words = "Enough for about 3 pictures at 2k or 1 video of 5 s today; 7 credits lapse at 23:59."
        assert self.sentence() == words

    def test_a_pool_that_has_nothing(self) -> None:
        assert self.sentence() == "No account can serve today."
        make_account()
        assert self.sentence() == "No balance is known yet."
        make_rich(0)
        assert self.sentence() == "Enough for about 0 pictures at 2k or 0 videos of 5 s today."
