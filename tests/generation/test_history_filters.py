"""What the address of the gallery asks for: read, written again, and shown."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.test import SimpleTestCase, TestCase

from generation.history import Wanted
from generation.pages.filters import Filters
from generation.viewing import Viewer
from tests.factories import make_account, make_api_key, make_generation

STAFF = Viewer(user_id=1, sees_all=True)
KIM = Viewer(user_id=2, sees_all=False)

READ = [
    ("", Wanted()),
    ("q=++a+cat+&kind=video", Wanted(words="a cat", kind="video")),
    ("model=jimeng-4.5&status=failed", Wanted(model="jimeng-4.5", status="failed")),
    ("account=3&key=4&client=curl", Wanted(account_id=3, key_id=4, client="curl")),
    ("since=2026-11-01&until=2026-11-25", Wanted(since=date(2026, 11, 1), until=date(2026, 11, 25))),
    ("pinned=1&failed=1&trash=1", Wanted(pinned=True, failed=True, trash=True)),
    ("show=med_1&before=gen_1&utm=x", Wanted()),
]
IGNORED = [
    ("kind=sound", ("Kind",)),
    ("model=gpt-9", ("Model",)),
    ("status=<b>", ("State",)),
    ("account=red&key=0", ("Account", "API key")),
    ("account=99999999999999999999", ("Account",)),
    ("since=yesterday&until=2026-13-01", ("Since", "Until")),
    ("since=0001-01-01&until=9999-12-31", ("Since", "Until")),
    ("q=" + "a" * 201, ("Search in prompts",)),
    ("q=%00", ("Search in prompts",)),
    ("view=cinema", ("View",)),
]


@pytest.mark.parametrize(("query", "wanted"), READ)
def test_an_address_is_read(query: str, wanted: Wanted) -> None:
    assert Filters.read(QueryDict(query), STAFF).wanted == wanted


@pytest.mark.parametrize(("query", "problems"), IGNORED)
def test_what_is_no_value_is_ignored_and_named(query: str, problems: tuple[str, ...]) -> None:
    filters = Filters.read(QueryDict(query), STAFF)
    assert filters.wanted == Wanted()
    assert filters.problems == problems


@pytest.mark.parametrize("query", [query for query, _ in READ[1:-1]])
def test_what_is_written_reads_the_same(query: str) -> None:
    filters = Filters.read(QueryDict(query + "&view=table"), STAFF)
    again = Filters.read(QueryDict(filters.query()), STAFF)
    assert (again.wanted, again.view) == (filters.wanted, "table")


class FiltersTests(SimpleTestCase):
    def test_others_have_no_filter_by_account(self) -> None:
        filters = Filters.read(QueryDict("account=3&key=4"), KIM)
        assert filters.wanted == Wanted(key_id=4)
        assert "account" not in filters.form.fields

    def test_a_switch_is_turned_off_by_the_link_that_shows_it(self) -> None:
        switches = {link.label: link for link in Filters.read(QueryDict("q=a&pinned=1"), STAFF).switches()}
        assert switches["Pinned"].is_on
        assert switches["Pinned"].href == "/history/?q=a"
        assert not switches["Videos"].is_on
        assert switches["Videos"].href == "/history/?q=a&kind=video&pinned=1"

    def test_all_filters_are_cleared_but_not_the_place(self) -> None:
        filters = Filters.read(QueryDict("q=a&trash=1&view=table&status=failed"), STAFF)
        assert filters.cleared() == "/history/?trash=1&view=table"
        assert filters.is_filtered
        assert not Filters.read(QueryDict("trash=1"), STAFF).is_filtered


class ChipTests(TestCase):
    def test_each_filter_is_a_chip_in_words_that_removes_it(self) -> None:
        account, key = make_account(name="red"), make_api_key(name="studio")
        make_generation(api_key=key, client_name="curl")
        query = f"q=a+cat&account={account.pk}&key={key.pk}&client=curl&since=2026-11-01"
        filters = Filters.read(QueryDict(query), STAFF)
        filters.form.offer(STAFF)
        chips = {chip.label: chip.href for chip in filters.chips()}
        assert list(chips) == [
            "Search in prompts: a cat",
            "Account: red",
            "API key: studio",
            "Client: curl",
            "Since: 2026-11-01",
        ]
        assert chips["Account: red"] == f"/history/?q=a+cat&key={key.pk}&client=curl&since=2026-11-01"

    def test_only_what_one_may_see_is_offered(self) -> None:
        kim = get_user_model().objects.create_user("kim")
        viewer = Viewer.of(kim)
        own = make_api_key(name="own", owner=kim)
        make_generation(api_key=own, client_name="curl")
        make_generation(api_key=make_api_key(name="of others"), client_name="secret client")
        form = Filters.read(QueryDict(""), viewer).form
        form.offer(viewer)
        html = form.as_p()
        assert "own" in html
        assert "curl" in html
        assert "of others" not in html
        assert "secret client" not in html
