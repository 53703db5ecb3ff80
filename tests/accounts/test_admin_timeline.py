"""The page of an account: its history in sentences, a page at a time, and its balance as a drawing."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin.history import STEPS_SHOWN
from accounts.models import Account, AccountEvent, CreditSnapshot, Lease
from generation.models import Generation
from generation.usage import usage_rebuild
from tests.accounts.desk import AdminTestCase, change_url
from tests.factories import make_account, make_generation

Kind = AccountEvent.Kind


class TimelineTests(AdminTestCase):
    def test_events_and_generations_are_one_history_newest_first(self) -> None:
        account, now = make_account(), timezone.now()
        AccountEvent.objects.create(account=account, kind=Kind.PROBED, at=now - timedelta(minutes=4))
        make_generation(account=account, prompt="a lighthouse", created_at=now - timedelta(minutes=3))
        detail = {"reason": "busy", "until": now.isoformat()}
        AccountEvent.objects.create(account=account, kind=Kind.RESTED, at=now - timedelta(minutes=2), detail=detail)
        AccountEvent.objects.create(account=account, kind=Kind.WOKEN, at=now - timedelta(minutes=1), actor="<b>ann</b>")
        make_generation(
            account=account,
            status=Generation.Status.FAILED,
            error_code="content_policy_violation",
            created_at=now,
        )
        page = self.page(change_url(account))
        told = ["content filter", "Woken: its rest", "too many tasks at once.", "a lighthouse", "the login is alive"]
        places = [page.index(words) for words in told]
        assert places == sorted(places)
        assert "by &lt;b&gt;ann&lt;/b&gt;" in page
        assert "<b>ann" not in page

    def test_every_step_is_on_exactly_one_page(self) -> None:
        account, now = make_account(), timezone.now()
        for number in range(STEPS_SHOWN):
            at = now - timedelta(minutes=number // 3)  # some at the same moment
            make_generation(account=account, prompt=f"lighthouse-{number}.", created_at=at)
            detail = {"code": f"code-{number}."}
            AccountEvent.objects.create(account=account, kind=Kind.CHECK_IN_FAILED, at=at, detail=detail)
        make_generation(account=make_account(), prompt="lighthouse-of another account.")
        found: list[str] = []
        url: str | None = change_url(account)
        while url is not None:
            page = self.page(url).split('id="timeline"')[1]
            found += re.findall(r"(?:lighthouse|code)-\d+\.", page)
            older = re.search(r'href="([^"]+)#timeline">Older', page)
            url = older[1].replace("&amp;", "&") if older else None
        assert len(found) == len(set(found)) == 2 * STEPS_SHOWN

    def test_a_place_that_is_none_is_the_beginning(self) -> None:
        account = make_account()
        make_generation(account=account, prompt="a lighthouse")
        assert "a lighthouse" in self.page(change_url(account) + "?event=x&generation=-1")

    def test_its_queries_do_not_grow_with_its_history(self) -> None:
        account = make_account()

        def grow() -> int:
            for _ in range(8):
                generation = make_generation(account=account)
                AccountEvent.objects.create(account=account, kind=Kind.PROBED, at=timezone.now())
                Lease.objects.create(account=account, holder=generation.public_id, taken_at=timezone.now())
                CreditSnapshot.objects.create(account=account, gift=1, purchase=0, vip=0, at=timezone.now())
            with CaptureQueriesContext(connection) as queries:
                self.page(change_url(account))
            return len(queries)

        grow()  # what Django looks up once and keeps
        assert grow() == grow()


class PanelTests(AdminTestCase):
    def test_the_balance_is_drawn_with_what_will_lapse(self) -> None:
        now = timezone.now()
        account = make_account(gift_credits=60, gift_expires_at=now + timedelta(hours=5))
        for hours, gift in ((50, 66), (20, 30), (1, 60)):
            at = now - timedelta(hours=hours)
            CreditSnapshot.objects.create(account=account, gift=gift, purchase=40, vip=0, at=at)
        page = self.page(change_url(account))
        assert "Balance over 30 days: now 100, lowest 70, highest 106 credits." in page
        assert 'class="jm-area-gift" d="M' in page
        assert 'class="jm-lapse"' in page
        assert "60 gift lapse at" in page

    def test_an_account_that_was_never_read_has_no_drawing(self) -> None:
        assert "jm-area-gift" not in self.page(change_url(make_account()))

    def test_its_work_of_the_last_day_and_week_is_summed_up(self) -> None:
        account, now = make_account(), timezone.now()
        make_generation(account=account, finished_at=now)
        make_generation(account=account, finished_at=now - timedelta(days=3))
        make_generation(account=account, finished_at=now - timedelta(days=30))
        list(usage_rebuild())
        page = self.page(change_url(account))
        assert f'account__id__exact={account.pk}&amp;when=day">1<' in page
        assert f'account__id__exact={account.pk}&amp;when=week">2<' in page

    def test_a_person_reads_no_json(self) -> None:
        account = make_account(
            tags=["fast"],
            barred={"jimeng-4.5/4k": (timezone.now() + timedelta(hours=2)).isoformat()},
            lapsing=[{"credits": 22, "at": (timezone.now() + timedelta(hours=2)).isoformat()}],
            check_in_result=Account.CheckInResult.FAILED,
        )
        AccountEvent.objects.create(account=account, kind=Kind.RESTED, at=timezone.now(), detail={"reason": "busy"})
        page = self.page(change_url(account)).split('id="content"')[1]
        assert "&#x27;: " not in page
        assert "&quot;: " not in page
