"""The signature, headers, cookie and query of a web API call."""

from __future__ import annotations

import pytest

from generation.upstream import signing
from generation.upstream.signing import Login

SUBMIT = "/mweb/v1/aigc_draft/generate"
LOGIN = Login(sessionid="0123456789abcdef0123456789abcdef", web_id="7123456789012345678", uid_tt="f" * 32)


def test_the_signature_is_that_of_the_documented_string() -> None:
    # MD5 of "9e2c|enerate|7|5.8.0|1733966961||11ac"
    assert signing.sign(SUBMIT, device_time=1733966961) == "c39595f22f739b73901c09f5514a7b50"


def test_headers_are_complete_and_signed_for_their_own_time() -> None:
    headers = signing.headers(LOGIN, SUBMIT, device_time=1733966961)
    assert {name: headers[name] for name in ("Accept", "Accept-Language", "Appid", "Appvr", "Pf", "Sign-Ver")} == {
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": "513695",
        "Appvr": "5.8.0",
        "Pf": "7",
        "Sign-Ver": "1",
    }
    assert headers["Origin"] == headers["Referer"] == "https://jimeng.jianying.com"
    assert headers["Device-Time"] == "1733966961"
    assert headers["Sign"] == signing.sign(SUBMIT, device_time=1733966961)
    assert headers["Content-Type"] == "application/json"
    assert [headers[f"Sec-Fetch-{name}"] for name in ("Dest", "Mode", "Site")] == ["empty", "cors", "same-origin"]


def test_the_client_hints_match_the_user_agent() -> None:
    headers = signing.headers(LOGIN, SUBMIT, device_time=1)
    assert f"Chrome/{signing.WEB.chrome}.0.0.0" in headers["User-Agent"]
    assert f'"Google Chrome";v="{signing.WEB.chrome}"' in headers["Sec-Ch-Ua"]
    assert headers["Sec-Ch-Ua-Mobile"] == "?0"
    assert headers["Sec-Ch-Ua-Platform"].strip('"') in headers["User-Agent"]


def test_only_encodings_that_can_be_decoded_are_accepted() -> None:
    assert signing.headers(LOGIN, SUBMIT, device_time=1)["Accept-Encoding"] == "gzip, deflate"


def test_credit_calls_come_from_the_image_page() -> None:
    headers = signing.headers(LOGIN, "/x", device_time=1, referer=signing.IMAGE_PAGE)
    assert headers["Referer"] == "https://jimeng.jianying.com/ai-tool/image/generate"
    assert headers["Origin"] == "https://jimeng.jianying.com"


def test_the_cookie_is_the_documented_one() -> None:
    session = LOGIN.sessionid
    # 1733966961 is Thu 12 Dec 2024 01:29:21 UTC; 5184000 s are 60 days.
    assert signing.cookie(LOGIN, now=1733966961).split("; ") == [
        "_tea_web_id=7123456789012345678",
        "is_staff_user=false",
        "store-region=cn-gd",
        "store-region-src=uid",
        f"sid_guard={session}%7C1733966961%7C5184000%7CMon%2C+10+Feb+2025+01%3A29%3A21+GMT",
        f"uid_tt={'f' * 32}",
        f"uid_tt_ss={'f' * 32}",
        f"sid_tt={session}",
        f"sessionid={session}",
        f"sessionid_ss={session}",
    ]


@pytest.mark.parametrize("odd", ["", "a b", "a;b", "a\r\nX: y", "é", 'a"b', "a,b"])
def test_a_sessionid_that_no_cookie_can_carry_is_refused_without_repeating_it(odd: str) -> None:
    with pytest.raises(ValueError, match="no cookie can carry") as raised:
        signing.cookie(Login(sessionid=odd, web_id="7", uid_tt="f"), now=1)
    assert not odd or odd not in str(raised.value)


def test_the_query_carries_the_account_and_what_the_call_adds() -> None:
    assert signing.query(LOGIN.web_id, {"da_version": "3.3.4"}) == {
        "aid": "513695",
        "device_platform": "web",
        "region": "CN",
        "webId": "7123456789012345678",
        "da_version": "3.3.4",
    }


def test_a_login_does_not_show_its_sessionid() -> None:
    assert LOGIN.sessionid not in repr(LOGIN)
