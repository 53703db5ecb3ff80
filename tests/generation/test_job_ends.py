"""Generations that fail: with the reason, the account's lease given back, and nothing submitted again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from django.test import override_settings
from django.utils import timezone

from accounts.models import Account, Lease
from generation.engine import job
from generation.models import Generation, GenerationEvent
from tests.generation.jimeng import HISTORY, Jimeng, accept_and_drop, drop, engine, make_alive, ok, refuse, session_of
from tests.generation.test_job import JobTestCase, history, make_queued

Status = Generation.Status


class FinalRefusalTests(JobTestCase):
    async def failed(self, *steps: Any, **over: Any) -> Generation:
        account = await self.sync(make_alive)
        self.jimeng.script(account, *steps)
        after = await self.run_job(await self.sync(make_queued, **over))
        assert after.status == Status.FAILED
        assert not await Lease.objects.aexists()
        return after

    async def test_what_no_other_account_can_mend_ends_it(self) -> None:
        for ret, code in (
            ("2038", "content_policy_violation"),
            ("1000", "upstream_protocol_error"),
            ("3018", "upstream_protocol_error"),
            ("2039", "upstream_protocol_error"),
            ("987654", "upstream_protocol_error"),
            ("5001", "generation_failed"),
        ):
            with self.subTest(ret):
                self.jimeng = Jimeng()
                after = await self.failed(refuse(ret, "so it is"))
                assert (after.error_code, after.upstream_code) == (code, ret)
                assert f"{ret} so it is" in after.error_detail
                assert len(self.jimeng.submitted) == 1
                account = await Account.objects.aget()
                assert (account.health, account.failures_in_a_row) == (Account.Health.ALIVE, 0)
                await Account.objects.all().adelete()

    async def test_the_failure_names_the_account_whose_balance_is_read_soon(self) -> None:
        account = await self.sync(make_alive, probe_due_at=timezone.now() + timedelta(hours=6))
        self.jimeng.script(account, refuse("2038"))
        after = await self.run_job(await self.sync(make_queued))
        account = await Account.objects.aget()
        event = await GenerationEvent.objects.aget(kind="failed")
        assert (event.account_id, after.account_id) == (account.pk, account.pk)
        assert account.probe_due_at is not None
        assert account.probe_due_at <= timezone.now() + timedelta(seconds=30)

    async def test_a_record_that_fails_upstream_keeps_its_id(self) -> None:
        for code, error in (("2043", "content_policy_violation"), ("5001", "generation_failed")):
            with self.subTest(code):
                self.jimeng = Jimeng()
                self.jimeng.finished_status, self.jimeng.fail_code = 30, code
                after = await self.failed()
                assert (after.error_code, after.upstream_code) == (error, code)
                assert after.history_record_id in self.jimeng.records
                await Account.objects.all().adelete()

    async def test_when_all_accounts_have_expired_it_says_so(self) -> None:
        after = await self.failed(refuse("1015"))
        assert after.error_code == "upstream_login_expired"

    async def test_when_the_only_account_is_dry_it_says_so(self) -> None:
        account = await self.sync(make_alive)
        self.jimeng.script(account, refuse("1006"))
        self.jimeng.balance[session_of(account)] = 0
        after = await self.run_job(await self.sync(make_queued))
        assert after.error_code == "insufficient_quota"

    async def test_why_the_last_account_refused_says_more_than_that_it_rests(self) -> None:
        after = await self.failed(refuse("3000"))
        assert (after.error_code, len(self.jimeng.submitted)) == ("no_accounts", 1)
        assert "3000" in after.error_detail

    async def test_without_any_account_nothing_is_sent(self) -> None:
        after = await self.run_job(await self.sync(make_queued))
        assert (after.error_code, self.jimeng.calls) == ("no_accounts", [])

    async def test_one_that_was_cancelled_while_it_waited_is_not_submitted(self) -> None:
        await self.sync(make_alive)
        row = await self.sync(make_queued)
        async with engine(self.jimeng) as tools:
            tools.journal.remember([row])  # the job starts from this snapshot
            await Generation.objects.filter(pk=row.pk).aupdate(status=Status.CANCELLED, finished_at=timezone.now())
            await job.run(row.pk, tools)
        assert self.jimeng.calls == []
        account = await Account.objects.aget()
        assert (account.spent_since_read, await Lease.objects.acount()) == (0, 0)


class UnknownOutcomeTests(JobTestCase):
    """The answer to a submission was lost: never submitted again unless it surely never arrived."""

    async def test_it_is_found_again_by_our_own_id(self) -> None:
        account = await self.sync(make_alive, priority=1)
        await self.sync(make_alive)
        self.jimeng.script(account, accept_and_drop)
        after = await self.run_job(await self.sync(make_queued))
        assert (after.status, after.account_id) == (Status.SUCCEEDED, account.pk)
        assert self.jimeng.submitted == [(session_of(account), str(after.submit_id))]
        assert await self.sync(history, after) == ["claimed", "submitting", "found", "succeeded"]

    async def test_when_the_upstream_will_not_say_it_is_left_for_a_person(self) -> None:
        account = await self.sync(make_alive, priority=1)
        await self.sync(make_alive)
        self.jimeng.script(account, drop)
        self.jimeng.silent.add(HISTORY)
        begun = timezone.now()
        after = await self.run_job(await self.sync(make_queued, deadline_at=begun + timedelta(seconds=1)))
        assert (after.status, after.error_code) == (Status.FAILED, "outcome_unknown")
        assert after.submit_id is not None
        assert len(self.jimeng.submitted) == 1
        assert after.finished_at is not None
        assert (after.finished_at - begun).total_seconds() > 0.9  # it asked for all the time that there was

    async def test_one_answer_in_vain_after_silence_proves_nothing(self) -> None:
        looks: list[str] = []

        class Slow(Jimeng):
            """Silent for the whole grace time; then it answers that it knows nothing, and then that it does."""

            def history(self, body: dict[str, Any]) -> httpx.Response:
                looks.append("look")
                if len(looks) <= 2:
                    return httpx.Response(502)
                return ok({}) if len(looks) == 3 else super().history(body)

        self.jimeng = Slow()
        account = await self.sync(make_alive)
        self.jimeng.script(account, accept_and_drop)
        after = await self.run_job(await self.sync(make_queued))
        assert (after.status, len(self.jimeng.submitted)) == (Status.SUCCEEDED, 1)
        assert "found" in await self.sync(history, after)

    @override_settings(JIMENG_SUBMIT_GRACE_S=0.3)
    async def test_one_answer_in_vain_is_not_enough(self) -> None:
        account = await self.sync(make_alive, priority=1)
        await self.sync(make_alive)
        self.jimeng.script(account, drop)
        await self.run_job(await self.sync(make_queued))
        first_submit, second_submit = (
            index for index, path in enumerate(self.jimeng.calls) if path.endswith("/generate")
        )
        assert self.jimeng.calls[first_submit + 1 : second_submit].count(HISTORY) >= 2


class DeadlineTests(JobTestCase):
    async def test_past_it_the_record_is_kept_for_later(self) -> None:
        await self.sync(make_alive)
        self.jimeng.finished_status = 45
        self.jimeng.pictures = 0
        deadline = timezone.now() + timedelta(seconds=0.5)
        after = await self.run_job(await self.sync(make_queued, deadline_at=deadline))
        assert (after.status, after.error_code) == (Status.FAILED, "timed_out")
        assert after.history_record_id in self.jimeng.records
        assert not await Lease.objects.aexists()

    async def test_a_queue_without_end_is_left_at_it(self) -> None:
        await self.sync(make_alive, concurrency_cap=0)
        deadline = timezone.now() + timedelta(seconds=0.2)
        after = await self.run_job(await self.sync(make_queued, deadline_at=deadline))
        assert (after.error_code, self.jimeng.submitted) == ("accounts_busy", [])

    async def test_a_record_that_the_upstream_has_forgotten_is_left_for_a_person(self) -> None:
        await self.sync(make_alive)
        row = await self.sync(
            make_queued, status=Status.SUBMITTED, account=await Account.objects.aget(), submitted_at=timezone.now()
        )
        after = await self.run_job(row)
        assert (after.error_code, self.jimeng.submitted) == ("outcome_unknown", [])
