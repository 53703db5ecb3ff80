"""An account that has made pictures and videos between two readings of its balance."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase

from accounts.services import Reading
from generation.models import Generation, Price
from generation.prices import prices_ensure, prices_learn
from generation.specs import image_spec
from tests.factories import make_account, make_generation, make_media

Status = Generation.Status
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
LATER = AT + timedelta(minutes=5)


def seconds(number: float) -> datetime:
    return AT + timedelta(seconds=number)


class PriceTestCase(TestCase):
    def setUp(self) -> None:
        self.account = make_account()
        prices_ensure()

    def made(self, count: int = 4, *, at: datetime = AT + timedelta(minutes=1), **over: Any) -> Generation:
        """Pictures by jimeng-4.5 at 2k that the account has made."""
        spec = over.pop("spec", None) or image_spec(model="jimeng-4.5", prompt="a cat", count=count)
        files = over.pop("files", spec.count)
        fields = {
            "account": self.account,
            "kind": "video" if hasattr(spec, "seconds") else "image",
            "spec": spec.to_json(),
            "submit_id": uuid.uuid4(),
            "history_record_id": "1",
            "submitting_at": at,
            "submitted_at": at,
            "finished_at": at + timedelta(seconds=20),
        }
        row = make_generation(**fields | over)
        Generation.objects.filter(pk=row.pk).update(model=spec.model)
        for position in range(files):
            make_media(generation=row, content=b"", position=position)
        return row

    def learn(self, spent: int) -> bool:
        before = Reading(gift=1000, purchase=0, vip=0, lapses=(), at=AT)
        after = Reading(gift=1000 - spent, purchase=0, vip=0, lapses=(), at=LATER)
        return prices_learn(account_id=self.account.pk, before=before, after=after)

    def price(self, model: str = "jimeng-4.5", variant: str = "2k") -> tuple[int, int]:
        row = Price.objects.get(model=model, variant=variant)
        return row.credits, row.agreeing
