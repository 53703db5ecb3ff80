"""A job that is run again after a crash goes on from where the database says it stands."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Account, Lease
from generation import transitions
from generation.engine import job
from generation.models import Generation
from tests.generation.jimeng import SUBMIT, engine, make_alive, session_of
from tests.generation.moves import result_file
from tests.generation.test_job import JobTestCase, history, make_queued

Status = Generation.Status


class ResumeTests(JobTestCase):
    async def left(self, status: str, **over: Any) -> Generation:
        """What an engine left behind: a generation in this state, with an account and its lease."""
        account = await self.sync(make_alive, name="first", spent_since_read=3)
        row = await self.sync(make_queued, status=status, account=account, account_label="first", attempt=1, **over)
        await Lease.objects.acreate(account=account, holder=row.public_id, taken_at=timezone.now())
        return row

    async def test_what_was_only_being_prepared_is_begun_anew(self) -> None:
        row = await self.left(Status.RUNNING)
        after = await self.run_job(row)
        assert (after.status, after.attempt, len(self.jimeng.submitted)) == (Status.SUCCEEDED, 2, 1)
        assert (await self.sync(history, row))[:2] == ["requeued interrupted", "claimed"]
        assert (await Account.objects.aget()).spent_since_read == 3  # given back, and reserved again

    async def test_a_submission_that_arrived_is_found_and_not_repeated(self) -> None:
        row = await self.left(Status.SUBMITTING)
        self.jimeng.accept(str(row.submit_id))
        after = await self.run_job(row)
        assert (after.status, after.attempt, self.jimeng.submitted) == (Status.SUCCEEDED, 1, [])
        assert await self.sync(history, row) == ["found", "succeeded"]

    async def test_one_that_surely_never_arrived_is_made_with_a_new_id(self) -> None:
        row = await self.left(Status.SUBMITTING)
        after = await self.run_job(row)
        assert after.status == Status.SUCCEEDED
        assert [submit_id for _, submit_id in self.jimeng.submitted] == [str(after.submit_id)]
        assert after.submit_id != row.submit_id
        assert (await self.sync(history, row))[:2] == ["requeued never_arrived", "claimed"]

    async def test_what_was_accepted_is_followed(self) -> None:
        submit_id = uuid.uuid4()
        record = self.jimeng.accept(str(submit_id))
        row = await self.left(
            Status.SUBMITTED,
            submit_id=submit_id,
            history_record_id=record["history_record_id"],
            submitted_at=timezone.now(),
        )
        after = await self.run_job(row)
        assert (after.status, self.jimeng.submitted) == (Status.SUCCEEDED, [])
        assert SUBMIT not in self.jimeng.calls
        assert await after.media.acount() == 1

    async def test_a_picture_that_was_stored_before_is_not_fetched_again(self) -> None:
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        row = await self.left(
            Status.SUBMITTED, history_record_id=record["history_record_id"], submitted_at=timezone.now()
        )
        row.spec["count"] = self.jimeng.pictures = 2
        await row.asave()
        stored = result_file(0, name="before.webp", upstream_uri="tos/1")
        await self.sync(transitions.add_media, generation_id=row.pk, files=[stored])
        after = await self.run_job(row)
        # the second of the upstream's items was ready first, and keeps the place that it got then
        assert [(each.position, each.upstream_uri) async for each in after.media.all()] == [(0, "tos/1"), (1, "tos/0")]
        assert [path for path in self.jimeng.calls if path.startswith("/picture/")] == ["/picture/0.webp"]

    async def test_without_its_account_it_is_left_for_a_person(self) -> None:
        for status in (Status.SUBMITTING, Status.SUBMITTED):
            with self.subTest(status):
                row = await self.left(status)
                await Account.objects.all().adelete()
                after = await self.run_job(row)
                assert (after.status, after.error_code) == (Status.FAILED, "outcome_unknown")
        assert self.jimeng.calls == []

    async def test_without_a_key_to_its_login_it_is_left_for_a_person(self) -> None:
        row = await self.left(Status.SUBMITTED)
        await Account.objects.aupdate(sessionid_encrypted="cannot be read")
        after = await self.run_job(row)
        assert (after.error_code, after.history_record_id) == ("outcome_unknown", row.history_record_id)


class SharedWorkTests(JobTestCase):
    async def test_one_account_after_the_other_serves_a_burst(self) -> None:
        accounts = [await self.sync(make_alive, concurrency_cap=2) for _ in range(2)]
        rows = [await self.sync(make_queued) for _ in range(8)]
        async with engine(self.jimeng) as tools:
            await asyncio.gather(*(job.run(row.pk, tools) for row in rows))
        assert {each.status async for each in Generation.objects.all()} == {Status.SUCCEEDED}
        served = [session for session, _ in self.jimeng.submitted]
        assert len(served) == 8
        assert set(served) == {session_of(each) for each in accounts}
        assert not await Lease.objects.aexists()
