"""Accounts in the admin, through the front door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts import vault
from accounts.admin.cells import HEALTH_COLOURS
from accounts.models import Account, Lease
from accounts.shanghai import day_of
from tests.accounts.desk import ADD, LIST, AdminTestCase
from tests.factories import make_account

Health = Account.Health
Reason = Account.RestReason


class AccountAddTests(AdminTestCase):
    def test_several_sessionids_are_stored_one_a_line(self) -> None:
        text = "  sessionid=first-login-0001;\n\nsecond.login_0002\nfirst-login-0001\n"
        response = self.client.post(ADD, {"sessionids": text, "name": "studio", "notes": "ours"}, follow=True)
        stored = list(Account.objects.order_by("pk"))
        assert [each.name for each in stored] == ["studio 1", "studio 2"]
        assert [vault.decrypt(each.sessionid_encrypted) for each in stored] == ["first-login-0001", "second.login_0002"]
        assert {each.notes for each in stored} == {"ours"}
        self.assertContains(response, "2 accounts are stored and probed now.")
        self.assertNotContains(response, "Stored already")  # the third line is the first again, no older account

    def test_those_that_are_there_already_are_named(self) -> None:
        make_account(sessionid="first-login-0001", name="old friend")
        response = self.client.post(ADD, {"sessionids": "first-login-0001\nsecond-login-0002"}, follow=True)
        assert Account.objects.count() == 2
        self.assertContains(response, "Stored already: old friend.")
        self.assertContains(response, "1 account is stored and probed now.")

    def test_nothing_new_is_an_error(self) -> None:
        make_account(sessionid="first-login-0001", name="old friend")
        response = self.client.post(ADD, {"sessionids": "first-login-0001"})
        self.assertContains(response, "Stored already: old friend.")

    def test_a_pass_through_login_joins_the_pool(self) -> None:
        known = make_account(sessionid="first-login-0001", source=Account.Source.PASSTHROUGH)
        response = self.client.post(ADD, {"sessionids": "first-login-0001", "name": "mine"}, follow=True)
        known.refresh_from_db()
        assert (known.source, known.name) == (Account.Source.OPERATOR, "mine")
        self.assertContains(response, "in the pool now: mine")

    def test_what_is_no_sessionid_is_named_by_its_line_and_not_shown_again(self) -> None:
        response = self.client.post(ADD, {"sessionids": "a-good-login-0001\nnot good!\nshort"})
        self.assertContains(response, "Not a sessionid: line 2, 3.")
        self.assertNotContains(response, "a-good-login-0001")
        self.assertNotContains(response, "not good!")
        assert not Account.objects.exists()


class AccountListTests(AdminTestCase):
    def test_each_health_has_a_colour(self) -> None:
        assert set(HEALTH_COLOURS) == set(Health)

    def test_it_says_why_and_until_when_an_account_rests(self) -> None:
        until = timezone.localtime() + timedelta(days=1)
        make_account(health=Health.RESTING, rest_until=until, rest_reason=Reason.RISK_HOLD)
        self.assertContains(self.client.get(LIST), f"until {until:%m-%d %H:%M} · held by risk control")

    def test_a_rest_that_is_over_is_not_called_a_rest(self) -> None:
        make_account(health=Health.RESTING, rest_until=timezone.now() - timedelta(seconds=1))
        self.assertContains(self.client.get(LIST), "rested: used again when needed")

    def test_nor_is_one_without_credits_said_to_be_used_again(self) -> None:
        over = timezone.now() - timedelta(seconds=1)
        make_account(health=Health.RESTING, rest_until=over, rest_reason=Reason.NO_CREDITS, gift_credits=0)
        page = self.page(LIST)
        assert "out of credits until the next gift" in page
        assert "used again" not in page

    def test_it_shows_credits_and_when_the_gift_lapses(self) -> None:
        lapse = timezone.localtime() + timedelta(days=2)
        make_account(gift_credits=66, purchase_credits=300, vip_credits=0, spent_since_read=6, gift_expires_at=lapse)
        page = self.page(LIST)
        assert ">360<" in page
        assert f"60 gift lapse at {lapse:%m-%d %H:%M}" in page

    def test_what_has_lapsed_is_neither_shown_nor_sorted_nor_filtered_as_if_it_were_there(self) -> None:
        now = timezone.now()
        lapsed, later = now - timedelta(hours=1), now + timedelta(hours=1)
        two = [{"credits": 60, "at": lapsed.isoformat()}, {"credits": 6, "at": later.isoformat()}]
        read: dict[str, Any] = {"credits_at": now, "purchase_credits": 0, "vip_credits": 0}
        gone = make_account(**read, gift_credits=66, gift_expires_at=lapsed)
        some = make_account(**read, gift_credits=66, gift_expires_at=lapsed, lapsing=two)
        rich = make_account(**read | {"purchase_credits": 9}, gift_credits=50, spent_since_read=53)
        unread = make_account()
        shown = {each: each.credits for each in (gone, some, rich, unread)}
        assert shown == {gone: 0, some: 6, rich: 6, unread: None}
        assert set(self.rows("state=broke")) == {gone}
        assert self.rows("o=-3")[0] == rich
        self.assertContains(self.client.get(LIST), "all lapse at")

    def test_it_shows_leases_and_the_last_error(self) -> None:
        account = make_account(
            concurrency_cap=3, last_error_code="1310", last_error_detail="too busy", last_error_at=timezone.now()
        )
        Lease.objects.create(account=account, holder="gen_1", taken_at=timezone.now())
        page = self.page(LIST)
        assert "1 / 3" in page
        assert "too busy" in page

    def test_what_the_upstream_said_is_escaped(self) -> None:
        make_account(name="<b>x</b>", last_error_detail="<script>alert(1)</script>", last_error_at=timezone.now())
        page = self.page(LIST)
        assert "<script>alert(1)" not in page
        assert "<b>x</b>" not in page

    def test_the_number_of_queries_does_not_grow_with_the_accounts(self) -> None:
        for _ in range(3):
            make_account()
        with self.assertNumQueries(7):  # session, user, tags, lifetimes, count twice (all, filtered), accounts
            self.client.get(LIST)

    def test_filters_answer_questions(self) -> None:
        now = timezone.now()
        well = make_account(health=Health.ALIVE, last_used_at=now, gift_credits=5, credits_at=now)
        expired = make_account(health=Health.EXPIRED, last_used_at=now)
        resting = make_account(
            health=Health.RESTING, rest_until=now + timedelta(hours=1), rest_reason=Reason.BUSY, last_used_at=now
        )
        rested = make_account(health=Health.RESTING, rest_until=now - timedelta(hours=1), last_used_at=now)
        broke = make_account(gift_credits=4, spent_since_read=4, credits_at=now, last_used_at=now)
        idle = make_account(last_used_at=now - timedelta(days=8))
        fresh = make_account(source=Account.Source.PASSTHROUGH)
        off = make_account(enabled=False, health=Health.EXPIRED, last_used_at=now)
        today = day_of(now)
        gifted = make_account(health=Health.ALIVE, last_used_at=now, checked_in_on=today, tags=["fast", "夜间"])
        ending = make_account(last_used_at=now, login_expires_at=now + timedelta(days=2), tags=["fast"])
        ended = make_account(health=Health.EXPIRED, last_used_at=now, login_expires_at=now - timedelta(days=2))
        pool = {well, expired, resting, rested, broke, idle, off, gifted, ending, ended}
        everybody = pool | {fresh}
        table = {
            "state=ill": {expired, resting, ended},
            "state=expiring": {ending},
            "state=no_gift": {well, resting, rested, broke, idle, ending},
            "health=alive": {well, gifted},
            "health=resting": {resting},
            "health=rested": {rested},
            "health=expired": {expired, ended},
            "tag=fast": {gifted, ending},
            "tag=夜间": {gifted},
            "state=resting": {resting},
            "state=broke": {broke},
            "state=unused": {idle, fresh},
            "state=off": {off},
            "source=passthrough": {fresh},
            "source=operator": pool,
            "": everybody,
        }
        for query, wanted in table.items():
            with self.subTest(query):
                assert set(self.rows(query)) == wanted

    def rows(self, query: str) -> list[Account]:
        return list(self.client.get(f"{LIST}?{query}").context["cl"].result_list)


class AccountActionTests(AdminTestCase):
    def test_probe_now_leaves_alone_what_the_engine_would_not_probe(self) -> None:
        later = timezone.now() + timedelta(hours=3)
        well = make_account(probe_due_at=later)
        off = make_account(enabled=False, probe_due_at=later)
        held = make_account(health=Health.RESTING, rest_until=later, rest_reason=Reason.RISK_HOLD, probe_due_at=later)
        said = self.act("probe_now", well, off, held)
        due = set(Account.objects.due_for_probe(at=timezone.now()))
        assert due == {well}
        assert said == ["1 account is probed now. Left out: 2 (left alone, disabled or held by risk control)."]

    def test_wake_ends_rests_and_forgets_failures(self) -> None:
        later = timezone.now() + timedelta(hours=3)
        resting = make_account(health=Health.RESTING, rest_until=later, rest_reason=Reason.BUSY, failures_in_a_row=4)
        well = make_account(health=Health.ALIVE)
        said = self.act("wake", resting, well)
        resting.refresh_from_db()
        well.refresh_from_db()
        assert (resting.health, resting.rest_until, resting.failures_in_a_row) == (Health.UNKNOWN, None, 0)
        assert well.health == Health.ALIVE
        assert said == ["1 account is awake. Left out: 1 (neither rested nor were expired or barred)."]

    def test_enable_and_disable_count_what_they_changed(self) -> None:
        on, off = make_account(), make_account(enabled=False)
        assert self.act("disable", on, off) == ["1 account is disabled. Left out: 1 (were disabled already)."]
        assert not Account.objects.filter(enabled=True).exists()
        assert self.act("enable", on, off) == ["2 accounts are enabled."]
        assert Account.objects.filter(enabled=True).count() == 2

    def test_an_account_that_is_lent_out_cannot_be_deleted(self) -> None:
        lent, free = make_account(name="lent"), make_account(name="free")
        Lease.objects.create(account=lent, holder="gen_1", taken_at=timezone.now())
        url = reverse("admin:accounts_account_delete", args=[lent.pk])
        self.assertContains(self.client.get(url), "lent serves a generation just now")
        self.client.post(url, {"post": "yes"})
        self.client.post(LIST, {"action": "delete_selected", "_selected_action": [lent.pk, free.pk], "post": "yes"})
        assert Account.objects.count() == 2
        self.client.post(LIST, {"action": "delete_selected", "_selected_action": [free.pk], "post": "yes"})
        assert list(Account.objects.all()) == [lent]
