"""A lower resolution, where nobody may make the one that was asked for and the API key allows that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.models import Account, ApiKey, Lease
from generation import transitions
from generation.changes import Downgraded
from generation.engine.downgrades import at_resolution, lower_resolutions
from generation.models import Generation, GenerationEvent
from generation.specs import ImageSpec, Spec, image_spec, video_spec
from tests.factories import make_api_key, make_generation
from tests.generation.jimeng import make_alive, refuse
from tests.generation.moves import LATER, events
from tests.generation.test_job import JobTestCase, history, make_queued

Status = Generation.Status


def cat(resolution: str = "4k", **over: Any) -> ImageSpec:
    return image_spec(model="jimeng-4.5", prompt="a cat", resolution=resolution, **over)


@pytest.mark.parametrize(
    ("spec", "resolution", "size"),
    [
        (cat(ratio="16:9"), "2k", (2560, 1440)),
        (cat(ratio="16:9"), "1k", (1024, 576)),
        (cat("2k", ratio="2:3"), "1k", (682, 1024)),
        # Sides that were chosen freely, nearest to 4k and 4:3: half of them (2304 ÷ 4608).
        (cat(width=4600, height=3400), "2k", (2300, 1700)),
        (video_spec(model="jimeng-video-3.0", prompt="a cat", ratio="9:16", resolution="1080p"), "720p", (720, 1280)),
    ],
)
def test_the_shape_stays(spec: Spec, resolution: str, size: tuple[int, int]) -> None:
    lower = at_resolution(spec, resolution)
    assert (lower.resolution, lower.width, lower.height, lower.ratio) == (resolution, *size, spec.ratio)
    assert (lower.prompt, lower.count, lower.model) == (spec.prompt, spec.count, spec.model)


def test_what_is_lower_comes_highest_first() -> None:
    assert lower_resolutions(cat("4k")) == ["2k", "1k"]
    assert lower_resolutions(cat("1k")) == []
    assert lower_resolutions(video_spec(model="jimeng-video-3.0", prompt="a cat", resolution="1080p")) == ["720p"]


class TransitionTests(TestCase):
    def change(self, row: Generation, spec: Spec, before: str) -> Downgraded:
        return Downgraded(
            generation_id=row.pk,
            spec=spec.to_json(),
            credits_estimated=spec.cost_credits,
            from_resolution=before,
            to_resolution=spec.resolution,
            reason="No account may use jimeng-4.5 at 4k.",
        )

    def test_it_waits_on_for_less_and_the_event_says_why(self) -> None:
        row = make_generation(status=Status.QUEUED, spec=cat().to_json(), credits_estimated=6, passed_over=[1])
        assert transitions.mark_downgraded([self.change(row, cat("2k"), "4k")], at=LATER) == {row.pk}
        after = Generation.objects.get()
        assert (after.status, after.credits_estimated, after.passed_over) == (Status.QUEUED, 3, [])
        assert ImageSpec.from_json(after.spec) == cat("2k")
        assert after.resolution_asked == "4k"
        event = GenerationEvent.objects.get()
        assert (event.kind, event.at) == ("downgraded", LATER)
        assert event.detail == {"from": "4k", "to": "2k", "text": "No account may use jimeng-4.5 at 4k."}

    def test_what_was_asked_at_first_is_kept(self) -> None:
        row = make_generation(status=Status.QUEUED, spec=cat().to_json())
        transitions.mark_downgraded([self.change(row, cat("2k"), "4k")], at=LATER)
        transitions.mark_downgraded([self.change(row, cat("1k"), "2k")], at=LATER)
        assert Generation.objects.get().resolution_asked == "4k"

    def test_only_what_still_waits_is_changed(self) -> None:
        row = make_generation(status=Status.CANCELLED, spec=cat().to_json())
        assert transitions.mark_downgraded([self.change(row, cat("2k"), "4k")], at=LATER) == set()
        after = Generation.objects.get()
        assert (after.status, after.spec["resolution"], after.credits_estimated) == (Status.CANCELLED, "4k", 3)
        assert events(row) == []


class JobTests(JobTestCase):
    async def queued(self, downgrades: str, spec: Spec | None = None) -> Generation:
        key = await self.sync(make_api_key, downgrades=downgrades)
        asked = spec or cat()
        return await self.sync(make_queued, api_key=key, spec=asked.to_json(), credits_estimated=asked.cost_credits)

    async def test_a_key_that_allows_it_gets_what_the_account_may_make(self) -> None:
        account = await self.sync(make_alive)
        self.jimeng.script(account, refuse("1006"))  # the credits are there: it may not make 4k
        row = await self.queued(ApiKey.Downgrades.ALLOW)
        after = await self.run_job(row)
        assert (after.status, after.spec["resolution"], after.credits_estimated) == (Status.SUCCEEDED, "2k", 3)
        assert await self.sync(history, row) == [
            "claimed",
            "submitting",
            "requeued barred",
            "downgraded",
            "claimed",
            "submitting",
            "submitted",
            "succeeded",
        ]
        assert len(self.jimeng.submitted) == 2
        assert not await Lease.objects.aexists()

    async def test_a_strict_key_and_a_page_fail_with_the_reason(self) -> None:
        barred = {"jimeng-4.5/4k": (timezone.now() + timedelta(hours=1)).isoformat()}
        await self.sync(make_alive, barred=barred)
        strict = await self.queued(ApiKey.Downgrades.STRICT)
        page = await self.sync(make_queued, spec=cat().to_json(), credits_estimated=6)
        for row in (strict, page):
            after = await self.run_job(row)
            assert (after.status, after.error_code) == (Status.FAILED, "insufficient_quota")
            assert "No account may use jimeng-4.5 at 4k" in after.error_detail
            assert after.spec["resolution"] == "4k"
        assert self.jimeng.submitted == []

    async def test_what_nobody_can_pay_is_made_for_less(self) -> None:
        await self.sync(make_alive, gift_credits=4)  # 6 for 4k, 3 for 2k
        after = await self.run_job(await self.queued(ApiKey.Downgrades.ALLOW))
        assert (after.status, after.spec["resolution"], after.credits_estimated) == (Status.SUCCEEDED, "2k", 3)

    async def test_a_resolution_that_helps_nobody_is_skipped(self) -> None:
        barred = dict.fromkeys(("jimeng-4.5/4k", "jimeng-4.5/2k"), (timezone.now() + timedelta(hours=1)).isoformat())
        await self.sync(make_alive, barred=barred)
        row = await self.queued(ApiKey.Downgrades.ALLOW)
        after = await self.run_job(row)
        assert (after.status, after.spec["resolution"], after.resolution_asked) == (Status.SUCCEEDED, "1k", "4k")

    async def test_where_no_resolution_helps_nothing_is_changed(self) -> None:
        await self.sync(make_alive, gift_credits=1)
        row = await self.queued(ApiKey.Downgrades.ALLOW)
        after = await self.run_job(row)
        assert (after.status, after.error_code, after.spec["resolution"]) == (Status.FAILED, "insufficient_quota", "4k")
        assert await self.sync(history, row) == ["failed"]
        assert not await Lease.objects.aexists()

    async def test_a_video_goes_on_in_720p(self) -> None:
        until = (timezone.now() + timedelta(hours=1)).isoformat()
        await self.sync(make_alive, barred={"jimeng-video-3.0/1080p": until}, gift_credits=5)
        spec = video_spec(model="jimeng-video-3.0", prompt="a cat", resolution="1080p")
        row = await self.queued(ApiKey.Downgrades.ALLOW, spec)
        await Generation.objects.filter(pk=row.pk).aupdate(kind="video", model=spec.model)
        after = await self.run_job(row)
        # Both cost 10 credits: in 720p, too, more than there are.
        assert (after.status, after.spec["resolution"]) == (Status.FAILED, "1080p")
        await Account.objects.aupdate(gift_credits=10)
        again = await self.queued(ApiKey.Downgrades.ALLOW, spec)
        await Generation.objects.filter(pk=again.pk).aupdate(kind="video", model=spec.model)
        self.jimeng.finished_status = 30
        after = await self.run_job(again)
        assert (after.spec["resolution"], after.spec["width"], after.spec["height"]) == ("720p", 1280, 720)
        assert await self.sync(history, again) == ["downgraded", "claimed", "submitting", "submitted", "failed"]
