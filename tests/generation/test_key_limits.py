"""What an API key may ask for: requests a minute, generations at once, credits a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings

from accounts.errors import KeyLimitError, KeyOutOfCredits, KeyRateLimited, KeyTooBusy
from accounts.models import ApiKey
from generation import services
from generation.engine.births import Birth, store_new
from generation.models import Generation
from generation.services import Ask, Caller
from generation.specs import image_spec
from tests.factories import make_api_key, make_generation

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Status = Generation.Status


def birth(key: ApiKey | None, *, at: datetime = NOON, parts: int = 1, credits: int = 3) -> Birth:
    rows = [
        Generation(
            api_key=key,
            kind="image",
            model="jimeng-4.5",
            prompt="a cat",
            spec=image_spec(model="jimeng-4.5", prompt="a cat").to_json(),
            request_hash="0" * 64,
            credits_estimated=credits,
            created_at=at,
            deadline_at=at + timedelta(hours=1),
        )
        for _ in range(parts)
    ]
    if parts > 1:
        for row in rows:
            row.group_id = rows[0].public_id
    return Birth(rows=rows)


def born(*births: Birth) -> list[bool]:
    """Which of these were let in."""
    return [isinstance(answer, list) for answer in store_new(births)]


def refused(request: Birth) -> KeyLimitError:
    (answer,) = store_new([request])
    assert isinstance(answer, KeyLimitError)
    return answer


def finished(key: ApiKey, **over: Any) -> Generation:
    return make_generation(**{"api_key": key, "created_at": NOON, "finished_at": NOON} | over)


class RequestsAMinuteTests(TestCase):
    def test_those_of_one_batch_are_counted_one_by_one(self) -> None:
        key = make_api_key(requests_per_minute=3)
        assert born(*[birth(key) for _ in range(5)]) == [True, True, True, False, False]
        assert Generation.objects.count() == 3

    def test_a_group_is_one_request(self) -> None:
        key = make_api_key(requests_per_minute=2)
        assert born(birth(key, parts=2), birth(key, parts=2), birth(key)) == [True, True, False]

    def test_limits_of_any_size_are_counted(self) -> None:
        key = make_api_key(requests_per_minute=150)
        assert sum(born(*[birth(key, at=NOON + timedelta(milliseconds=each)) for each in range(149)])) == 149
        last = birth(key, at=NOON + timedelta(seconds=1))
        assert born(last, birth(key, at=NOON + timedelta(seconds=1))) == [True, False]
        assert refused(birth(key, at=NOON + timedelta(seconds=30))).retry_after_s == 30

    def test_the_window_slides(self) -> None:
        key = make_api_key(requests_per_minute=2)
        for second in (0, 20):
            born(birth(key, at=NOON + timedelta(seconds=second)))
        error = refused(birth(key, at=NOON + timedelta(seconds=50)))
        assert isinstance(error, KeyRateLimited)
        assert error.retry_after_s == 10  # the first one falls out after 60 s
        assert born(birth(key, at=NOON + timedelta(seconds=60))) == [True]
        assert born(birth(key, at=NOON + timedelta(seconds=61))) == [False]

    def test_how_much_is_left_is_told(self) -> None:
        key = make_api_key(requests_per_minute=2)
        first, second = birth(key), birth(key, at=NOON + timedelta(seconds=15))
        born(first)
        born(second)
        told = [(each.allowance.remaining, each.allowance.reset_s) for each in (first, second) if each.allowance]
        assert told == [(1, 60), (0, 45)]
        error = refused(birth(key, at=NOON + timedelta(seconds=20)))
        assert error.allowance is not None
        assert (error.allowance.limit, error.allowance.remaining, error.allowance.reset_s) == (2, 0, 40)

    def test_other_keys_and_pages_have_their_own(self) -> None:
        key, other = make_api_key(requests_per_minute=1), make_api_key(requests_per_minute=1)
        assert born(birth(key), birth(other), birth(None), birth(key), birth(None)) == [True, True, True, False, True]

    def test_keys_without_limits_cost_no_query(self) -> None:
        request = birth(make_api_key())
        with self.assertNumQueries(5):  # savepoint, what waits, one row, one event, savepoint
            born(request)


class GenerationsAtOnceTests(TestCase):
    def test_open_requests_are_counted_and_those_that_ended_are_not(self) -> None:
        key = make_api_key(concurrent_generations=2)
        make_generation(api_key=key, status=Status.SUBMITTED)
        finished(key)
        assert born(birth(key), birth(key)) == [True, False]
        error = refused(birth(key))
        assert isinstance(error, KeyTooBusy)
        assert error.safe_to_repeat
        Generation.objects.filter(status=Status.SUBMITTED).delete()
        assert born(birth(key)) == [True]

    def test_a_group_is_one(self) -> None:
        key = make_api_key(concurrent_generations=2)
        assert born(birth(key, parts=3), birth(key, parts=3), birth(key)) == [True, True, False]

    def test_those_of_others_do_not_count(self) -> None:
        make_generation(api_key=make_api_key(), status=Status.QUEUED)
        assert born(birth(make_api_key(concurrent_generations=1))) == [True]


class CreditsADayTests(TestCase):
    def test_what_has_spent_and_may_still_spend_counts(self) -> None:
        key = make_api_key(credits_per_day=20)
        finished(key, credits_estimated=4)
        finished(key, credits_estimated=4, status=Status.FAILED, history_record_id="1")  # accepted by Jimeng
        finished(key, credits_estimated=4, status=Status.FAILED, error_code="outcome_unknown")
        make_generation(api_key=key, created_at=NOON, credits_estimated=4, status=Status.QUEUED)
        finished(key, credits_estimated=100, status=Status.FAILED, error_code="accounts_busy")
        finished(key, credits_estimated=100, status=Status.CANCELLED)
        assert born(birth(key, credits=3), birth(key, credits=2), birth(key, credits=1)) == [True, False, True]

    @override_settings(TIME_ZONE="Asia/Shanghai")
    def test_a_new_day_begins_in_the_time_zone_of_the_gateway(self) -> None:
        key = make_api_key(credits_per_day=5)
        evening = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
        assert born(birth(key, at=evening, credits=5), birth(key, at=evening, credits=1)) == [True, False]
        error = refused(birth(key, at=evening, credits=1))
        assert isinstance(error, KeyOutOfCredits)
        assert not error.safe_to_repeat
        assert "5 credits a day: 5 are spent" in error.detail
        assert "needs 1. The day ends at 2026-11-23 00:00 CST" in error.detail
        assert born(birth(key, at=evening + timedelta(minutes=1), credits=5)) == [True]

    def test_the_sum_stays_right_while_generations_end_in_any_order(self) -> None:
        key = make_api_key(credits_per_day=10)
        opened = [make_generation(api_key=key, created_at=NOON, credits_estimated=2, status="queued") for _ in "abc"]
        assert not born(birth(key, credits=5))[0]
        self.end(opened[1], Status.SUCCEEDED)
        assert not born(birth(key, credits=5))[0]
        self.end(opened[0], Status.CANCELLED)
        assert not born(birth(key, credits=7))[0]  # two of the others are under way or spent: 4
        self.end(opened[2], Status.FAILED, error_code="accounts_busy")
        assert born(birth(key, credits=9))[0] is False
        assert born(birth(key, credits=8))[0] is True

    def end(self, row: Generation, status: str, **over: Any) -> None:
        accepted = {"history_record_id": "1", "submit_id": "00000000-0000-0000-0000-000000000001"}
        changes = {"status": status, "finished_at": NOON, **over}
        Generation.objects.filter(pk=row.pk).update(**changes, **(accepted if status == Status.SUCCEEDED else {}))

    def test_a_long_history_is_not_read_again(self) -> None:
        key = make_api_key(credits_per_day=5)
        for day in range(200, 0, -1):
            finished(key, created_at=NOON - timedelta(days=day), credits_estimated=1)
        assert born(birth(key, credits=5)) == [True]
        with self.assertNumQueries(6):  # savepoint, the key, what is open, what is spent, what waits, savepoint
            assert born(birth(key, credits=1)) == [False]


class SubmitTests(TestCase):
    def submit(self, key: ApiKey, prompt: str = "a cat", **over: Any) -> tuple[Generation, ...]:
        ask = Ask(spec=image_spec(model="jimeng-4.5", prompt=prompt), requested={}, **over)
        return async_to_sync(services.generation_submit)(ask=ask, caller=Caller(api_key=key)).generations

    def test_repetitions_are_never_refused_nor_counted(self) -> None:
        key = make_api_key(requests_per_minute=1, concurrent_generations=1, credits_per_day=3)
        (first,) = self.submit(key, idempotency_key="once")
        (again,) = self.submit(key, idempotency_key="once")
        assert first.pk == again.pk
        with pytest.raises(KeyRateLimited):
            self.submit(key, idempotency_key="twice")

    def test_a_retry_of_what_was_refused_is_not_taken_for_an_older_request(self) -> None:
        key = make_api_key(requests_per_minute=1)
        (first,) = self.submit(key, "a dog that no other test asks for")
        caller = Caller(api_key=key)

        def found() -> Any:
            return async_to_sync(services.generation_find)(
                caller=caller, request_hash=first.request_hash, key=None, is_retry=True
            )

        with pytest.raises(KeyRateLimited):
            self.submit(key, first.prompt)
        services.note_answer([first])  # somebody has got it
        assert found() is None
        assert found() is not None
