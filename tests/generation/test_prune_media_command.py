"""`manage.py prune_media`."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from generation.models import Media
from tests.factories import make_api_key, make_generation
from tests.generation.retaining import OLD, CleanTestCase, exists, make_result, make_unused


def prune(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("prune_media", *arguments, stdout=out)
    return out.getvalue().splitlines()


def removed() -> int:
    return Media.objects.filter(removed_at__isnull=False).count()


class PruneTests(CleanTestCase):
    def setUp(self) -> None:
        super().setUp()
        week = make_api_key(name="of a week", keep_days=7)
        self.media = [
            make_result(1, size_bytes=4_000_000),
            make_result(2, size_bytes=2_000_000, generation=make_generation(api_key=week)),
            make_result(3, size_bytes=1_500_000, created_at=timezone.now(), deleted_at=OLD),
            make_result(4, size_bytes=3_000_000, created_at=timezone.now()),
            make_result(5, size_bytes=1_000_000, pinned_at=OLD),
        ]
        for media in self.media:
            make_unused(media)

    @override_settings(JIMENG_KEEP_DAYS=30)
    def test_a_dry_run_tells_what_would_go_by_which_rule_and_does_nothing(self) -> None:
        old, of_key, trashed, *_ = (each.public_id for each in self.media)
        assert prune("--dry-run") == [
            "stored: 5 files, 11.5 MB, pinned of it: 1 files, 1.0 MB",
            "in the trash for 30 days: 1 files, 1.5 MB",
            f"  {trashed}",
            "older than 7 days, of the key of a week: 1 files, 2.0 MB",
            f"  {of_key}",
            "older than 30 days: 1 files, 4.0 MB",
            f"  {old}",
            "in total: 3 files, 7.5 MB",
        ]
        assert removed() == 0

    @override_settings(JIMENG_KEEP_DAYS=30)
    def test_without_it_is_done(self) -> None:
        assert prune()[-1] == "removed: 3 files, 7.5 MB"
        assert removed() == 3
        assert [exists(each.file.name) for each in self.media] == [False, False, False, True, True]

    def test_other_limits_can_be_tried(self) -> None:
        lines = prune("--dry-run", "--days", "0", "--gb", "0.005")
        assert "beyond 0.005 GB, the oldest first: 1 files, 4.0 MB" in lines
        assert "older than 1 days: 1 files, 4.0 MB" in prune("--dry-run", "--days", "1")
        for wrong in (
            ("--days", "-1"),
            ("--gb", "-0.1"),
            ("--gb", "nan"),
            ("--gb", "inf"),
            ("--orphans", "--days", "1"),
        ):
            with pytest.raises(CommandError):
                prune(*wrong)

    def test_orphans_are_another_matter(self) -> None:
        lost = self.media[3]
        Media.objects.filter(pk=lost.pk).delete()
        names = sorted(name for name in (lost.file.name, lost.preview.name, lost.thumbnail.name) if name)
        *listed, told = prune("--orphans", "--dry-run")
        assert (sorted(listed), told) == (names, "3 files are named by no record.")
        assert exists(lost.file.name)
        assert prune("--orphans") == ["3 files that no record names are deleted."]
        assert (exists(lost.file.name), removed()) == (False, 0)
