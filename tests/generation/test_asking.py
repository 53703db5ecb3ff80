"""The door to generations: storing a request once, waiting for it, and seeing only one's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.models import ApiKey
from generation import errors, services
from generation.models import Generation, GenerationEvent
from generation.services import Ask, Caller
from generation.specs import ImageSpec, image_spec
from tests.factories import make_account, make_api_key, make_generation
from tests.generation.moves import events, make_held

Status = Generation.Status


def cat(**over: Any) -> ImageSpec:
    return image_spec(**{"model": "jimeng-4.5", "prompt": "a cat", **over})


def submit(spec: ImageSpec, caller: Caller | None = None, **over: Any) -> list[Generation]:
    ask = Ask(spec=spec, requested={"n": spec.count}, **over)
    return list(async_to_sync(services.generation_submit)(ask=ask, caller=caller or Caller()).generations)


class SubmitTests(TestCase):
    @override_settings(JIMENG_IMAGE_DEADLINE_S=60.0)
    def test_a_request_is_stored_as_it_was_asked(self) -> None:
        key = make_api_key()
        spec = cat(count=2, seed=7)
        (row,) = submit(spec, Caller(api_key=key, client="x" * 200))
        stored = Generation.objects.get()
        assert (stored.pk, stored.public_id, stored.status) == (row.pk, row.public_id, Status.QUEUED)
        assert (ImageSpec.from_json(stored.spec), stored.request_hash) == (spec, spec.fingerprint())
        assert (stored.api_key, stored.client, stored.requested) == (key, "x" * 120, {"n": 2})
        assert (stored.credits_estimated, stored.group_id, stored.account_ids) == (6, "", None)
        assert stored.deadline_at - stored.created_at == timedelta(seconds=60)
        assert events(stored) == ["created"]

    def test_more_pictures_than_one_submission_makes_are_a_group(self) -> None:
        rows = submit(cat(count=10))
        assert [row.spec["count"] for row in rows] == [5, 5]
        assert {row.group_id for row in rows} == {rows[0].public_id}
        assert {row.request_hash for row in rows} == {cat(count=10).fingerprint()}
        assert [row.credits_estimated for row in rows] == [15, 15]
        assert GenerationEvent.objects.count() == 2

    @override_settings(JIMENG_QUEUE_LIMIT=2)
    def test_a_full_queue_takes_no_more(self) -> None:
        make_generation(status=Status.QUEUED)
        make_generation(status=Status.RUNNING)  # is not waiting
        submit(cat())
        with pytest.raises(PoolBusy, match="full") as raised:
            submit(cat())
        assert raised.value.retry_after_s == 10
        assert Generation.objects.waiting().count() == 2


class IdempotencyTests(TestCase):
    def setUp(self) -> None:
        self.key = make_api_key()

    def submit(self, spec: ImageSpec, key: ApiKey | None = None, idempotency_key: str = "once") -> list[int]:
        rows = submit(spec, Caller(api_key=key or self.key), idempotency_key=idempotency_key)
        return [row.pk for row in rows]

    def test_the_same_request_is_stored_once(self) -> None:
        assert self.submit(cat()) == self.submit(cat())
        assert Generation.objects.count() == GenerationEvent.objects.count() == 1

    def test_a_group_is_found_again_whole(self) -> None:
        assert self.submit(cat(count=10)) == self.submit(cat(count=10))
        assert Generation.objects.count() == 2

    def test_a_different_request_under_the_same_key_is_a_conflict(self) -> None:
        self.submit(cat())
        with pytest.raises(errors.IdempotencyConflict):
            self.submit(cat(prompt="a dog"))
        assert Generation.objects.count() == 1

    def test_other_callers_and_other_keys_are_other_requests(self) -> None:
        rows = [*self.submit(cat()), *self.submit(cat(), make_api_key()), *self.submit(cat(), idempotency_key="twice")]
        assert len(set(rows)) == 3

    def test_callers_with_their_own_logins_own_theirs(self) -> None:
        first, same, other = (
            submit(cat(), Caller(account_ids=ids), idempotency_key="once") for ids in ((1,), (1,), (2,))
        )
        assert first[0].pk == same[0].pk != other[0].pk

    @override_settings(JIMENG_QUEUE_LIMIT=1)
    def test_a_full_queue_still_finds_what_was_stored_before(self) -> None:
        assert self.submit(cat()) == self.submit(cat())


class SeeingTests(TestCase):
    def setUp(self) -> None:
        self.owner, self.stranger = make_api_key(), make_api_key()
        self.login, self.other = make_account(), make_account()
        self.by_key = make_generation(api_key=self.owner, account=self.login)
        self.by_page = make_generation(account=self.login)  # by somebody whom the pool lent this login
        self.by_login = make_generation(account=self.login, account_ids=[self.login.pk])

    def sees(self, row: Generation, caller: Caller) -> bool:
        try:
            found = async_to_sync(services.generation_get)(public_id=row.public_id, caller=caller)
        except errors.UnknownGeneration:
            return False
        return [each.pk for each in found] == [row.pk]

    def test_a_key_sees_its_own_and_a_login_what_was_asked_with_it(self) -> None:
        owner, stranger = Caller(api_key=self.owner), Caller(api_key=self.stranger)
        login, other = Caller(account_ids=(self.login.pk,)), Caller(account_ids=(self.other.pk,))
        page = Caller()
        callers = (owner, stranger, login, other, page)
        assert [self.sees(self.by_key, each) for each in callers] == [True, False, False, False, False]
        assert [self.sees(self.by_login, each) for each in callers] == [False, False, True, False, False]
        assert not any(self.sees(self.by_page, each) for each in callers)

    def cancel(self, row: Generation, caller: Caller) -> bool:
        return async_to_sync(services.generation_cancel)(public_id=row.public_id, caller=caller)

    def test_cancelling_frees_the_account_and_gives_its_credits_back(self) -> None:
        self.login.spent_since_read = 10
        self.login.save()
        row = make_held(Status.RUNNING, account=self.login, api_key=self.owner)
        assert self.cancel(row, Caller(api_key=self.owner))
        self.login.refresh_from_db()
        assert (self.login.spent_since_read, self.login.leases.count()) == (7, 0)
        assert GenerationEvent.objects.get().account == self.login

    def test_it_is_too_late_once_something_is_spent(self) -> None:
        row = make_held(Status.SUBMITTED, account=self.login, api_key=self.owner)
        assert not self.cancel(row, Caller(api_key=self.owner))

    def test_nobody_cancels_what_belongs_to_another(self) -> None:
        row = make_generation(status=Status.QUEUED, api_key=self.owner)
        with pytest.raises(errors.UnknownGeneration):
            self.cancel(row, Caller(api_key=self.stranger))
        row.refresh_from_db()
        assert row.status == Status.QUEUED


class RaiseIfFailedTests(TestCase):
    def failed(self, code: str, **over: Any) -> Generation:
        return make_generation(status=Status.FAILED, error_code=code, error_detail=f"{code}!", **over)

    def test_one_picture_is_enough(self) -> None:
        services.raise_if_failed([self.failed("timed_out"), make_generation()])

    def test_the_stored_error_is_raised_as_it_was(self) -> None:
        row = self.failed("accounts_busy", retry_after_s=30.0)
        with pytest.raises(PoolBusy, match="accounts_busy!") as raised:
            services.raise_if_failed([row])
        assert (raised.value.retry_after_s, raised.value.public_id) == (30.0, row.public_id)

    def test_a_part_that_may_have_been_paid_for_speaks_for_all(self) -> None:
        parts = [self.failed("accounts_busy"), self.failed("outcome_unknown")]
        for rows in (parts, parts[::-1]):
            with pytest.raises(errors.OutcomeUnknown):
                services.raise_if_failed(rows)

    def test_waiting_comes_in_order(self) -> None:
        now = timezone.now()
        late = make_generation(status=Status.QUEUED, deadline_at=now)
        make_generation(status=Status.QUEUED, deadline_at=now + timedelta(seconds=1))
        self.failed("timed_out", deadline_at=now)
        assert Generation.objects.waiting()[0].pk == late.pk
