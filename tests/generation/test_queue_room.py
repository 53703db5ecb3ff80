"""Who may still wait when the queue is nearly full, and when the others are to come again."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.models import ApiKey
from generation.engine.births import Birth, store_new
from generation.models import Generation
from generation.specs import image_spec
from tests.factories import make_api_key, make_generation

Status = Generation.Status


def birth(key: ApiKey, count: int = 1) -> Birth:
    spec = image_spec(model="jimeng-4.5", prompt="a cat")
    now = timezone.now()
    return Birth(
        rows=[
            Generation(
                api_key=key,
                owner=f"key:{key.pk}",
                kind="image",
                model=spec.model,
                prompt=spec.prompt,
                spec=spec.to_json(),
                request_hash=spec.fingerprint(),
                created_at=now,
                deadline_at=now + timedelta(minutes=1),
            )
            for _ in range(count)
        ]
    )


def accepted(*births: Birth) -> list[bool]:
    return [not isinstance(answer, PoolBusy) for answer in store_new(births)]


@override_settings(JIMENG_QUEUE_LIMIT=40)  # two of them are kept
class RoomTests(TestCase):
    def setUp(self) -> None:
        self.greedy, self.modest = make_api_key(), make_api_key()

    def test_one_caller_cannot_fill_the_queue(self) -> None:
        assert accepted(*(birth(self.greedy) for _ in range(40))) == [True] * 38 + [False] * 2
        assert accepted(birth(self.greedy)) == [False]
        assert accepted(birth(self.modest), birth(self.greedy), birth(self.modest)) == [True, False, True]
        assert accepted(birth(self.modest)) == [False]
        assert Generation.objects.waiting().count() == 40

    def test_a_request_is_taken_whole_or_not_at_all(self) -> None:
        assert accepted(birth(self.greedy, 37), birth(self.greedy, 2), birth(self.greedy)) == [True, False, True]
        assert Generation.objects.waiting().count() == 38

    @override_settings(JIMENG_QUEUE_LIMIT=5)
    def test_a_small_queue_takes_exactly_its_limit(self) -> None:
        assert accepted(*(birth(self.greedy) for _ in range(6))) == [True] * 5 + [False]

    def test_who_waits_is_counted_by_owner_only_when_it_is_nearly_full(self) -> None:
        store_new([birth(self.greedy)])
        # a savepoint, the count, a generation and its event
        with self.assertNumQueries(5):
            store_new([birth(self.greedy)])

    def test_the_others_are_told_when_a_twentieth_is_worked_off(self) -> None:
        for ended, seconds in ((0, 10), (4, 30), (120, 1)):  # two at 4 a minute: 30 s; never at once
            with self.subTest(ended=ended):
                Generation.objects.all().delete()
                for _ in range(ended):
                    make_generation()
                make_generation(finished_at=timezone.now() - timedelta(minutes=2))
                (answer,) = store_new([birth(self.greedy, 41)])
                assert isinstance(answer, PoolBusy)
                assert answer.retry_after_s == seconds
