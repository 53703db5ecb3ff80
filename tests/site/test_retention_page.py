"""The page of the retention policy: what it says, what it does, and for whom."""

from __future__ import annotations

from datetime import timedelta

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from generation.models import Media
from generation.retention import Policy, retention_plan
from generation.retention_count import plan_to_show
from generation.retention_notes import plan_note
from tests.factories import make_api_key, make_generation
from tests.generation.retaining import OLD, CleanTestCase, make_result

URL = reverse("generation:retention")
HOSTILE = '<script>alert("1")</script>'


class RetentionPageTests(CleanTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.cast.staff_user)

    def page(self, language: str = "en") -> str:
        response = self.client.get(URL, headers={"accept-language": language})
        assert response.status_code == 200
        return response.content.decode()

    def post(self, **fields: str) -> str:
        response = self.client.post(URL, fields, follow=True)
        assert response.redirect_chain == [(URL, 302)]
        return response.content.decode()

    def removed(self) -> int:
        return Media.objects.filter(removed_at__isnull=False).count()

    def test_it_says_the_policy_in_the_words_of_the_settings(self) -> None:
        make_api_key(name=HOSTILE, keep_days=7)
        make_api_key(name="archive", keep_days=0)
        page = self.page()
        for text in ("JIMENG_KEEP_DAYS", "Files are kept for ever.", "They may take as much room as there is."):
            assert text in page
        assert "can be restored for 30 days" in page
        assert "7 days</span>" in page
        assert "for ever</span>" in page
        assert HOSTILE not in page
        with override_settings(JIMENG_KEEP_DAYS=1, JIMENG_KEEP_GB=2.5, JIMENG_TRASH_DAYS=1):
            page = self.page()
        assert "older than 1 day." in page
        assert "more than 2.5 GB" in page
        assert "restored for 1 day." in page

    @override_settings(JIMENG_KEEP_DAYS=30)
    def test_it_shows_the_room_and_what_would_go_with_examples(self) -> None:
        media = make_result(1, size_bytes=5_000_000, generation=make_generation(prompt=HOSTILE))
        make_result(2, size_bytes=1_000_000, created_at=timezone.now(), pinned_at=OLD)
        page = self.page()
        assert "Older than 30 days" in page
        assert "1 file, 4.8" in page
        assert reverse("generation:detail", args=[media.generation.public_id]) in page
        assert f"/media/{media.public_id}.webp?variant=thumbnail" in page
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
        assert "Free on this disk:" in page

    @override_settings(JIMENG_KEEP_DAYS=30)
    def test_it_removes_only_when_that_is_confirmed(self) -> None:
        make_result(1)
        assert "it has to be confirmed" in self.post(action="remove")
        assert "Nothing was done" in self.post(action="whatever", confirm="yes")
        assert self.removed() == 0
        page = self.post(action="remove", confirm="yes")
        assert "1 file was removed." in page
        assert "Nothing.</p>" in page
        assert self.removed() == 1

    def test_the_trash_can_be_emptied_at_once(self) -> None:
        make_result(1, deleted_at=timezone.now() - timedelta(seconds=1))
        make_result(2)
        assert "1 file is in the trash" in self.page()
        assert "1 file was removed." in self.post(action="empty", confirm="yes")
        assert Media.objects.get(removed_at__isnull=False).removed_why == Media.Removal.TRASH
        assert "0 files are in the trash" in self.page()

    def test_what_is_quickly_counted_is_counted_for_each_look(self) -> None:
        self.page()
        make_result(1)
        assert '<td class="number">1</td>' in self.page()

    def test_numbers_that_take_longer_are_those_that_were_noted_last(self) -> None:
        make_result(1)
        at, policy = timezone.now(), Policy()
        assert plan_to_show(policy=policy, at=at, within_s=-1.0) is None
        noted = retention_plan(at=at - timedelta(hours=3), policy=policy)
        plan_note(noted)
        assert plan_to_show(policy=policy, at=at, within_s=-1.0) == noted

    def test_it_takes_few_queries_whatever_there_is(self) -> None:
        self.page()
        with self.assertNumQueries(4):  # session, user, policy, the newest file
            self.page()
        for number in range(4):
            key = make_api_key(keep_days=1)
            make_result(number, generation=make_generation(api_key=key))
        self.post(action="count")
        with self.assertNumQueries(12):  # and the count, examples of four rules; names of keys, examples, names again
            self.page()

    def test_it_is_in_chinese_too(self) -> None:
        with override_settings(JIMENG_KEEP_DAYS=30):
            make_result(1)
            page = self.page("zh-hans")
        for text in ("文件保留", "当前策略", "超过 30 天", "立即清理", "清空回收站"):
            assert text in page

    def test_it_is_for_staff_only(self) -> None:
        self.client.force_login(self.cast.owner_user)
        assert [act(URL).status_code for act in (self.client.get, self.client.post)] == [403, 403]
        self.client.logout()
        assert self.client.get(URL).status_code == 302
