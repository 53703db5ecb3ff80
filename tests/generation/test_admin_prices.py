"""The list of prices: what is known of each and how sure that is, and back to the list price."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from generation.models import Price
from generation.prices import prices_ensure
from tests.accounts.desk import AdminTestCase

LIST = reverse("admin:generation_price_changelist")


class PriceListTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        prices_ensure()

    def learned(self, **over: int) -> Price:
        """jimeng-4.5 at 2k costs 5, which was seen four times."""
        row = Price.objects.get(model="jimeng-4.5", variant="2k")
        fields = {"credits": 5, "samples": 4, "agreeing": 4, "seen_at": timezone.now() - timedelta(hours=2), **over}
        Price.objects.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
        return row

    def cells(self, model: str, size: str) -> list[str]:
        """The texts of one row."""
        response = self.client.get(LIST, {"q": model})
        admin = response.context["cl"].model_admin
        row = next(each for each in response.context["cl"].result_list if (each.model, each.variant) == (model, size))
        return [str(getattr(admin, name)(row)) for name in admin.list_display]

    def test_a_list_price_is_called_so(self) -> None:
        model, size, listed, learned, sure, seen = self.cells("jimeng-5.0", "4k")
        assert (model, size, listed, learned, seen) == ("jimeng-5.0", "4k", "8", "–", "–")
        assert "list price" in sure

    def test_a_learned_one_stands_beside_it(self) -> None:
        self.learned()
        _model, _size, listed, learned, sure, seen = self.cells("jimeng-4.5", "2k")
        assert listed == "3"
        assert ">5<" in learned
        assert "confirmed 4 times" in sure
        assert "2\xa0hours ago" in seen

    def test_what_was_learned_comes_first(self) -> None:
        row = self.learned()
        shown = list(self.client.get(LIST).context["cl"].result_list)
        assert shown[0] == row
        assert [each.model for each in shown[1:4]] == ["jimeng-1.4"] * 3

    def test_doubts_are_told(self) -> None:
        self.learned(contrary_credits=6, contrary=2)
        assert "lately 6, seen 2 times" in self.cells("jimeng-4.5", "2k")[4]

    def test_seconds_of_videos_are_told_as_such(self) -> None:
        assert self.cells("jimeng-video-3.5-pro", "12")[1] == "12 s"

    def test_the_filter_asks_which_were_learned(self) -> None:
        row = self.learned()
        for answer, count in (("yes", 1), ("no", Price.objects.count() - 1)):
            response = self.client.get(LIST, {"learned": answer})
            assert response.context["cl"].result_count == count
            assert (row in response.context["cl"].result_list) is (answer == "yes")

    def test_forgetting_leads_back_to_the_list_price(self) -> None:
        row = self.learned()
        chosen = {"action": "forget", "_selected_action": [row.pk]}
        response = self.client.post(LIST, chosen, follow=True)
        assert [str(each) for each in response.context["messages"]] == ["1 price is forgotten."]
        row.refresh_from_db()
        assert (row.credits, row.agreeing, row.seen_at) == (3, 0, None)

    def test_prices_are_neither_added_nor_changed_nor_deleted_by_hand(self) -> None:
        row = self.learned()
        assert self.client.get(reverse("admin:generation_price_add")).status_code == 403
        assert self.client.get(reverse("admin:generation_price_delete", args=[row.pk])).status_code == 403
        response = self.client.post(reverse("admin:generation_price_change", args=[row.pk]), {"credits": 1})
        assert response.status_code == 403
        row.refresh_from_db()
        assert row.credits == 5

    def test_whoever_may_only_look_cannot_forget(self) -> None:
        row = self.learned()
        guest = User.objects.create_user("guest", is_staff=True)
        guest.user_permissions.add(Permission.objects.get(codename="view_price"))
        self.client.force_login(guest)
        self.client.post(LIST, {"action": "forget", "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert row.credits == 5

    def test_the_list_takes_few_queries(self) -> None:
        self.client.get(LIST)
        with self.assertNumQueries(5):  # session, user, count twice, prices
            self.client.get(LIST)

    def test_the_sidebar_leads_there(self) -> None:
        assert f'href="{LIST}"' in self.page(reverse("admin:index"))
