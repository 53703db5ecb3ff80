"""The price table: list prices of the catalog, corrected by what balances have shown."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services import Reading
from generation import catalog
from generation.catalog_table import CatalogTable
from generation.models import Price
from generation.price_learning import SURE_AFTER, Learned, learned_from
from generation.price_samples import Item, Sample, has_checked_in, solve, spent_between, units_between
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)


def prices_learn(*, account_id: int, before: Reading | None, after: Reading) -> bool:
    """Compare two balances of an account; True if the price table says more than before."""
    spent = None if before is None else spent_between(before, after)
    if before is None or not spent or spent < 0 or has_checked_in(account_id, before, after):
        return False
    units = units_between(account_id, before.at, after.at)
    if not units:
        return False
    sure = {(row.model, row.variant): row.credits for row in Price.objects.filter(agreeing__gte=SURE_AFTER)}
    sample = solve(spent, units, sure)
    return sample is not None and _store(sample, at=after.at)


@transaction.atomic
def _store(sample: Sample, *, at: datetime) -> bool:
    model, variant = sample.item
    list_price = _list_prices().get(sample.item)
    if list_price is None:  # a model of another version of this gateway
        return False
    row = Price.objects.select_for_update().filter(model=model, variant=variant).first()
    row = row or Price(model=model, variant=variant, credits=list_price)
    known = Learned(
        credits=row.credits if row.agreeing else list_price,
        samples=row.samples,
        agreeing=row.agreeing,
        contrary_credits=row.contrary_credits,
        contrary=row.contrary,
    )
    learned = learned_from(known, sample.credits)
    if learned.credits != known.credits:
        logger.info(
            "A price has changed",
            extra={"action": "price", "model": model, "variant": variant, "credits": learned.credits},
        )
    _write(row, learned, at)
    return True


def _write(row: Price, learned: Learned, at: datetime | None) -> None:
    row.credits, row.samples, row.agreeing = learned.credits, learned.samples, learned.agreeing
    row.contrary_credits, row.contrary, row.seen_at = learned.contrary_credits, learned.contrary, at
    row.save()


@transaction.atomic
def prices_forget(*, price_ids: Collection[int]) -> int:
    """Back to the list prices. Returns how many had been learned."""
    rows = list(Price.objects.select_for_update().filter(pk__in=price_ids, samples__gt=0))
    listed = _list_prices()
    for row in rows:
        _write(row, Learned(credits=listed.get((row.model, row.variant), row.credits)), None)
    return len(rows)


def prices_ensure() -> None:
    """A row for each price of the catalog, so that lists show all; rows of what is gone are dropped."""
    listed = _list_prices()
    stored = {(row.model, row.variant): row for row in Price.objects.all()}
    Price.objects.filter(pk__in=[row.pk for item, row in stored.items() if item not in listed]).delete()
    missing = [
        Price(model=model, variant=variant, credits=credits)
        for (model, variant), credits in listed.items()
        if (model, variant) not in stored
    ]
    Price.objects.bulk_create(missing, ignore_conflicts=True)


def _list_prices() -> Mapping[Item, int]:
    return {
        (info.name, variant): credits for info in catalog.MODELS.values() for variant, credits in info.credits.items()
    }


def list_price(price: Price) -> int | None:
    """In credits; None for a model of another version of this gateway."""
    info = catalog.MODELS.get(price.model)
    return None if info is None else info.credits.get(price.variant)


def confidence(price: Price) -> str:
    """How sure a price is, in words."""
    if not price.agreeing:
        return _("list price")
    if price.agreeing == 1:
        return _("seen once")
    return ngettext("confirmed %(count)d time", "confirmed %(count)d times", price.agreeing) % {"count": price.agreeing}


class ModelPrices(CatalogTable[Mapping[Item, int]]):
    NAME = "prices"
    TTL_S = 60.0

    def begins_with(self) -> Mapping[Item, int]:
        return {}

    def read(self) -> Mapping[Item, int]:
        learned = Price.objects.filter(agreeing__gt=0).values_list("model", "variant", "credits")
        return {(model, variant): credits for model, variant, credits in learned}

    def use(self, found: Mapping[Item, int]) -> None:
        catalog.prices_use(found)

    async def start(self) -> None:
        """When a process begins: the table has a row for each price, and its prices hold."""
        try:
            await in_database(prices_ensure)
        except DatabaseError:
            logger.warning("The prices cannot be listed", exc_info=True, extra={"action": "prices"})
        await self.refresh()


model_prices = ModelPrices()
