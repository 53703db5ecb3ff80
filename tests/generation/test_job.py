"""The life of one generation from the queue to its end, when all goes well and when the upstream says no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Account, Lease
from generation.engine import job
from generation.models import Generation, GenerationEvent
from tests.factories import make_generation
from tests.generation.jimeng import (
    SUBMIT,
    Jimeng,
    drop,
    engine,
    make_alive,
    refuse,
    session_of,
    throttle,
    unreachable,
)

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
Status = Generation.Status
P = ParamSpec("P")
T = TypeVar("T")


def make_queued(**over: Any) -> Generation:
    """One picture, which costs 3 credits; a minute to make it."""
    fields = {"status": Status.QUEUED, "deadline_at": timezone.now() + timedelta(minutes=1)}
    return make_generation(**fields | over)


def history(row: Generation) -> list[str]:
    """Its events, with the reason where there is one."""
    events = GenerationEvent.objects.filter(generation=row)
    return [f"{each.kind} {each.detail.get('reason', '')}".strip() for each in events]


@override_settings(STORAGES=IN_MEMORY, JIMENG_SUBMIT_GRACE_S=0.2, JIMENG_QUEUE_TIMEOUT_S=30.0)
class JobTestCase(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()

    async def sync(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it where the ORM may be used."""
        return await sync_to_async(function)(*args, **kwargs)

    async def run_job(self, row: Generation) -> Generation:
        """Run it to its end; returns it fresh."""
        async with engine(self.jimeng) as tools:
            await job.run(row.pk, tools)
            assert tools.watcher.open_records == 0
            assert not tools.on_wire
        return await Generation.objects.aget(pk=row.pk)


class HappyTests(JobTestCase):
    async def test_it_is_submitted_once_followed_and_stored(self) -> None:
        account = await self.sync(make_alive, name="first")
        row = await self.sync(make_queued)
        after = await self.run_job(row)
        assert (after.status, after.attempt, after.account_label) == (Status.SUCCEEDED, 1, "first")
        assert self.jimeng.submitted == [(session_of(account), str(after.submit_id))]
        assert after.history_record_id in self.jimeng.records
        assert after.forecast_s == 1.0
        assert await self.sync(history, row) == ["claimed", "submitting", "submitted", "succeeded"]
        (media,) = [each async for each in after.media.all()]
        assert (media.content_type, media.width, media.height) == ("image/webp", 64, 48)
        assert media.file.name == f"results/{media.sha256[:2]}/{media.sha256}.webp"
        assert media.upstream_uri == "tos/0"
        assert not await Lease.objects.aexists()
        account = await Account.objects.aget()
        assert account.spent_since_read == 3  # until the balance is read

    async def test_every_picture_has_its_position(self) -> None:
        await self.sync(make_alive)
        row = await self.sync(make_queued)
        row.spec["count"] = self.jimeng.pictures = 2
        await row.asave()
        after = await self.run_job(row)
        assert [(each.position, each.upstream_uri) async for each in after.media.all()] == [(0, "tos/0"), (1, "tos/1")]

    async def test_fewer_pictures_than_asked_end_it_too(self) -> None:
        await self.sync(make_alive)
        row = await self.sync(make_queued)
        row.spec["count"] = 2
        await row.asave()
        after = await self.run_job(row)
        assert (after.status, await after.media.acount()) == (Status.SUCCEEDED, 1)

    async def test_a_seed_that_was_asked_for_is_sent(self) -> None:
        await self.sync(make_alive)
        row = await self.sync(make_queued)
        row.spec["seed"] = 2_500_000_007
        await row.asave()
        assert (await self.run_job(row)).seed == 2_500_000_007

    async def test_what_is_final_or_unknown_is_left_alone(self) -> None:
        row = await self.sync(make_generation, status=Status.CANCELLED)
        await self.run_job(row)
        async with engine(self.jimeng) as tools:
            await job.run(row.pk + 1, tools)
        assert self.jimeng.calls == []


class OtherAccountTests(JobTestCase):
    """Refused before anything is spent: the next account is asked."""

    async def refused_by_first(self, *steps: Any, **over: Any) -> tuple[Account, Account, Generation]:
        first = await self.sync(make_alive, priority=1, **over)
        second = await self.sync(make_alive)
        self.jimeng.script(first, *steps)
        after = await self.run_job(await self.sync(make_queued))
        await first.arefresh_from_db()
        return first, second, after

    async def test_each_fault_of_an_account_moves_it_on(self) -> None:
        for ret, reason, health, is_passed_over in (
            ("1015", "expired", "expired", True),
            ("1019", "risk_hold", "resting", True),
            ("3000", "region", "resting", True),
            ("1310", "busy", "resting", False),
        ):
            with self.subTest(reason):
                self.jimeng = Jimeng()
                first, second, after = await self.refused_by_first(refuse(ret))
                assert (after.status, after.account_id, after.attempt) == (Status.SUCCEEDED, second.pk, 2)
                assert after.passed_over == ([first.pk] if is_passed_over else [])
                assert [session for session, _ in self.jimeng.submitted] == [session_of(first), session_of(second)]
                assert (first.health, first.last_error_code, first.spent_since_read) == (health, ret, 0)
                assert (await self.sync(history, after))[:4] == [
                    "claimed",
                    "submitting",
                    f"requeued {reason}",
                    "claimed",
                ]
                await Account.objects.all().adelete()

    async def test_each_attempt_has_a_submit_id_of_its_own(self) -> None:
        _, _, after = await self.refused_by_first(refuse("1015"))
        (_, refused), (_, accepted) = self.jimeng.submitted
        assert refused != accepted == str(after.submit_id)

    async def test_throttling_is_told_to_the_account(self) -> None:
        first, second, after = await self.refused_by_first(throttle("120"))
        assert after.account_id == second.pk
        assert first.rest_reason == Account.RestReason.THROTTLED
        assert first.rest_until is not None
        assert 115 < (first.rest_until - timezone.now()).total_seconds() <= 120

    async def test_an_account_that_cannot_be_reached_rests(self) -> None:
        first, second, after = await self.refused_by_first(unreachable)
        assert (after.account_id, first.rest_reason) == (second.pk, Account.RestReason.UNREACHABLE)

    async def test_what_surely_never_arrived_is_submitted_by_another(self) -> None:
        first, second, after = await self.refused_by_first(drop)
        assert (after.status, after.account_id) == (Status.SUCCEEDED, second.pk)
        assert [session for session, _ in self.jimeng.submitted] == [session_of(first), session_of(second)]
        assert "requeued unreachable" in await self.sync(history, after)

    async def test_no_credits_are_believed_when_the_balance_says_so(self) -> None:
        first = await self.sync(make_alive, priority=1)
        second = await self.sync(make_alive)
        self.jimeng.script(first, refuse("1006"))
        self.jimeng.balance[session_of(first)] = 2
        after = await self.run_job(await self.sync(make_queued))
        await first.arefresh_from_db()
        assert (after.status, after.account_id) == (Status.SUCCEEDED, second.pk)
        assert (first.health, first.gift_credits) == (Account.Health.ALIVE, 2)  # it serves what costs no more

    async def test_one_with_nothing_left_rests_until_the_next_gift(self) -> None:
        first = await self.sync(make_alive, priority=1)
        await self.sync(make_alive)
        self.jimeng.script(first, refuse("1006"))
        self.jimeng.balance[session_of(first)] = 0
        await self.run_job(await self.sync(make_queued))
        await first.arefresh_from_db()
        assert (first.health, first.rest_reason) == (Account.Health.RESTING, Account.RestReason.NO_CREDITS)

    async def test_with_a_balance_they_mean_that_it_may_not_use_this_resolution(self) -> None:
        first, second, after = await self.refused_by_first(refuse("1006"))
        assert (after.status, after.account_id) == (Status.SUCCEEDED, second.pk)
        assert (first.health, list(first.barred)) == (Account.Health.ALIVE, ["jimeng-4.5/2k"])

    async def test_todays_gift_is_asked_for_before_an_account_is_given_up(self) -> None:
        account = await self.sync(make_alive)
        self.jimeng.script(account, refuse("1006"))
        self.jimeng.balance[session_of(account)], self.jimeng.gift = 0, 66
        after = await self.run_job(await self.sync(make_queued))
        assert (after.status, after.account_id, after.passed_over) == (Status.SUCCEEDED, account.pk, [])
        assert "requeued topped_up" in await self.sync(history, after)

    async def test_an_account_whose_balance_cannot_be_read_rests(self) -> None:
        self.jimeng.silent.add("/commerce/v1/benefits/user_credit")
        first, second, after = await self.refused_by_first(refuse("1006"))
        assert (after.account_id, first.rest_reason) == (second.pk, Account.RestReason.UNREACHABLE)
        assert self.jimeng.calls.count(SUBMIT) == 2
