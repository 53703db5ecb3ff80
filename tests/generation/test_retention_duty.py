"""The engine applies the retention policy by itself, and keeps what it counted for the page."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils import timezone

from generation.engine.retaining import Retaining, retention_duties
from generation.models import Media
from generation.orphans import are_too_many
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

    async def test_the_files_of_another_database_are_left_alone(self) -> None:
        """An empty one, an old one, that of another gateway: what was paid for must not go when the engine starts."""
        media = [await sync_to_async(make_result)(number) for number in range(8)]
        for each in media:
            make_unused(each)
        for gone in (media[:7], media):  # 21 of 24 files, then all
            await Media.objects.filter(pk__in=[each.pk for each in gone]).adelete()
            with self.assertLogs("generation.engine.retaining", "WARNING"):
                await Retaining(pause_s=0).sweep()
            assert all(exists(each.file.name) for each in media)

    def test_what_accidents_leave_is_little(self) -> None:
        table = [(0, 0, False), (1, 2, False), (20, 21, False), (21, 22, True), (100, 1000, False), (101, 1000, True)]
        table += [(1, 1, True), (3, 3, True), (20_001, 10**6, True)]  # no file belongs to any record
        assert [(lost, of, are_too_many(lost, of=of)) for lost, of, _ in table] == table

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
