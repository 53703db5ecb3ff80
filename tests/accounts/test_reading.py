"""What people paste and upload, read as logins: nothing is dropped, nothing is taken for what it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import SimpleTestCase

from accounts.entries import PROBLEM_WORDS, UNREADABLE_WORDS, Entry, Problem, Unreadable
from accounts.reading import MAX_BYTES, MAX_ENTRIES, read_entries

A, B, C = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210", "sb-third.login_3"
END = datetime(2026, 12, 1, tzinfo=UTC)
MADE_S = int(END.timestamp()) - 5_184_000  # logins live 60 days
GUARD = f"{A}%7C{MADE_S}%7C5184000%7CTue%2C+01-Dec-2026+00%3A00%3A00+GMT"


def told(given: str | bytes) -> list[tuple[int, str]]:
    """Line, and sessionid or problem."""
    return [(each.line, each.problem or each.sessionid) for each in read_entries(given)]


class LinesTests(SimpleTestCase):
    def test_bare_sessionids_in_every_dress(self) -> None:
        for text, expected in {
            A: [(1, A)],
            f"  {A}  \n\n\t{B}\r\n": [(1, A), (3, B)],
            f"{A},{B}, {C}": [(1, A), (1, B), (1, C)],
            f"{A}，{B}、{C}；": [(1, A), (1, B), (1, C)],
            f"{A} {B}": [(1, A), (1, B)],
            f"\"{A}\"\n'{B}'": [(1, A), (2, B)],
            f"sessionid={A};\nsessionid={B}": [(1, A), (2, B)],
            f"\ufeff{A}\r{B}": [(1, A), (2, B)],
        }.items():
            with self.subTest(text):
                assert told(text) == expected

    def test_rubbish_is_named_by_its_line(self) -> None:
        text = f"# my logins\n{A}\nshort\nnot two words good\n猫猫猫猫猫猫猫猫猫\n,,,\n<html>\n{B},nope"
        bad = Problem.NOT_A_SESSIONID
        assert told(text) == [(1, bad), (2, A), (3, bad), (4, bad), (5, bad), (6, bad), (7, bad), (8, B), (8, bad)]

    def test_a_line_of_rubbish_in_front_is_no_json(self) -> None:
        assert told(f"[something\n{A}") == [(1, Problem.NOT_A_SESSIONID), (2, A)]
        assert told(f"{{oops\n{A}") == [(1, Problem.NOT_A_SESSIONID), (2, A)]

    def test_cookie_headers(self) -> None:
        for text, expected in {
            f"Cookie: a=b; sessionid={A}; sid_guard={GUARD}": [(1, A)],
            f"cookie:sessionid={A}": [(1, A)],
            f"a=b; sessionid={A}; c=d\na=b; sessionid={B}": [(1, A), (2, B)],
            f"sessionid_ss={A}; a=b": [(1, A)],
            f"curl x -H 'Cookie: sessionid={A}; a=b'": [(1, A)],
            "Cookie: a=b; c=d": [(1, Problem.NO_SESSIONID)],
            "Cookie: a=b; sessionid=no good; c=d": [(1, Problem.NOT_A_SESSIONID)],
        }.items():
            with self.subTest(text):
                assert told(text) == expected

    def test_the_end_of_a_login_is_in_its_sid_guard(self) -> None:
        for guard in (GUARD, f"{A}|{MADE_S}|5184000|whatever", f'"{GUARD}"'):
            with self.subTest(guard):
                (entry,) = read_entries(f"sessionid={A}; sid_guard={guard}")
                assert entry.login_expires_at == END
        for guard in ("", "x", f"{A}%7Cx%7Cy", f"{A}%7C99999999999999999%7C1"):
            with self.subTest(guard):
                (entry,) = read_entries(f"sessionid={A}; sid_guard={guard}")
                assert entry.login_expires_at is None


class EncodingTests(SimpleTestCase):
    def test_what_windows_and_others_write(self) -> None:
        text = f"sessionid,name\n{A},小猫的账号\n"
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"):
            with self.subTest(encoding):
                (entry,) = read_entries(text.encode(encoding))
                assert (entry.sessionid, entry.name) == (A, "小猫的账号")

    def test_what_cannot_be_taken_says_why_and_repeats_nothing(self) -> None:
        for given, code in (
            ("", "empty"),
            (b"\n \n", "empty"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff", "encoding"),
            (b"a" * (MAX_BYTES + 1), "too_large"),
            ("a\n" * (MAX_ENTRIES + 1), "too_many"),
            ('[{"name": "sessionid", "value": "my secret value', "json"),
        ):
            with self.subTest(code), pytest.raises(Unreadable) as raised:
                read_entries(given)
            assert raised.value.code == code
            assert raised.value.words == str(raised.value)
            assert "secret" not in str(raised.value)

    def test_every_problem_has_words(self) -> None:
        assert set(PROBLEM_WORDS) == set(Problem)
        assert all(UNREADABLE_WORDS.values())

    def test_an_entry_does_not_show_its_sessionid_nor_its_proxy(self) -> None:
        assert A not in repr(Entry(line=1, sessionid=A))
        assert "hunter2" not in repr(Entry(line=1, proxy="http://u:hunter2@h:1"))


class HostileTests(SimpleTestCase):
    def test_thousands_of_sessionids_on_one_line(self) -> None:
        given = ",".join(f"{number:032x}" for number in range(MAX_ENTRIES // 2))
        assert len(read_entries(given)) == MAX_ENTRIES // 2

    def test_what_no_database_stores_and_what_steers_terminals_is_left_out(self) -> None:
        for bad in ("\\u0000", "\\ud800", "\\udfff", "\\u001b", "\\u009b"):
            with self.subTest(bad):
                text = f"my{bad} cat"
                (entry,) = read_entries(
                    f'[{{"sessionid": "{A}", "name": "{text}", "notes": "{text}", "tags": ["{text}"]}}]'
                )
                assert (entry.name, entry.notes, entry.tags) == ("my cat", "my cat", ("my cat",))

    def test_a_name_is_one_line(self) -> None:
        (entry,) = read_entries(f'[{{"sessionid": "{A}", "name": "cat\\nBcc: dog", "notes": "one\\ntwo"}}]')
        assert (entry.name, entry.notes) == ("cat Bcc: dog", "one\ntwo")

    def test_an_end_that_is_no_time_is_not_known(self) -> None:
        never = ("253402300799", '"9999-12-31T23:59:59Z"', "1" + "0" * 400, "1e308", "NaN", "Infinity", "-1", "true")
        for end in never:
            with self.subTest(end):
                cookie = f'{{"name": "sessionid", "value": "{A}", "expirationDate": {end}}}'
                (entry,) = read_entries(f"[{cookie}]")
                assert (entry.sessionid, entry.login_expires_at) == (A, None)
