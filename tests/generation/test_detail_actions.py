"""What can be done at the page of a generation: run again, cancel, and see what it was made from."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.utils import timezone

from generation.models import Generation
from tests.factories import make_account, make_api_key, make_generation, make_media, make_webp
from tests.generation.detail_desk import DetailTestCase
from tests.generation.test_detail_page import make_input

Status = Generation.Status


class RerunTests(DetailTestCase):
    def test_it_leads_to_the_new_one_and_a_double_click_to_the_same(self) -> None:
        row = make_generation()
        first, second = self.post(row, "rerun", token="drawn"), self.post(row, "rerun", token="drawn")
        made = Generation.objects.exclude(pk=row.pk).get()
        assert first["location"] == second["location"] == f"/history/{made.public_id}/"
        assert (made.owner, made.client) == (f"user:{self.staff.pk}", "page")

    def test_each_page_draws_a_token_of_its_own(self) -> None:
        row = make_generation()
        pages = [self.client.get(f"/history/{row.public_id}/").context for _ in range(2)]
        assert pages[0]["token"] != pages[1]["token"]
        assert len(pages[0]["token"]) > 20
        assert f'name="token" value="{pages[0]["token"]}"' not in self.page(row)

    def test_what_is_not_possible_is_told_where_it_was_asked_for(self) -> None:
        row = make_generation()
        Generation.objects.filter(pk=row.pk).update(spec={**row.spec, "model": "gone"}, model="gone")
        assert "Not possible: there is no such model." in self.told(self.post(row, "rerun", token="drawn"))
        assert "This page is out of date" in self.told(self.post(row, "rerun"))
        assert Generation.objects.count() == 1

    @override_settings(JIMENG_QUEUE_LIMIT=0)
    def test_a_full_queue_is_told(self) -> None:
        assert "Not possible: all accounts were busy" in self.told(self.post(make_generation(), "rerun", token="drawn"))

    def test_an_input_picture_that_is_gone_is_told(self) -> None:
        row = make_generation()
        make_input(row, 0)
        Generation.objects.filter(pk=row.pk).update(spec={**row.spec, "inputs": ["ab" * 32]})
        assert "an input picture is not stored any more" in self.told(self.post(row, "rerun", token="drawn"))

    def test_others_are_charged_as_before_where_that_key_still_works(self) -> None:
        first, second = make_api_key(owner=self.plain), make_api_key(owner=self.plain)
        row = make_generation(api_key=second)
        self.log_in(self.plain)
        self.post(row, "rerun", token="one")
        assert Generation.objects.order_by("pk").last().api_key == second  # type: ignore[union-attr]  # there are two
        type(second).objects.filter(pk=second.pk).update(enabled=False)
        self.post(row, "rerun", token="two")
        assert Generation.objects.order_by("pk").last().api_key == first  # type: ignore[union-attr]  # there are three

    def test_limits_of_the_key_hold_and_one_without_a_key_that_works_cannot_ask(self) -> None:
        key = make_api_key(owner=self.plain, credits_per_day=1)
        row = make_generation(api_key=key)
        self.log_in(self.plain)
        assert "has used its credits of today" in self.told(self.post(row, "rerun", token="one"))
        type(key).objects.update(credits_per_day=None, allowed_models=["jimeng-3.0"])
        assert "there is no such model" in self.told(self.post(row, "rerun", token="two"))
        type(key).objects.update(enabled=False)
        assert "You have no API key that works." in self.told(self.post(row, "rerun", token="three"))
        assert Generation.objects.count() == 1

    def test_reasons_are_told_in_the_language_of_the_reader(self) -> None:
        self.client.cookies["django_language"] = "zh-hans"
        row = make_generation()
        make_input(row, 0)
        Generation.objects.filter(pk=row.pk).update(model="gone", spec={**row.spec, "model": "gone"})
        page = self.told(self.post(row, "rerun", token="drawn"))
        assert "there is no such model" not in page


class CancelTests(DetailTestCase):
    def test_what_has_spent_nothing_is_cancelled_with_all_its_parts(self) -> None:
        rows = [make_generation(status=status, group_id="gen_aa") for status in (Status.QUEUED, Status.RUNNING)]
        assert "Cancelled; nothing was spent." in self.told(self.post(rows[0], "cancel"))
        assert {row.status for row in Generation.objects.all()} == {Status.CANCELLED}

    def test_what_may_be_spent_goes_on(self) -> None:
        for status in (Status.SUBMITTING, Status.SUBMITTED, Status.SUCCEEDED):
            row = make_generation(status=status)
            assert "its credits may be spent already" in self.told(self.post(row, "cancel"))
            row.refresh_from_db()
            assert row.status == status


class InputPictureTests(DetailTestCase):
    def test_it_is_served_as_a_picture_that_can_do_nothing(self) -> None:
        row = make_generation()
        name = default_storage.save("inputs/test.png", ContentFile(make_webp()))
        make_input(row, 0, file=name, content_type="image/png", source="../../etc/<b>.html")
        answer = self.client.get(f"/history/{row.public_id}/inputs/0/")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        assert b"".join(answer) == make_webp()
        assert (headers["content-type"], headers["x-content-type-options"]) == ("image/png", "nosniff")
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["cache-control"].startswith("private")
        assert headers["content-disposition"] == f'inline; filename="{row.public_id}-input-1.png"'

    def test_one_whose_file_is_gone_is_not_found(self) -> None:
        row = make_generation()
        make_input(row, 0)
        make_input(row, 1, file="")
        for position in (0, 1, 2):
            self.page(row, path=f"inputs/{position}/", status=404)


class RoleTests(DetailTestCase):
    """`stranger`: a generation of somebody else's key."""

    def setUp(self) -> None:
        super().setUp()
        self.key = make_api_key(owner=self.plain, name="mine")
        self.account = make_account(name="secret-studio")
        fields: dict[str, Any] = {"account": self.account, "account_label": "secret-studio"}
        self.mine = make_generation(api_key=self.key, **fields)
        self.theirs = make_generation(api_key=make_api_key(name="theirs"), **fields)
        make_input(self.theirs, 0, file=default_storage.save("inputs/test.png", ContentFile(make_webp())))
        self.log_in(self.plain)

    def test_what_is_not_ones_own_is_not_there(self) -> None:
        nobodys = make_generation(status=Status.QUEUED)
        media = make_media(generation=self.theirs, content=b"")
        for row in (self.theirs, nobodys, Generation(public_id="gen_00")):
            for path in ("", "inputs/0/"):
                self.page(row, path=path, status=404)
            for action in ("rerun", "cancel", "look-again"):
                assert self.post(row, action, token="t", media=media.public_id).status_code == 404
        nobodys.refresh_from_db()
        assert (nobodys.status, Generation.objects.count()) == (Status.QUEUED, 3)

    def test_ones_own_page_names_no_account_and_nothing_of_others(self) -> None:
        decision = {"why": "only_one", "passed_over": [{"why": "expired", "accounts": [(1, "secret-other", None)]}]}
        detail = {"account": "secret-studio", "attempt": 1, "decision": decision}
        self.mine.events.create(kind="claimed", at=timezone.now(), account=self.account, detail=detail)
        trouble = {"reason": "no_credits", "account": "secret-studio", "text": "secret-studio has none"}
        self.mine.events.create(kind="requeued", at=timezone.now(), account=self.account, detail=trouble)
        page = self.page(self.mine)
        assert "Given to an account, attempt 1." in page
        assert "the account is out of credits" in page
        for secret in ("secret-", "theirs", self.theirs.public_id, "/admin/", "submit_id"):
            assert secret not in page
        self.log_in(self.staff)
        page = self.page(self.mine)
        for shown in ("secret-studio", "secret-other", f"/admin/generation/generation/{self.mine.public_id}/change/"):
            assert shown in page

    def test_neighbours_are_ones_own(self) -> None:
        older, newer, _newest = (make_generation(api_key=self.key) for _ in range(3))
        make_generation()
        page = self.page(older)
        assert f'rel="prev" href="/history/{newer.public_id}/"' in page
        assert f'rel="next" href="/history/{self.mine.public_id}/"' in page

    def test_queries_do_not_grow(self) -> None:
        with self.assertNumQueries(9):  # as staff, and the keys of this person
            self.page(self.mine)

    def test_who_is_not_logged_in_is_led_to_the_door(self) -> None:
        self.client.logout()
        for path in ("", "inputs/0/"):
            answer = self.client.get(f"/history/{self.mine.public_id}/{path}")
            assert (answer.status_code, "login" in answer["location"]) == (302, True)
        assert self.post(self.mine, "rerun", token="t").status_code == 302
        assert Generation.objects.count() == 2

    def test_changes_come_by_post_only(self) -> None:
        for action in ("rerun", "cancel", "look-again"):
            assert self.client.get(f"/history/{self.mine.public_id}/{action}/").status_code == 405
