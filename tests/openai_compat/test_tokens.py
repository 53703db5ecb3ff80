"""`POST /token/*`: who may ask, about which logins, and what is never told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import SimpleTestCase, override_settings

from accounts.models import Account
from generation.errors import InvalidSpec
from generation.tokens import TokenState, Trouble
from generation.upstream.answers import Credits
from openai_compat.bodies import Body
from openai_compat.serializers.tokens import tokens_given
from openai_compat.token_presenters import mask, token_gift, token_life, token_points
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_key

LOGIN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


class GivenTests(SimpleTestCase):
    def test_a_text_or_a_list_or_both_name_logins(self) -> None:
        for fields, found in (
            ({"token": "one, two,,"}, ["one", "two"]),
            ({"tokens": ["one", "two"]}, ["one", "two"]),
            ({"tokens": "one,two"}, ["one", "two"]),
            ({"token": "one", "tokens": ["two", "one"]}, ["one", "two", "one"]),
            ({"token": None, "tokens": []}, []),
            ({}, []),
        ):
            with self.subTest(fields):
                assert tokens_given(Body(fields=fields)) == found

    def test_a_form_may_repeat_the_field(self) -> None:
        assert tokens_given(Body(fields={"tokens": "two"}, lists={"tokens": ["one", "two"]})) == ["one", "two"]

    def test_what_is_no_text_is_refused_without_being_repeated(self) -> None:
        for value in (1, [1], {"a": 1}, [["one"]]):
            with self.subTest(value), pytest.raises(InvalidSpec) as refused:
                tokens_given(Body(fields={"tokens": value}))
            assert refused.value.param == "tokens"

    def test_fifty_are_possible(self) -> None:
        assert len(tokens_given(Body(fields={"tokens": ["one"] * 50}))) == 50
        with pytest.raises(InvalidSpec):
            tokens_given(Body(fields={"tokens": ["one"] * 50, "token": "two"}))


class ToldTests(SimpleTestCase):
    def test_a_mask_shows_at_most_three_and_four_characters_and_less_of_short_ones(self) -> None:
        for token, masked in (
            (LOGIN, "a1b…8f90"),
            ("a" * 12 + "b" * 12, "aaa…bbbb"),
            ("abcdefgh", "a…h"),
            ("abc", "…"),
            ("", "…"),
        ):
            with self.subTest(token):
                assert mask(token) == masked
                assert len(masked) - 1 <= len(token) / 3

    def test_a_live_login_is_told_with_its_name(self) -> None:
        assert token_life(LOGIN, TokenState(live=True, screen_name="lee")) == {
            "token": "a1b…8f90",
            "live": True,
            "screen_name": "lee",
            "error": None,
        }

    def test_points_have_the_names_of_the_original(self) -> None:
        told = token_points(LOGIN, TokenState(live=True, credits=Credits(gift=1, purchase=20, vip=300)))
        assert told["points"] == {"giftCredit": 1, "purchaseCredit": 20, "vipCredit": 300, "totalCredit": 321}

    def test_a_gift_that_was_taken_is_told_even_if_the_balance_is_not_known(self) -> None:
        trouble = Trouble(code="upstream_unreachable", message="Jimeng could not be reached.")
        told = token_gift(LOGIN, TokenState(received=66, trouble=trouble))
        assert (told["received"], told["points"], told["already_received"]) == (66, None, False)
        assert told["error"] == {"code": "upstream_unreachable", "message": "Jimeng could not be reached."}


class AskingTests(ApiTestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key()

    async def post(self, body: Any = None, path: str = "/token/check", **headers: str) -> Any:
        if body is None:
            return await self.async_client.post(path, headers=headers)
        return await self.async_client.post(path, body, content_type="application/json", headers=headers)

    async def test_without_a_login_it_is_400_and_without_a_key_too_401(self) -> None:
        assert error_of(await self.post({}, **bearer(self.key)))["param"] == "token"
        nobody = await self.post()
        assert (nobody.status_code, error_of(nobody)["code"]) == (401, "invalid_api_key")

    async def test_a_wrong_key_is_refused_though_logins_are_there(self) -> None:
        for key in ("jm-wrong", "sk-1234567890", "!"):
            with self.subTest(key):
                response = await self.post({"token": LOGIN}, **bearer(key))
                assert (response.status_code, error_of(response)["code"]) == (401, "invalid_api_key")

    @override_settings(JIMENG_PASSTHROUGH=False)
    async def test_where_bare_logins_are_not_let_in_a_key_is_needed(self) -> None:
        for response in (await self.post({"token": LOGIN}), await self.post(**bearer(LOGIN))):
            assert response.status_code == 401
        # There is no engine in this process to ask with: that is as far as a key leads.
        assert (await self.post({"token": LOGIN}, **bearer(self.key))).status_code == 503
        assert not await Account.objects.aexists()

    async def test_too_many_and_unreadable_ones_are_400(self) -> None:
        for body in ({"tokens": [LOGIN] * 51}, {"tokens": {"a": 1}}, "[]"):
            with self.subTest(body):
                assert (await self.post(body, **bearer(self.key))).status_code == 400
        assert (await self.post(**bearer(",".join([LOGIN] * 51)))).status_code == 400

    async def test_all_addresses_answer(self) -> None:
        for path in ("/token/check", "/token/points/", "/v1/token/receive", "/v1/token/check/"):
            with self.subTest(path):
                assert (await self.post({}, path=path, **bearer(self.key))).status_code == 400
        assert error_of(await self.post({}, path="/token/other"))["code"] == "unknown_url"
        assert (await self.async_client.get("/token/check")).status_code == 405
