"""Which differences of balances say something of a price."""

from __future__ import annotations

from datetime import timedelta

from accounts import services
from accounts.services import Reading
from generation.models import Generation, Price
from generation.prices import prices_learn
from generation.specs import image_spec, video_spec
from tests.factories import make_account
from tests.generation.spending import LATER, PriceTestCase, seconds

Status = Generation.Status


class DifferenceTests(PriceTestCase):
    def test_pictures_of_one_kind_tell_their_price(self) -> None:
        self.made(4)
        self.made(2)
        assert self.learn(30)
        assert self.price() == (5, 1)

    def test_a_video_tells_its_price_by_its_seconds(self) -> None:
        self.made(spec=video_spec(model="jimeng-video-3.0", prompt="a cat", seconds=10))
        assert self.learn(24)
        assert (self.price("jimeng-video-3.0", "10"), self.price("jimeng-video-3.0", "5")) == ((24, 1), (10, 0))

    def test_beside_what_is_sure_another_price_is_told(self) -> None:
        Price.objects.filter(model="jimeng-4.5", variant="2k").update(credits=5, agreeing=2, samples=2)
        self.made(4)
        self.made(spec=video_spec(model="jimeng-video-3.0", prompt="a cat", seconds=5))
        assert self.learn(32)
        assert (self.price("jimeng-video-3.0", "5"), self.price()) == ((12, 1), (5, 2))

    def test_of_a_story_what_was_made_counts(self) -> None:
        self.made(spec=image_spec(model="jimeng-4.5", prompt="一个故事 6张"), files=5)
        assert self.learn(20)
        assert self.price() == (4, 1)

    def test_what_runs_still_was_charged_when_it_was_accepted(self) -> None:
        self.made(4, status=Status.SUBMITTED, finished_at=None, files=0)
        assert self.learn(20)
        assert self.price() == (5, 1)

    def test_what_is_not_clean_says_nothing(self) -> None:
        charged = {"status": Status.FAILED, "error_code": "generation_failed", "files": 0}
        for name, fields in {
            "paid back, perhaps": {**charged},
            "accepted before, failed between": {**charged, "at": seconds(-60), "finished_at": seconds(30)},
            "failed a moment before": {**charged, "at": seconds(-60), "finished_at": seconds(-2)},
            "nobody knows": {"status": Status.FAILED, "error_code": "outcome_unknown", "submitted_at": None},
            "on the wire": {"status": Status.SUBMITTING, "submitted_at": None, "finished_at": None},
            "just before the first": {"at": seconds(-2)},
            "just after the first": {"at": seconds(2)},
            "just before the second": {"at": LATER - timedelta(seconds=2)},
            "fewer than asked for": {"files": 3},
        }.items():
            with self.subTest(name):
                row = self.made(4, **fields)  # type: ignore[arg-type]  # one table for all
                assert not self.learn(20)
                row.delete()

    def test_what_was_not_charged_between_is_no_matter(self) -> None:
        self.made(4, at=seconds(-60))
        self.made(4, at=seconds(-3600), status=Status.FAILED, finished_at=seconds(-3000), files=0)
        self.made(1, account=make_account())
        self.made(1, status=Status.FAILED, submitted_at=None, files=0)  # refused
        self.made(2)
        assert self.learn(10)
        assert self.price() == (5, 1)

    def test_a_check_in_between_spoils_it(self) -> None:
        account_id, at = self.account.pk, seconds(90)
        self.made(2)
        services.account_checked_in(account_id=account_id, received=66, at=at)
        assert not self.learn(10)
        self.account.events.all().delete()
        services.account_check_in_failed(account_id=account_id, code="", detail="", at=at)
        assert not self.learn(10)
        self.account.events.all().delete()
        assert self.learn(10)

    def test_without_a_difference_or_a_reading_before_nothing_is_asked_of_the_database(self) -> None:
        self.made(4)
        with self.assertNumQueries(0):
            assert not self.learn(0)
            assert not self.learn(-3)
            last = Reading(gift=1, purchase=0, vip=0, lapses=(), at=LATER)
            assert not prices_learn(account_id=self.account.pk, before=None, after=last)

    def test_credits_that_somebody_else_has_spent_say_nothing(self) -> None:
        assert not self.learn(20)
