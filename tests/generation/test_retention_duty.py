"""The engine applies the retention policy by itself, and keeps what it counted for the page."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils import timezone

from generation.engine.retaining import Retaining, retention_duties
from generation.models import Media
from generation.retention import Policy, Rule, policy_in_force, retention_plan
from generation.retention_notes import plan_note, plan_noted
from tests.generation.keeping import CastTestCase
from tests.generation.retaining import OLD, CleanTestCase, exists, make_result, make_unused


class DutyTests(CleanTestCase):
    @override_settings(JIMENG_KEEP_DAYS=30)
    async def test_what_is_due_goes_and_the_rest_is_counted(self) -> None:
        due, kept = await sync_to_async(self.make_two)()
        await Retaining(pause_s=0).run()
        assert await Media.objects.filter(removed_at__isnull=False).aget() == due
        assert (exists(due.file.name), exists(kept.file.name)) == (False, True)
        noted = await sync_to_async(lambda: plan_noted(policy_in_force()))()
        assert noted is not None
        assert (noted.room.all.files, noted.going) == (1, ())

    async def test_by_default_it_removes_nothing_but_old_trash(self) -> None:
        for media in await sync_to_async(self.make_two)():
            await Media.objects.filter(pk=media.pk).aupdate(created_at=OLD)
        await Retaining(pause_s=0).run()
        assert not await Media.objects.filter(removed_at__isnull=False).aexists()

    async def test_the_sweep_deletes_what_no_row_names(self) -> None:
        lost, kept = await sync_to_async(self.make_two)()
        for media in (lost, kept):
            make_unused(media)
        await Media.objects.filter(pk=lost.pk).adelete()
        await Retaining(pause_s=0).sweep()
        assert (exists(lost.file.name), exists(kept.file.name)) == (False, True)

    def make_two(self) -> tuple[Media, Media]:
        due, kept = make_result(1), make_result(2, created_at=timezone.now())
        for media in (due, kept):
            make_unused(media, for_=timedelta(hours=2))
        return due, kept

    def test_both_are_duties_of_the_engine(self) -> None:
        assert [(each.name, each.every_s) for each in retention_duties()] == [
            ("retention", 3600.0),
            ("retention_sweep", 86400.0),
        ]


class NoteTests(CastTestCase):
    def test_a_plan_is_read_back_as_it_was(self) -> None:
        make_result(1)
        make_result(2, deleted_at=OLD, kind="video")
        policy = Policy(keep_days=30, keep_bytes=1, key_days={7: 1, 8: 0})
        plan = retention_plan(at=timezone.now(), policy=policy)
        assert {each.rule for each in plan.going} == {Rule.TRASH, Rule.AGE}
        plan_note(plan)
        assert plan_noted(policy) == plan

    def test_one_of_another_policy_does_not_count(self) -> None:
        plan_note(retention_plan(at=timezone.now(), policy=Policy(keep_days=30)))
        assert plan_noted(Policy(keep_days=31)) is None
