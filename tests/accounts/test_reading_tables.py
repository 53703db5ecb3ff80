"""Tables with a header, read as logins."""

from __future__ import annotations

from django.test import SimpleTestCase

from accounts.entries import Problem
from accounts.reading import read_entries
from tests.accounts.test_reading import A, B, C, told

HEAD = "sessionid,name,notes,tags,priority,cap,proxy"


class TableTests(SimpleTestCase):
    def test_all_columns(self) -> None:
        proxy = "socks5://user:pass@10.0.0.1:1080"
        for delimiter in ",;\t":
            with self.subTest(delimiter):
                row = delimiter.join((A, "studio", '"a note"', '"fast, new"', "5", "3", proxy))
                (entry,) = read_entries(f"{HEAD.replace(',', delimiter)}\n{row}\n")
                assert (entry.line, entry.sessionid, entry.name, entry.notes) == (2, A, "studio", "a note")
                assert (entry.tags, entry.priority, entry.cap) == (("fast", "new"), 5, 3)
                assert entry.proxy == proxy

    def test_titles_may_be_in_any_order_in_chinese_or_unknown(self) -> None:
        (entry,) = read_entries(f'\ufeff名称,等级,SessionID,备注,标签\n小猫,9,{A},"一, 二",快|新\n')
        assert (entry.sessionid, entry.name, entry.notes, entry.tags) == (A, "小猫", "一, 二", ("快", "新"))

    def test_one_column_is_a_table_too(self) -> None:
        assert told(f"sessionid\n{A}\n{B}\n") == [(2, A), (3, B)]

    def test_cells_may_hold_line_ends_and_whole_cookies(self) -> None:
        text = f'sessionid,notes\n{A},"one\ntwo"\n"Cookie: a=b; sessionid={B}; c=d",x\n\n{C},y\n'
        assert told(text) == [(2, A), (4, B), (6, C)]
        assert read_entries(text)[0].notes == "one\ntwo"

    def test_a_bad_row_costs_only_itself(self) -> None:
        for row, problem in (
            (",nameless", Problem.NO_SESSIONID),
            (",,,", Problem.NO_SESSIONID),
            ("tiny,name", Problem.NOT_A_SESSIONID),
            (f"{B},a,b,c,first,1,", Problem.PRIORITY),
            (f"{B},a,b,c,99999,1,", Problem.PRIORITY),
            (f"{B},a,b,c,1,-1,", Problem.CAP),
            (f"{B},a,b,c,1,1,ftp://host:1", Problem.PROXY),
            (f"{B},a,b,c,1,1,http://host", Problem.PROXY),
            (f"{B},a,b,c,1,1,http://host:1/path", Problem.PROXY),
            (f"{B},a,b,c,1,1,,too much", Problem.COLUMNS),
            (f'{B},"never closed', Problem.QUOTES),
            (f'{B},"closed"wrongly', Problem.QUOTES),
        ):
            with self.subTest(row):
                assert told(f"{HEAD}\n{A},first\n{row}\n{C},last\n") == [(2, A), (3, problem), (4, C)]

    def test_a_quote_that_swallows_the_next_row_is_given_up_alone(self) -> None:
        text = f'sessionid,name\n{A},"open\n{B},"bob"\n{C},carol'
        assert told(text) == [(2, Problem.QUOTES), (3, B), (4, C)]
