"""The price table: what was learned holds for what is asked then, and can be forgotten."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.utils import translation

from generation import catalog
from generation.models import Price
from generation.prices import ModelPrices, confidence, list_price, prices_ensure, prices_forget
from generation.specs import image_spec
from tests.generation.spending import PriceTestCase


class TableTests(PriceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.prices = ModelPrices()
        self.addCleanup(self.prices.forget)

    def test_what_was_learned_is_what_a_request_costs(self) -> None:
        picture = image_spec(model="jimeng-4.5", prompt="a cat", count=2)
        assert picture.cost_credits == 6
        self.made(4)
        self.learn(20)
        async_to_sync(self.prices.refresh)()
        assert picture.cost_credits == 10
        assert image_spec(model="jimeng-4.5", prompt="a cat", resolution="4k").cost_credits == 6  # its own price

    def test_a_list_price_that_nothing_confirms_is_that_of_this_version(self) -> None:
        Price.objects.filter(model="jimeng-4.5", variant="2k").update(credits=77)  # of an older one
        async_to_sync(self.prices.refresh)()
        assert image_spec(model="jimeng-4.5", prompt="a cat").cost_credits == 3
        self.made(1)
        self.learn(3)
        assert self.price() == (3, 1)

    def test_the_table_has_a_row_for_each_price(self) -> None:
        Price.objects.create(model="jimeng-0.1", variant="2k", credits=1)
        Price.objects.filter(model="jimeng-5.0").delete()
        prices_ensure()
        with self.assertNumQueries(1):  # nothing is missing any more, and nothing to drop
            prices_ensure()
        listed = {(info.name, variant) for info in catalog.MODELS.values() for variant in info.credits}
        assert set(Price.objects.values_list("model", "variant")) == listed

    def test_a_price_that_is_forgotten_is_the_list_price_again(self) -> None:
        self.made(4)
        self.learn(20)
        row = Price.objects.get(model="jimeng-4.5", variant="2k")
        assert prices_forget(price_ids=Price.objects.values_list("pk", flat=True)) == 1
        row.refresh_from_db()
        assert (row.credits, row.samples, row.agreeing, row.seen_at) == (3, 0, 0, None)

    def test_how_sure_it_is_is_told_in_words(self) -> None:
        row = Price(model="jimeng-4.5", variant="2k", credits=5)
        for agreeing, words in ((0, "list price"), (1, "seen once"), (4, "confirmed 4 times")):
            row.agreeing = agreeing
            with translation.override("en"):
                assert confidence(row) == words
        assert list_price(row) == 3
        assert list_price(Price(model="jimeng-0.1", variant="2k")) is None

    def test_while_the_table_cannot_be_read_the_prices_of_before_stay(self) -> None:
        self.made(4)
        self.learn(20)
        async_to_sync(self.prices.refresh)()

        def broken(*args: Any) -> None:
            raise DatabaseError("gone")

        with connection.execute_wrapper(broken), self.assertLogs("generation.catalog_table", "WARNING"):
            async_to_sync(self.prices.refresh)()
        assert image_spec(model="jimeng-4.5", prompt="a cat").cost_credits == 5
