"""What people did is kept in words, and read in the reader's language."""

from __future__ import annotations

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import translation

from accounts.audit import audit, change_in_words
from tests.factories import make_account


class AuditTests(TestCase):
    def setUp(self) -> None:
        self.user = User.objects.create_superuser("operator")

    def entries(self) -> list[LogEntry]:
        return list(LogEntry.objects.order_by("pk"))

    def test_each_object_has_an_entry_with_the_facts_filled_in(self) -> None:
        accounts = [make_account(name="first"), make_account(name="second")]
        audit(user_id=self.user.pk, objects=accounts, message="Rests until %(until)s.", until="18:00")
        assert [(each.object_repr, change_in_words(each), each.action_flag) for each in self.entries()] == [
            ("first", "Rests until 18:00.", CHANGE),
            ("second", "Rests until 18:00.", CHANGE),
        ]

    def test_it_is_read_in_the_readers_language(self) -> None:
        audit(user_id=self.user.pk, objects=[make_account()], message="Cancel", flag=ADDITION)
        with translation.override("zh-hans"):
            assert change_in_words(self.entries()[0]) == "取消"

    def test_nothing_done_is_no_entry(self) -> None:
        audit(user_id=self.user.pk, objects=[], message="Cancel")
        assert self.entries() == []

    def test_what_forms_and_older_versions_wrote_stays_readable(self) -> None:
        table = [
            ('[{"changed": {"fields": ["Name"]}}]', "Changed Name."),
            ("[not json", "[not json"),
            ("plain words", "plain words"),
        ]
        for stored, words in table:
            with self.subTest(stored):
                assert change_in_words(LogEntry(action_flag=CHANGE, change_message=stored)) == words
