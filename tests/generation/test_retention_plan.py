"""What the retention policy would remove, and how much room everything takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from generation.models import Generation, Media
from generation.retention import Amount, Plan, Policy, Rule, policy_in_force, retention_plan
from tests.factories import make_api_key, make_generation, make_media
from tests.generation.keeping import CastTestCase

NOW = timezone.now()
KB = 1000


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def make_file(age_days: float = 0, *, size: int = 10 * KB, generation: Generation | None = None, **over: Any) -> Media:
    """A file of that age and size, as far as rows can tell; no two have the same content, unless `sha256` says so."""
    made = make_media(generation=generation or make_generation(), created_at=days_ago(age_days))
    fields = {"size_bytes": size, "sha256": made.public_id, **over}
    Media.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    return made


def going(policy: Policy) -> dict[str, tuple[int, int]]:
    """Files and bytes by rule."""
    plan = retention_plan(at=NOW, policy=policy)
    return {f"{each.rule} {each.key_id}".removesuffix(" 0"): amount_of(each.amount) for each in plan.going}


def amount_of(amount: Amount) -> tuple[int, int]:
    return amount.files, amount.size_bytes


class RuleTests(CastTestCase):
    def test_by_default_only_the_trash_is_emptied(self) -> None:
        make_file(4000)
        make_file(4000, deleted_at=days_ago(29.9))
        thrown_away = make_file(0, deleted_at=days_ago(30))
        plan = retention_plan(at=NOW, policy=Policy())
        assert [(each.rule, each.amount.files, each.examples) for each in plan.going] == [
            (Rule.TRASH, 1, (thrown_away.public_id,))
        ]

    def test_what_is_older_than_the_gateway_keeps_it_goes(self) -> None:
        make_file(30.1)
        make_file(29.9)
        assert going(Policy(keep_days=30)) == {"age": (1, 10 * KB)}

    def test_pins_and_what_is_being_made_stay_by_every_rule(self) -> None:
        make_file(100, pinned_at=days_ago(1))
        make_file(100, generation=make_generation(status=Generation.Status.QUEUED))
        key = make_api_key(keep_days=1)
        make_file(100, pinned_at=days_ago(1), generation=make_generation(api_key=key))
        policy = Policy(keep_days=1, keep_bytes=1, trash_days=0, key_days={key.pk: 1})
        assert going(policy) == {}

    def test_a_key_has_a_number_of_its_own(self) -> None:
        week, for_ever, as_all = make_api_key(), make_api_key(), make_api_key()
        for key in (week, for_ever, as_all, None):
            for age in (100, 10, 1):
                make_file(age, generation=make_generation(api_key=key))
        policy = Policy(keep_days=30, key_days={week.pk: 7, for_ever.pk: 0})
        assert going(policy) == {f"key {week.pk}": (2, 20 * KB), "age": (2, 20 * KB)}
        longer = Policy(keep_days=5, key_days={week.pk: 50})
        assert going(longer) == {f"key {week.pk}": (1, 10 * KB), "age": (6, 60 * KB)}

    def test_when_all_take_too_much_the_oldest_go(self) -> None:
        ages = [5, 4, 3, 2, 1]
        files = [make_file(age) for age in reversed(ages)]  # stored in another order than they are old
        for keep, expected in ((50, 0), (49, 1), (40, 1), (39.9, 2), (0.001, 5)):
            plan = retention_plan(at=NOW, policy=Policy(keep_bytes=int(keep * KB)))
            found = {each.rule: each for each in plan.going}
            assert (Rule.SIZE in found) == bool(expected), keep
            if expected:
                assert found[Rule.SIZE].amount == Amount(files=expected, size_bytes=expected * 10 * KB), keep
                oldest = [file.public_id for file in reversed(files)][:expected]
                assert list(found[Rule.SIZE].examples) == oldest, keep

    def test_what_goes_by_another_rule_counts_for_the_size(self) -> None:
        for age in (100, 50, 1):
            make_file(age)
        assert going(Policy(keep_days=60, keep_bytes=20 * KB)) == {"age": (1, 10 * KB)}
        assert going(Policy(keep_days=60, keep_bytes=15 * KB)) == {"age": (1, 10 * KB), "size": (1, 10 * KB)}

    def test_the_size_takes_nothing_of_a_key_that_keeps_for_ever(self) -> None:
        key = make_api_key()
        make_file(100, generation=make_generation(api_key=key))
        make_file(1)
        assert going(Policy(keep_bytes=KB, key_days={key.pk: 0})) == {"size": (1, 10 * KB)}

    def test_what_has_no_file_is_not_counted(self) -> None:
        make_file(100, file="", thumbnail="x.webp")
        make_file(100, file="", removed_at=days_ago(1), removed_why=Media.Removal.RETENTION)
        plan = retention_plan(at=NOW, policy=Policy(keep_days=1, keep_bytes=1))
        assert (plan.going, plan.room.all) == ((), Amount())


class RoomTests(CastTestCase):
    def test_it_is_counted_by_kind_and_by_what_was_done_with_it(self) -> None:
        make_file(1)
        make_file(1, pinned_at=NOW)
        make_file(1, deleted_at=NOW, kind="video", size=500 * KB)
        room = retention_plan(at=NOW, policy=Policy()).room
        found = [amount_of(each) for each in (room.images, room.videos, room.trash, room.pinned, room.all)]
        assert found == [(2, 20 * KB), (1, 500 * KB), (1, 500 * KB), (1, 10 * KB), (3, 520 * KB)]

    def test_equal_bytes_count_once(self) -> None:
        for age in (100, 1, 1):
            make_file(age, sha256="the same")
        plan: Plan = retention_plan(at=NOW, policy=Policy(keep_days=30))
        assert amount_of(plan.room.all) == (3, 10 * KB)
        assert [amount_of(each.amount) for each in plan.going] == [(1, 0)]  # it goes, and frees nothing

    def test_files_without_checksum_are_all_different(self) -> None:
        make_file(100, sha256="")
        make_file(1, sha256="")
        plan = retention_plan(at=NOW, policy=Policy(keep_days=30))
        assert (amount_of(plan.room.all), amount_of(plan.all_going)) == ((2, 20 * KB), (1, 10 * KB))


class PolicyTests(CastTestCase):
    @override_settings(JIMENG_KEEP_DAYS=90, JIMENG_KEEP_GB=1.5, JIMENG_TRASH_DAYS=7)
    def test_it_is_that_of_the_settings_and_the_keys(self) -> None:
        week, for_ever = make_api_key(keep_days=7), make_api_key(keep_days=0)
        with self.assertNumQueries(1):
            policy = policy_in_force()
        own = {week.pk: 7, for_ever.pk: 0}
        assert policy == Policy(keep_days=90, keep_bytes=1_500_000_000, trash_days=7, key_days=own)
        assert (policy.kept_for_ever, policy.newest_due(NOW)) == ([for_ever.pk], days_ago(7))

    def test_another_may_be_tried(self) -> None:
        policy = policy_in_force(keep_days=3, keep_gb=0.5)
        assert (policy.keep_days, policy.keep_bytes, policy.trash_days) == (3, 500_000_000, 30)
        assert Policy().newest_due(NOW) is None

    def test_settings_out_of_range_do_no_harm(self) -> None:
        with override_settings(JIMENG_KEEP_DAYS=-1, JIMENG_KEEP_GB=-2.0, JIMENG_TRASH_DAYS=-3):
            assert policy_in_force() == Policy(keep_days=0, keep_bytes=0, trash_days=0)
        with override_settings(JIMENG_KEEP_DAYS=10**9, JIMENG_KEEP_GB=float("inf"), JIMENG_TRASH_DAYS=10**9):
            make_file(10_000)
            assert retention_plan(at=NOW, policy=policy_in_force()).going == ()
        with override_settings(JIMENG_KEEP_GB=float("nan")):
            assert policy_in_force().keep_bytes == 0
