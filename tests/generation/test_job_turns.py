"""What a job tells the desk of its owner, and what is stored of the choices made for it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Account, Lease
from generation.engine import job
from generation.models import Generation, GenerationEvent
from tests.factories import make_api_key
from tests.generation.jimeng import engine, make_alive, refuse
from tests.generation.test_desk_turns import want_for
from tests.generation.test_job import JobTestCase, make_queued

Status, Kind = Generation.Status, GenerationEvent.Kind


class StoredDecisionTests(JobTestCase):
    async def decision(self, row: Generation, kind: str) -> dict[str, Any]:
        event = await GenerationEvent.objects.filter(generation=row, kind=kind).alast()
        assert event is not None
        found: dict[str, Any] = event.detail["decision"]
        return found

    async def test_a_second_account_is_stored_with_the_first_one_s_refusal(self) -> None:
        first = await self.sync(make_alive, name="first", priority=1)
        await self.sync(make_alive, name="second")
        self.jimeng.script(first, refuse("1019"))
        row = await self.sync(make_queued)
        await self.run_job(row)
        (group,) = (await self.decision(row, Kind.CLAIMED))["passed_over"]
        assert (group["why"], group["reason"], group["accounts"][0][1]) == ("resting", "risk_hold", "first")
        requeued = await GenerationEvent.objects.aget(generation=row, kind=Kind.REQUEUED)
        assert requeued.detail["passed_over"] is True

    async def test_when_nobody_is_left_the_end_says_who_was_passed_over(self) -> None:
        await self.sync(make_alive, name="dead", health=Account.Health.EXPIRED)
        held = await self.sync(make_alive, name="held")
        self.jimeng.script(held, refuse("1019"))
        row = await self.sync(make_queued)
        after = await self.run_job(row)
        assert after.error_code == "accounts_busy"
        decision = await self.decision(row, Kind.FAILED)
        assert "why" not in decision
        assert {group["why"]: group["accounts"][0][1] for group in decision["passed_over"]} == {
            "expired": "dead",
            "resting": "held",
        }

    async def test_a_failure_that_had_its_account_says_nothing_of_others(self) -> None:
        account = await self.sync(make_alive)
        self.jimeng.script(account, refuse("2043"))
        row = await self.sync(make_queued)
        await self.run_job(row)
        event = await GenerationEvent.objects.aget(generation=row, kind=Kind.FAILED)
        assert "decision" not in event.detail

    async def test_the_scope_of_its_key_is_respected(self) -> None:
        await self.sync(make_alive, priority=9)
        mine = await self.sync(make_alive, tags=["team-a"])
        key = await self.sync(make_api_key, allowed_tags=["team-a"])
        after = await self.run_job(await self.sync(make_queued, api_key=key))
        assert (after.status, after.account_id) == (Status.SUCCEEDED, mine.pk)


class HoldingTests(JobTestCase):
    async def places(self, row: Generation) -> tuple[list[int | None], list[int | None]]:
        """Places of one more of its owner and one of another's: while it goes on, and after its end."""
        mine, other = await self.sync(make_queued), await self.sync(make_queued)
        async with engine(self.jimeng) as tools:
            running = asyncio.create_task(job.run(row.pk, tools))
            while row.pk not in tools.follows:
                await asyncio.sleep(0.01)
            wants = (want_for(mine, row.owner), want_for(other, "key:other"))
            waiting = [asyncio.create_task(tools.desk.claim(want, waited_s=0.0)) for want in wants]
            while tools.desk.waiting < 2:
                await asyncio.sleep(0)
            during = [tools.desk.place(each.pk) for each in (mine, other)]
            self.jimeng.finished_status, self.jimeng.pictures = 50, 1
            tools.desk.nudge = lambda: None  # type: ignore[method-assign]  # nobody is served before we have looked
            await running
            after = [tools.desk.place(each.pk) for each in (mine, other)]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return during, after

    async def test_what_goes_on_counts_for_its_owner_until_its_end(self) -> None:
        self.jimeng.finished_status, self.jimeng.pictures = 45, 0
        await self.sync(make_alive, concurrency_cap=1)
        row = await self.sync(make_queued, owner="key:1")
        assert await self.places(row) == ([1, 0], [0, 1])

    async def test_also_when_it_was_begun_before_a_restart(self) -> None:
        self.jimeng.finished_status, self.jimeng.pictures = 45, 0
        account = await self.sync(make_alive, concurrency_cap=1)
        submit_id = uuid.uuid4()
        record = self.jimeng.accept(str(submit_id))
        row = await self.sync(
            make_queued,
            owner="key:1",
            status=Status.SUBMITTED,
            account=account,
            submit_id=submit_id,
            history_record_id=record["history_record_id"],
            submitted_at=timezone.now(),
        )
        await Lease.objects.acreate(account=account, holder=row.public_id, taken_at=timezone.now())
        assert await self.places(row) == ([1, 0], [0, 1])
