"""What browser extensions and tools export as JSON or cookies.txt, read as logins."""

from __future__ import annotations

import json
from typing import Any

from django.test import SimpleTestCase

from accounts.entries import Problem
from accounts.reading import read_entries
from tests.accounts.test_reading import END, GUARD, MADE_S, A, B, told


def cookie(name: str, value: str, **more: Any) -> dict[str, Any]:
    return {"domain": ".jianying.com", "path": "/", "name": name, "value": value, **more}


JAR = [cookie("ttwid", "x"), cookie("sessionid", A), cookie("sid_guard", GUARD)]
OTHER = [cookie("sessionid", B, expirationDate=END.timestamp())]


class JsonTests(SimpleTestCase):
    def test_every_shape_of_export(self) -> None:
        for content, expected in (
            (JAR, [(1, A)]),
            ({"cookies": JAR, "origins": []}, [(1, A)]),
            ({"url": "https://jimeng.jianying.com", "cookies": JAR}, [(1, A)]),
            ([JAR, OTHER], [(1, A), (2, B)]),
            ([{"cookies": JAR}, {"cookies": OTHER}], [(1, A), (2, B)]),
            ({"sessionid": A, "sid_guard": GUARD}, [(1, A)]),
            ([{"sessionid": A}, {"sessionid": B}], [(1, A), (2, B)]),
            ([A, f"Cookie: sessionid={B}; a=b"], [(1, A), (2, B)]),
            ([{"cookie": f"sessionid={A}; a=b"}], [(1, A)]),
            ([*JAR, *OTHER], [(1, A), (1, B)]),
            ([*JAR, cookie("sessionid", A, domain="jimeng.jianying.com")], [(1, A)]),
        ):
            with self.subTest(json.dumps(content)[:80]):
                assert told(json.dumps(content, indent=2)) == expected

    def test_what_holds_no_login_says_why(self) -> None:
        elsewhere = [cookie("sessionid", A, domain=".instagram.com")]
        for content, problem in (
            ([cookie("a", "b")], Problem.NO_SESSIONID),
            (elsewhere, Problem.OTHER_SITE),
            ([{"domain": "notjianying.com", "name": "sessionid", "value": A}], Problem.OTHER_SITE),
            ([cookie("sessionid", "bad value")], Problem.NOT_A_SESSIONID),
            ([[4]], Problem.SHAPE),
            ({"unknown": True}, Problem.SHAPE),
            ([{"sessionid": A, "priority": "high"}], Problem.PRIORITY),
            ([{"sessionid": A, "cap": True}], Problem.CAP),
            ([{"sessionid": A, "proxy": "nowhere"}], Problem.PROXY),
        ):
            with self.subTest(problem), self.subTest(json.dumps(content)):
                assert told(json.dumps(content)) == [(1, problem)]
        assert told(json.dumps([JAR, [], OTHER])) == [(1, A), (2, Problem.SHAPE), (3, B)]

    def test_names_and_the_rest_travel_with_an_account(self) -> None:
        given = {"cookies": JAR, "name": "小猫", "notes": "n", "tags": ["a", "b"], "priority": -1, "cap": 4}
        (entry,) = read_entries(json.dumps([given]))
        assert (entry.name, entry.notes, entry.tags) == ("小猫", "n", ("a", "b"))
        assert (entry.priority, entry.cap, entry.login_expires_at) == (-1, 4, END)

    def test_the_end_of_a_login(self) -> None:
        ends: tuple[dict[str, Any], ...] = (
            {"expirationDate": END.timestamp()},
            {"expires": END.timestamp()},
            {"expires": END.timestamp() * 1000},
            {"expirationDate": str(int(END.timestamp()))},
            {"expires": END.isoformat()},
        )
        for more in ends:
            with self.subTest(more):
                (entry,) = read_entries(json.dumps([cookie("sessionid", A, **more)]))
                assert entry.login_expires_at == END
        no_ends: tuple[dict[str, Any], ...] = (
            {},
            {"expires": -1},
            {"session": True, "expirationDate": None},
            {"expires": "soon"},
        )
        for more in no_ends:
            with self.subTest(more):
                (entry,) = read_entries(json.dumps([cookie("sessionid", A, **more)]))
                assert entry.login_expires_at is None

    def test_the_sid_guard_of_a_login_goes_before_the_cookies_date(self) -> None:
        jar = [cookie("sessionid", A, expirationDate=END.timestamp() + 999), cookie("sid_guard", GUARD)]
        assert read_entries(json.dumps(jar))[0].login_expires_at == END

    def test_a_line_each(self) -> None:
        text = f"{json.dumps(JAR)}\n\n{json.dumps({'sessionid': B})}\nrubbish"
        assert told(text) == [(1, A), (3, B), (4, Problem.NOT_A_SESSIONID)]


class NetscapeTests(SimpleTestCase):
    def test_cookies_txt(self) -> None:
        head = "# Netscape HTTP Cookie File\n# https://curl.se\n\n"
        row = f"#HttpOnly_.jianying.com\tTRUE\t/\tTRUE\t{int(END.timestamp())}\tsessionid\t{A}\n"
        other = f".jianying.com\tTRUE\t/\tTRUE\t0\tsessionid\t{B}\n.jianying.com\tTRUE\t/\tTRUE\t0\tx\ty\n"
        assert told(head + row) == [(4, A)]
        assert read_entries(head + row)[0].login_expires_at == END
        assert told(row + "broken\n") == [(1, A), (2, Problem.SHAPE)]
        assert told(head + row + head + other) == [(4, A), (8, B)]
        assert told(head + ".jianying.com\tTRUE\t/\tTRUE\t0\tx\ty\n") == [(4, Problem.NO_SESSIONID)]

    def test_the_guard_of_another_login_says_nothing(self) -> None:
        foreign = f"{B}|{MADE_S}|5184000|x"
        jar = [*JAR, cookie("sid_guard", foreign)]
        assert [each.login_expires_at for each in read_entries(json.dumps(jar))] == [END]
