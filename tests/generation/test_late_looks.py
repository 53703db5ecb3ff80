"""The engine's look for late results: what it asks, what it makes of the answers, and what it never does."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Account
from generation.engine.late import LateResults
from generation.engine.storing import result_name
from generation.models import Generation, GenerationEvent, Media
from generation.wording import sentence
from tests.factories import make_generation, make_media
from tests.generation.jimeng import HISTORY, HISTORY_RECORDS, Jimeng, engine, make_alive

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
Status = Generation.Status
SUBMIT_ID = uuid.UUID("11111111-1111-4111-8111-111111111111")


@override_settings(STORAGES=IN_MEMORY)
class LookTestCase(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        self.account = make_alive()
        self.now = timezone.now()

    def make_due(self, *, failed_ago: timedelta = timedelta(minutes=6), **over: Any) -> Generation:
        fields: dict[str, Any] = {
            "status": Status.FAILED,
            "error_code": "timed_out",
            "submit_id": SUBMIT_ID,
            "submitting_at": self.now - timedelta(hours=1),
            "finished_at": self.now - failed_ago,
            "late_due_at": self.now,
            "account": self.account,
        }
        return make_generation(**fields | over)

    def make_accepted(self, **over: Any) -> Generation:
        """One that Jimeng has a record of."""
        return self.make_due(history_record_id=self.jimeng.accept(str(uuid.uuid4()))["history_record_id"], **over)

    async def look(self) -> None:
        async with engine(self.jimeng) as tools:
            await LateResults(tools).run()
        assert self.jimeng.submitted == []

    async def told(self) -> list[str]:
        """The sentences of the events, oldest first."""
        return [sentence(each) async for each in GenerationEvent.objects.order_by("pk")]

    async def row(self) -> Generation:
        return await Generation.objects.aget()


class FoundTests(LookTestCase):
    async def test_by_its_record(self) -> None:
        row = await sync_to_async(self.make_accepted)()
        await self.look()
        assert (await self.row()).status == Status.SUCCEEDED
        media = await Media.objects.aget()
        assert (media.width, media.file.name) == (64, result_name(media.sha256, ".webp"))
        (told,) = await self.told()
        assert told.startswith(f"Found after all, as record {row.history_record_id} with 1 file; before it had failed:")

    async def test_by_our_own_id_when_the_answer_was_lost(self) -> None:
        record = self.jimeng.accept(str(SUBMIT_ID))
        await sync_to_async(self.make_due)(error_code="outcome_unknown", history_record_id="")
        await self.look()
        after = await self.row()
        assert (after.status, after.history_record_id) == (Status.SUCCEEDED, record["history_record_id"])
        assert after.submitted_at == after.submitting_at

    async def test_all_of_an_account_in_one_question(self) -> None:
        for _ in range(3):
            await sync_to_async(self.make_accepted)()
        await self.look()
        assert await Generation.objects.filter(status=Status.SUCCEEDED).acount() == 3
        assert self.jimeng.calls.count(HISTORY) == 1
        assert HISTORY_RECORDS not in self.jimeng.calls

    async def test_what_came_before_the_deadline_keeps_its_place(self) -> None:
        self.jimeng.pictures = 2
        row = await sync_to_async(self.make_accepted)()
        early = await sync_to_async(make_media)(generation=row, position=0, upstream_uri="tos/1")
        await self.look()
        stored = {each.upstream_uri: each.position async for each in row.media.all()}
        assert stored == {"tos/1": 0, "tos/0": 1}
        assert await Media.objects.filter(pk=early.pk, sha256=early.sha256).aexists()
        assert "2 files" in (await self.told())[0]

    async def test_one_whose_file_cannot_be_fetched_now_succeeds_and_is_fetched_later(self) -> None:
        await sync_to_async(self.make_accepted)()
        self.jimeng.silent.add("/picture/0.webp")
        await self.look()
        media = await Media.objects.aget()
        assert (media.file.name, media.upstream_url) == ("", "https://cdn.test/picture/0.webp")
        assert media.fetch_due_at is not None
        assert (await self.row()).status == Status.SUCCEEDED

    async def test_what_is_not_due_is_left_alone(self) -> None:
        await sync_to_async(self.make_accepted)(late_due_at=self.now + timedelta(hours=1))
        await sync_to_async(self.make_accepted)(late_due_at=None)
        await self.look()
        assert self.jimeng.calls == []


class VainTests(LookTestCase):
    async def sought(self, *, minutes: float | None) -> str:
        """Look; it failed still, and is looked for again so long after its failure. Returns the sentence."""
        await self.look()
        after = await self.row()
        assert (after.status, after.late_attempts) == (Status.FAILED, 1)
        failed_at = after.finished_at or self.now
        wanted = None if minutes is None else failed_at + timedelta(minutes=minutes)
        assert after.late_due_at == wanted
        return (await self.told())[0]

    async def test_it_is_still_being_made(self) -> None:
        self.jimeng.finished_status = 45
        await sync_to_async(self.make_accepted)()
        assert await self.sought(minutes=30) == "Looked for a late result: Jimeng is still making it."

    async def test_jimeng_gave_it_up(self) -> None:
        self.jimeng.finished_status, self.jimeng.fail_code = 30, "2038"
        await sync_to_async(self.make_accepted)()
        told = await self.sought(minutes=None)
        assert told.startswith("Looked for a late result: Jimeng could not finish it. (2038")
        assert told.endswith("It is not looked for again by itself.")

    async def test_a_record_that_jimeng_does_not_know_is_asked_for_in_both_ways(self) -> None:
        await sync_to_async(self.make_due)(history_record_id="404")
        assert await self.sought(minutes=30) == "Looked for a late result: Jimeng does not know it."
        assert self.jimeng.calls == [HISTORY, HISTORY_RECORDS]

    async def test_a_submission_that_is_nowhere_in_the_end_never_arrived(self) -> None:
        await sync_to_async(self.make_due)(
            error_code="outcome_unknown", history_record_id="", failed_ago=timedelta(hours=12)
        )
        assert (await self.sought(minutes=None)).startswith(
            "Looked for a late result: Jimeng never got the submission. It is not"
        )

    async def test_finished_without_an_address(self) -> None:
        self.jimeng.pictures = 0
        await sync_to_async(self.make_accepted)()
        assert "gives no file" in await self.sought(minutes=30)

    async def test_jimeng_cannot_be_reached(self) -> None:
        self.jimeng.silent.add(HISTORY)
        await sync_to_async(self.make_accepted)()
        assert "could not be reached" in await self.sought(minutes=30)

    async def test_what_cannot_be_asked_at_the_last_look_is_asked_later(self) -> None:
        self.jimeng.silent.add(HISTORY)
        await sync_to_async(self.make_accepted)(failed_ago=timedelta(hours=13))
        await self.look()
        after = await self.row()
        assert after.late_due_at is not None
        assert after.late_due_at > self.now + timedelta(hours=11)

    async def test_an_account_that_has_expired_or_is_held_is_not_asked(self) -> None:
        held = {"health": Account.Health.RESTING, "rest_reason": Account.RestReason.RISK_HOLD}
        table: list[tuple[dict[str, Any], str]] = [
            ({"health": Account.Health.EXPIRED}, "the login of the account has expired"),
            ({**held, "rest_until": self.now + timedelta(hours=1)}, "held by risk control"),
        ]
        row = await sync_to_async(self.make_accepted)()
        for fields, words in table:
            await Account.objects.aupdate(**fields)
            await Generation.objects.aupdate(late_due_at=self.now)
            await self.look()
            assert words in (await self.told())[-1]
        assert self.jimeng.calls == []
        await Account.objects.aupdate(health=Account.Health.ALIVE, rest_until=None, rest_reason="")
        await Generation.objects.filter(pk=row.pk).aupdate(late_due_at=self.now)
        await self.look()
        assert (await self.row()).status == Status.SUCCEEDED

    async def test_an_account_that_is_gone_can_never_be_asked(self) -> None:
        await sync_to_async(self.make_accepted)()
        await sync_to_async(self.account.delete)()
        assert "its account has been removed" in await self.sought(minutes=None)

    async def test_a_login_that_cannot_be_read(self) -> None:
        await Account.objects.aupdate(sessionid_encrypted="x")
        await sync_to_async(self.make_accepted)()
        assert "cannot be read" in await self.sought(minutes=30)

    async def test_an_expired_login_is_noted_at_its_account(self) -> None:
        await sync_to_async(self.make_accepted)()
        self.jimeng.history = lambda body: httpx.Response(200, json={"ret": "1015", "errmsg": "login"})  # type: ignore[method-assign]  # a script of the upstream
        assert "has expired" in await self.sought(minutes=30)
        assert (await Account.objects.aget()).health == Account.Health.EXPIRED


class OrderTests(LookTestCase):
    async def test_one_that_breaks_stops_no_other(self) -> None:
        broken = await sync_to_async(self.make_accepted)()
        await Generation.objects.filter(pk=broken.pk).aupdate(spec={})  # nothing of ours can read it
        other = await sync_to_async(make_alive)()
        fine = [await sync_to_async(self.make_accepted)(account=account) for account in (self.account, other)]
        with self.assertLogs("generation.engine.late", "ERROR"):
            await self.look()
        for row in fine:
            assert (await Generation.objects.aget(pk=row.pk)).status == Status.SUCCEEDED
        after = await Generation.objects.aget(pk=broken.pk)
        assert after.status == Status.FAILED
        assert after.late_due_at is not None
        assert after.late_due_at > self.now + timedelta(minutes=9)
