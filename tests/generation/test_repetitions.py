"""An SDK's automatic retry finds what it asked for before; nothing is asked, and paid, twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.errors import PoolBusy
from generation import services
from generation.keepsakes import results_delete
from generation.models import Generation
from generation.services import Ask, Caller, Submission
from generation.specs import image_spec
from generation.viewing import Viewer
from tests.factories import make_api_key, make_generation

Status = Generation.Status


class RetryTests(TestCase):
    def setUp(self) -> None:
        self.caller = Caller(api_key=make_api_key())
        # What the process remembers outlives a test: each test has words of its own.
        self.prompt = f"a cat {uuid.uuid4()}"

    def send(self, *, retry: bool = False, caller: Caller | None = None, **over: Any) -> Submission:
        spec = image_spec(**{"model": "jimeng-4.5", "prompt": self.prompt, **over})
        ask = Ask(spec=spec, requested={})
        asking = caller or self.caller
        find = async_to_sync(services.generation_find)
        before = find(caller=asking, request_hash=ask.fingerprint, key=None, is_retry=retry)
        return before or async_to_sync(services.generation_submit)(ask=ask, caller=asking)

    def stored(self, **over: Any) -> Generation:
        (row,) = self.send().generations
        if over:
            Generation.objects.filter(pk=row.pk).update(**over)
        return row

    def ended(self, status: Status, **over: Any) -> Generation:
        ended = {"status": status, "finished_at": timezone.now(), "submit_id": uuid.uuid4(), "history_record_id": "1"}
        return self.stored(**ended, **over)

    def test_a_retry_is_attached_to_what_is_running_and_says_so(self) -> None:
        first = self.stored(status=Status.RUNNING)
        again = self.send(retry=True)
        assert ([row.pk for row in again.generations], again.attached) == ([first.pk], "retry")

    def test_a_result_whose_answer_was_lost_is_given_again(self) -> None:
        first = self.ended(Status.SUCCEEDED)
        assert self.send(retry=True).generations[0].pk == first.pk

    def test_a_failure_that_may_have_been_paid_is_told_again(self) -> None:
        first = self.ended(Status.FAILED, error_code="outcome_unknown")
        assert self.send(retry=True).generations[0].pk == first.pk

    def test_what_failed_without_cost_is_tried_anew(self) -> None:
        for ending in ({"error_code": "accounts_busy"}, {"error_code": "upstream_unreachable"}):
            with self.subTest(**ending):
                self.prompt = f"a cat {uuid.uuid4()}"
                first = self.ended(Status.FAILED, **ending)
                again = self.send(retry=True)
                assert (again.generations[0].pk != first.pk, again.attached) == (True, "")

    def test_without_the_sdks_word_the_same_request_is_another_one(self) -> None:
        first = self.stored()
        assert self.send().generations[0].pk != first.pk

    def test_other_words_other_callers_and_old_requests_are_not_meant(self) -> None:
        first = self.stored()
        stranger = Caller(api_key=make_api_key())
        assert self.send(retry=True, count=2).attached == ""
        assert self.send(retry=True, caller=stranger).attached == ""
        Generation.objects.filter(owner=self.caller.owner).update(created_at=timezone.now() - timedelta(hours=1))
        assert self.send(retry=True).generations[0].pk != first.pk

    def test_two_lost_answers_go_to_two_retries(self) -> None:
        first, second = self.stored(), self.stored()
        attached = [self.send(retry=True).generations[0].pk for _ in range(2)]
        assert attached == [second.pk, first.pk]

    def test_what_was_answered_is_given_only_when_nothing_else_is_left(self) -> None:
        lost, answered = self.stored(), self.stored()
        services.note_answer([answered])
        assert self.send(retry=True).generations[0].pk == lost.pk

    def test_a_whole_group_is_found(self) -> None:
        first = self.send(count=10)
        again = self.send(retry=True, count=10)
        assert [row.pk for row in again.generations] == [row.pk for row in first.generations]
        assert len(again.generations) == 2

    def test_a_request_that_was_sent_away_comes_anew_and_takes_no_older_answer(self) -> None:
        first = self.ended(Status.SUCCEEDED)
        services.note_answer([first])
        with override_settings(JIMENG_QUEUE_LIMIT=0), pytest.raises(PoolBusy):
            self.send()
        again = self.send(retry=True)
        assert (again.attached, again.generations[0].pk != first.pk) == ("", True)
        # That explained one retry; the next one lost its answer.
        assert self.send(retry=True).generations[0].pk == again.generations[0].pk

    def test_an_old_refusal_does_not_let_a_lost_answer_be_paid_again(self) -> None:
        with override_settings(JIMENG_QUEUE_LIMIT=0), pytest.raises(PoolBusy):
            self.send()  # and its client gave up
        lost = self.stored(status=Status.RUNNING)
        assert self.send(retry=True).generations[0].pk == lost.pk

    def test_an_equal_request_that_failed_without_cost_does_not_hide_a_paid_one(self) -> None:
        lost = self.ended(Status.SUCCEEDED)
        self.ended(Status.FAILED, error_code="accounts_busy")
        assert self.send(retry=True).generations[0].pk == lost.pk

    def test_a_failure_that_was_told_is_not_told_to_another(self) -> None:
        lost = self.stored(status=Status.RUNNING)
        told = self.ended(Status.FAILED, error_code="generation_failed")
        services.note_answer([told])
        assert self.send(retry=True).generations[0].pk == lost.pk

    def test_what_was_deleted_is_not_meant(self) -> None:
        first = self.stored(hidden_at=timezone.now())
        assert self.send(retry=True).generations[0].pk != first.pk

    def test_what_a_person_threw_away_is_paid_for_all_the_same(self) -> None:
        now = timezone.now()
        first = self.ended(Status.SUCCEEDED, hidden_at=now, deleted_at=now)
        assert self.send(retry=True).generations[0].pk == first.pk

    def test_logins_of_ones_own_are_a_caller_too(self) -> None:
        mine, others = Caller(account_ids=(1, 2)), Caller(account_ids=(1,))
        first = self.send(caller=mine)
        assert self.send(caller=mine, retry=True).generations[0].pk == first.generations[0].pk
        assert self.send(caller=others, retry=True).attached == ""


class KeyAgainTests(TestCase):
    def send(self, spec_hash: str = "h" * 64) -> Submission:
        spec = image_spec(model="jimeng-4.5", prompt="a cat")
        ask = Ask(spec=spec, requested={}, idempotency_key="once", request_hash=spec_hash)
        return async_to_sync(services.generation_submit)(ask=ask, caller=self.caller)

    def setUp(self) -> None:
        self.caller = Caller(api_key=make_api_key())

    def test_a_replay_says_that_it_is_one(self) -> None:
        assert [self.send().attached, self.send().attached] == ["", "idempotency_key"]

    def test_a_key_is_free_again_after_an_end_without_cost(self) -> None:
        for error_code in ("accounts_busy", "insufficient_quota", "no_accounts"):
            with self.subTest(error_code):
                (first,) = self.send().generations
                Generation.objects.filter(pk=first.pk).update(
                    status=Status.FAILED, error_code=error_code, finished_at=timezone.now()
                )
                again = self.send()
                assert (again.attached, again.generations[0].pk != first.pk) == ("", True)
                assert self.send().generations[0].pk == again.generations[0].pk

    def test_a_key_is_free_again_after_its_request_was_deleted(self) -> None:
        (first,) = self.send().generations
        Generation.objects.filter(pk=first.pk).update(hidden_at=timezone.now())
        assert self.send().generations[0].pk != first.pk

    def test_a_key_is_kept_after_its_result_was_thrown_away_by_a_person(self) -> None:
        (first,) = self.send().generations
        ended = {"status": Status.SUCCEEDED, "submit_id": uuid.uuid4(), "history_record_id": "1"}
        Generation.objects.filter(pk=first.pk).update(finished_at=timezone.now(), **ended)
        staff = Viewer(user_id=0, sees_all=True)
        assert results_delete(viewer=staff, ids=[first.public_id], at=timezone.now()).generations == 1
        again = self.send()
        assert ([each.pk for each in again.generations], again.attached) == ([first.pk], "idempotency_key")

    def test_a_key_is_kept_after_a_failure_that_may_have_cost(self) -> None:
        row = make_generation(
            status=Status.FAILED,
            error_code="generation_failed",
            api_key=self.caller.api_key,
            idempotency_key="once",
            request_hash="h" * 64,
        )
        assert self.send().generations[0].pk == row.pk
