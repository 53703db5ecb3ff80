"""Credits through the front door: gifts by schedule and over a midnight, and prices that balances correct."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx

from tests.live import Gateway, Sandbox, images_body, wait_until

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The names decide the shape of the balance, and how a second request for a gift is answered.
NAMES = [f"sb-gift{number:02}--credits_5" for number in range(8)]
DEAD, HELD, EMPTY = "sb-dead0001--expired", "sb-held0001--riskhold%40all", "sb-none0001--no-gift"


def results(gateway: Gateway) -> dict[str, tuple[str, int | None]]:
    """Result and credits of each account's check-in, by its name."""
    rows = gateway.rows("SELECT name, check_in_result, check_in_credits FROM accounts_account")
    return {name: (result, credits) for name, result, credits in rows}


def check_ins_begin_within_s() -> float:
    """In the first minutes of a Shanghai day nobody is asked yet."""
    now = datetime.now(SHANGHAI)
    begin = now.replace(hour=0, minute=5, second=0, microsecond=0)
    return max(0.0, (begin - now).total_seconds()) + 30


def add(gateway: Gateway, sandbox: Sandbox, sessionids: list[str]) -> None:
    """Stores accounts under their names in the sandbox."""
    for sessionid in sessionids:
        sandbox.account(sessionid)
    names = {sessionid: sessionid.removeprefix("sb-").partition("--")[0] for sessionid in sessionids}
    gateway.manage(
        "shell",
        "-c",
        "from accounts.services import account_add\n"
        f"for sessionid, name in {names!r}.items(): account_add(sessionid=sessionid, name=name)",
    )


def to_next_day(sandbox: Sandbox) -> datetime:
    """Ten minutes into the sandbox's next Shanghai day; the end of that day."""
    now = sandbox.http.post("/_control/clock", json={"advance_s": 0}).json()["now"]
    today = datetime.fromtimestamp(now, SHANGHAI)
    morning = (today + timedelta(days=1)).replace(hour=0, minute=10, second=0, microsecond=0)
    sandbox.http.post("/_control/clock", json={"advance_s": morning.timestamp() - now}).raise_for_status()
    return morning.replace(hour=23, minute=59, second=59)


def test_every_account_has_its_gift_of_the_day_and_of_the_next(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox()
    gateway = new_gateway(sandbox, JIMENG_CHECK_IN="true", JIMENG_CHECK_IN_SPREAD_S="0")
    add(gateway, sandbox, [*NAMES, DEAD, HELD, EMPTY])
    gateway.start()

    def all_done() -> bool:
        done = results(gateway)
        return all(done[f"gift{n:02}"][0] for n in range(8)) and done["none0001"][0] == "already"

    wait_until(all_done, timeout_s=check_ins_begin_within_s(), what="all have checked in")
    done = results(gateway)
    assert [done[f"gift{n:02}"] for n in range(8)] == [("received", 66)] * 8
    assert (done["dead0001"][0], done["held0001"][0]) in (("", ""), ("failed", "failed"), ("", "failed"))
    health = dict(gateway.rows("SELECT name, health FROM accounts_account"))
    assert (health["dead0001"], health["held0001"], health["none0001"]) == ("expired", "resting", "alive")
    assert balances(gateway) == {71}
    assert lapsing(gateway) == {66}  # told by half of them, known of our own doing for the others

    tonight = to_next_day(sandbox)
    ask_all_again(gateway)
    wait_until(lambda: gifts(sandbox) == [2] * 8, timeout_s=30, what="all have the gift of the next day")
    wait_until(lambda: lapses_told(gateway) >= {tonight}, timeout_s=30, what="the new balance is read")
    wait_until(lambda: balances(gateway) == {71}, timeout_s=30, what="all balances are read")
    pages = sandbox.http.get("/_control/accounts").json()
    for number in range(8):
        page = pages[f"gift{number:02}"]
        assert (page["balance"], page["lapsed"]) == (71, 66)
        titles = [entry["title"] for entry in page["ledger"]]
        assert titles == ["Start", "Daily gift", "Lapsed", "Daily gift"]
    assert sandbox.ledger()["violations"] == []


def ask_all_again(gateway: Gateway) -> None:
    gateway.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from accounts.models import Account; from accounts import services; "
        "ids = list(Account.objects.filter(name__startswith='gift').values_list('pk', flat=True)); "
        "services.accounts_request_check_in(account_ids=ids, at=timezone.now())",
    )


def balances(gateway: Gateway) -> set[int]:
    return {row[0] for row in gateway.rows("SELECT gift_credits FROM accounts_account WHERE name LIKE 'gift%'")}


def lapsing(gateway: Gateway) -> set[int]:
    sql = "SELECT json_extract(lapsing, '$[0].credits') FROM accounts_account WHERE name LIKE 'gift%'"
    return {row[0] for row in gateway.rows(sql)}


def lapses_told(gateway: Gateway) -> set[datetime]:
    sql = "SELECT gift_expires_at FROM accounts_account WHERE name LIKE 'gift%'"
    return {datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in gateway.rows(sql)}


def gifts(sandbox: Sandbox) -> list[int]:
    """How many gifts each account has received."""
    pages = sandbox.http.get("/_control/accounts").json()
    ledgers = (pages[f"gift{number:02}"]["ledger"] for number in range(8))
    return [sum(entry["title"] == "Daily gift" for entry in ledger) for ledger in ledgers]


def test_a_price_that_has_changed_is_known_after_some_pictures(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.2", "--media-scale", "0.05")
    sandbox.settings(prices={"jimeng-4.5/2k": 5})
    gateway = new_gateway(sandbox)
    add(gateway, sandbox, ["sb-payer001"])
    gateway.start()
    headers = {"Authorization": f"Bearer {gateway.new_key()}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False) as http:
        for seen, credits in enumerate((6, 10, 10)):
            read_again(gateway, since=moment(gateway, "SELECT max(submitted_at) FROM generation_generation"))
            wait_until(partial(has_seen, gateway, seen), timeout_s=10, what="the price is learned")
            answer = http.post("/v1/images/generations", json=images_body(prompt=f"cat {seen}", n=2))
            assert answer.status_code == 200, answer.text
            assert answer.json()["jimeng"]["credits"] == credits
    (charged,) = {each["charged"] for each in sandbox.ledger()["submissions"]}
    assert charged == 10


def read_again(gateway: Gateway, since: datetime | None) -> None:
    """Have the balance read while nothing was charged for some seconds before and after."""
    if since is not None:
        wait_until(lambda: datetime.now(UTC) > since + timedelta(seconds=3.5), timeout_s=10, what="it is quiet")
        gateway.manage(
            "shell",
            "-c",
            "from accounts.models import Account; from accounts import services; "
            "services.accounts_request_probe(account_ids=[Account.objects.get().pk])",
        )
    last = "SELECT credits_at FROM accounts_account"
    wait_until(lambda: is_after(moment(gateway, last), since), timeout_s=20, what="the balance is read")
    read_at = moment(gateway, last)
    assert read_at is not None
    wait_until(lambda: datetime.now(UTC) > read_at + timedelta(seconds=3.5), timeout_s=10, what="it is quiet")


def is_after(found: datetime | None, since: datetime | None) -> bool:
    return found is not None and (since is None or found > since + timedelta(seconds=3.5))


def moment(gateway: Gateway, sql: str) -> datetime | None:
    ((found,),) = gateway.rows(sql)
    return None if found is None else datetime.fromisoformat(found).replace(tzinfo=UTC)


def has_seen(gateway: Gateway, times: int) -> bool:
    """Whether so many samples agree on the price of the default picture."""
    sql = "SELECT agreeing FROM generation_price WHERE model = 'jimeng-4.5' AND variant = '2k'"
    return gateway.rows(sql) == [(times,)]
