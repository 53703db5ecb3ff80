"""Imports in the admin: 500 lines with duplicates and rubbish, through the front door."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import vault
from accounts.audit import change_in_words
from accounts.bundles import bundle_export
from accounts.models import Account, AccountEvent, BulkTask, ImportBatch, ImportEntry
from tests.accounts.desk import AdminTestCase
from tests.factories import make_account

IMPORT = reverse("admin:accounts_importbatch_add")
CALLERS = "known from a caller, joins the pool"
_ROW = re.compile(r'<td class="jm-number">(\d+)</td>\s*<td><span[^>]*>([^<]+)</span>')


def session(number: int) -> str:
    return f"{number:032x}"


def lines_of_500() -> list[str]:
    """300 new (one of them a caller's), 40 known, 100 repeated, 60 rubbish: 500 lines, all kinds mixed."""
    lines = [session(number) for number in range(1, 341)]  # 1…40 are known, 41 is a caller's
    lines[100] = f"Cookie: ttwid=x; sessionid={session(101)}; sid_guard={session(101)}%7C1793500000%7C5184000%7Cx"
    lines[101] = f'  "sessionid={session(102)}"; '
    lines += [session(number) for number in range(201, 301)]
    lines += [f"rubbish number {number} <b>" for number in range(60)]
    return sorted(lines, key=vault.fingerprint)  # well shuffled, and the same each time


class ImportTestCase(AdminTestCase):
    def paste(self, text: str, **more: Any) -> Any:
        return self.client.post(IMPORT, {"text": text, "tags": "", "notes": "", **more})

    def upload(self, content: bytes, **more: Any) -> Any:
        return self.client.post(IMPORT, {"file": SimpleUploadedFile("a.csv", content), "text": "", **more})

    def store(self, response: HttpResponse, **options: str) -> Any:
        return self.client.post(response["Location"], {"store": "", "tags": "", **options}, follow=True)


class FiveHundredLinesTests(ImportTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 41):
            make_account(sessionid=session(number), name=f"known {number}")
        make_account(sessionid=session(41), source=Account.Source.PASSTHROUGH)
        self.lines = lines_of_500()
        assert len(self.lines) == 500

    def test_the_preview_is_right_and_nothing_is_lost(self) -> None:
        response = self.paste("\n".join(self.lines))
        url = response["Location"]
        page = self.page(url)
        counts = dict(re.findall(r'\?verdict=(\w+)"[^>]*>[^<]* (\d+)</a>', page))
        assert counts == {"new": "299", "known": "40", "joins": "1", "repeated": "100", "bad": "60"}
        assert "300 accounts will be stored." in page
        # Every line is on one of the pages, with its verdict; none shows a sessionid.
        shown: dict[int, str] = {}
        for number in range(1, 11):
            html = self.page(f"{url}?page={number}")
            assert not re.search(r"[0-9a-f]{32}", re.sub(r"csrfmiddlewaretoken.*?>", "", html))
            shown |= {int(line): verdict for line, verdict in re.findall(_ROW, html)}
        first: set[str] = set()
        for number, line in enumerate(self.lines, start=1):
            found = re.search(r"[0-9a-f]{32}", line)
            if found is None:
                assert shown[number] == "not readable"
            else:
                value = int(found[0], 16)
                fresh = (
                    "stored already" if value <= 40 else "known from a caller, joins the pool" if value == 41 else "new"
                )
                assert shown[number] == ("twice in this import" if found[0] in first else fresh)
                first.add(found[0])

    def test_it_is_stored_in_one_go_and_its_checks_are_followed(self) -> None:
        response = self.store(self.paste("\n".join(self.lines), tags="march", notes="bought"))
        task = BulkTask.objects.get()
        assert response.redirect_chain[-1][0] == reverse("admin:accounts_bulktask_change", args=[task.public_id])
        self.assertContains(response, "300 accounts are stored.")
        self.assertContains(response, "0 of 300 done")
        assert Account.objects.in_pool().count() == 340
        stored = {vault.decrypt(each) for each in Account.objects.values_list("sessionid_encrypted", flat=True)}
        assert stored == {session(number) for number in range(1, 341)}
        guarded = Account.objects.get(fingerprint=vault.fingerprint(session(101)))
        assert guarded.login_expires_at is not None
        assert (guarded.tags, guarded.notes) == (["march"], "bought")
        assert Account.objects.due_for_probe(at=timezone.now()).filter(tags=["march"]).count() == 300
        assert not ImportEntry.objects.exclude(sessionid_encrypted="", facts_encrypted="").exists()
        added = LogEntry.objects.filter(user=self.operator)
        assert (added.count(), change_in_words(added[0])) == (300, "Added by an import.")
        assert AccountEvent.objects.filter(kind="added", actor="operator").count() == 300

    def test_a_file_of_chinese_windows(self) -> None:
        rows = [f"{session(number)},账号{number},备注" for number in range(1, 501)]
        response = self.upload("\n".join(["sessionid,name,notes", *rows]).encode("gbk"))
        self.store(response, update_known="on")
        assert Account.objects.in_pool().count() == 500
        names = set(Account.objects.in_pool().values_list("name", "notes"))
        assert names == {(f"账号{number}", "备注") for number in range(1, 501)}


class ImportPageTests(ImportTestCase):
    def test_repetitions_known_ones_and_problems_are_explained(self) -> None:
        known = make_account(sessionid=session(1), name="old <friend>")
        page = self.page(self.paste(f"{session(1)}\n{session(2)}\nnope!\n{session(2)}")["Location"])
        assert f'<a class="text-link" href="/admin/accounts/account/{known.pk}/change/">old &lt;friend&gt;</a>' in page
        assert "the same as line 2" in page
        assert "not a sessionid: 8 to 256 letters" in page
        assert "nope!" not in page

    def test_what_cannot_be_taken_says_why_and_shows_nothing(self) -> None:
        for given, words in (
            ({"text": ""}, "Paste something or choose a file"),
            ({"text": '[{"name": "my-secret-cookie'}, "line 1 cannot be read"),
            ({"text": "a" * (2 * 1024 * 1024 + 1)}, "It is larger than 2 MiB"),
        ):
            with self.subTest(words):
                response = self.client.post(IMPORT, given)
                self.assertContains(response, words)
                self.assertNotContains(response, "my-secret-cookie")
        self.assertContains(self.upload(b"x" * (2 * 1024 * 1024 + 1)), "It is larger than 2 MiB")
        both = {"text": session(1), "file": SimpleUploadedFile("a.txt", b"x")}
        self.assertContains(self.client.post(IMPORT, both), "one of the two")

    def test_a_preview_can_be_discarded(self) -> None:
        url = self.paste(session(1))["Location"]
        response = self.client.post(url, {"discard": ""}, follow=True)
        self.assertContains(response, "nothing was stored")
        assert not ImportBatch.objects.exists()
        assert not Account.objects.exists()
        assert self.client.get(url).status_code == 404

    def test_confirming_twice_stores_once(self) -> None:
        response = self.paste(session(1))
        self.store(response)
        again = self.store(response)
        assert Account.objects.count() == 1
        assert "bulktask" in again.redirect_chain[-1][0]

    def test_an_import_of_known_ones_leads_to_the_accounts(self) -> None:
        make_account(sessionid=session(1), name="old")
        response = self.store(self.paste(f"sessionid,name\n{session(1)},new"), update_known="on")
        self.assertContains(response, "1 known one was updated.")
        assert response.redirect_chain[-1][0] == reverse("admin:accounts_account_changelist")
        assert Account.objects.get().name == "new"

    def test_a_bundle_needs_its_password(self) -> None:
        account = make_account(sessionid=session(1), name="from elsewhere", web_id="7" * 19)
        text = bundle_export(account_ids=[account.pk], password="correct horse", at=timezone.now()).text
        account.delete()
        self.assertContains(self.upload(text.encode()), "its password is needed")
        self.assertContains(self.upload(text.encode(), password="wrong horse"), "does not open this bundle")
        self.store(self.upload(text.encode(), password="correct horse"))
        assert (Account.objects.get().name, Account.objects.get().web_id) == ("from elsewhere", "7" * 19)

    def test_only_who_may_add_accounts_may_import(self) -> None:
        url = self.paste(session(1))["Location"]
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_account"))
        self.client.force_login(viewer)
        assert self.client.get(IMPORT).status_code == 403
        assert self.client.post(url, {"store": ""}).status_code == 403
        assert not Account.objects.exists()

    def test_yesterdays_preview_shows_no_error_when_the_key_is_gone(self) -> None:
        url = self.paste(session(1))["Location"]
        ImportEntry.objects.update(facts_encrypted="lost", sessionid_encrypted="lost")
        assert "the encryption key has changed" in self.page(url)
        self.assertContains(
            self.client.post(url, {"store": "", "tags": ""}, follow=True), "Discard it and import again"
        )
        assert not Account.objects.exists()
