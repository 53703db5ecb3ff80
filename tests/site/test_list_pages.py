"""Every list page of the admin: as many queries for fifty rows as for five."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models import Model
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.audit import audit
from accounts.models import Account, Alert, AlertChannel, ApiKey, BulkTask, Delivery, ImportBatch, Lease, RenewalLink
from generation.models import Generation, ModelAlias, Price
from tests.factories import make_account, make_api_key, make_generation, make_media

FEW, MANY = 5, 50
SEEDED = 12  # rows at most that are there already: aliases, and users that others make


def _account(number: int) -> None:
    account = make_account(tags=[f"tag {number}"], last_error_at=timezone.now(), health=Account.Health.EXPIRED)
    Lease.objects.create(account=account, holder=f"gen_{number}", taken_at=timezone.now())


def _api_key(number: int) -> None:
    key = make_api_key(owner=User.objects.create_user(f"owner{number}"), allowed_tags=["a"], credits_per_day=5)
    key.allowed_accounts.set([make_account()])
    make_generation(api_key=key)


def _generation(number: int) -> None:
    make_media(generation=make_generation(account=make_account(), api_key=make_api_key()))


def _alert(number: int) -> None:
    now = timezone.now()
    subject = f"account:{make_account().pk}"
    Alert.objects.create(kind="risk_hold", subject=subject, label=f"studio {number}", first_at=now, last_at=now)


def _channel(number: int) -> AlertChannel:
    return AlertChannel.objects.create(
        name=f"channel {number}", format="ntfy", target_encrypted="x", target_label="ntfy.example"
    )


def _delivery(number: int) -> None:
    now = timezone.now()
    Delivery.objects.create(
        channel=_channel(number), event="alert.risk_hold", subject="studio", payload={}, created_at=now, due_at=now
    )


def _bulk_task(number: int) -> None:
    task = BulkTask.objects.create(kind="probe", created_by="operator", created_at=timezone.now())
    account = make_account()
    task.items.create(account=account, account_label=account.name)


def _renewal_link(number: int) -> None:
    ends_at = timezone.now() + timedelta(hours=1)
    RenewalLink.objects.create(account=make_account(), token_hash=f"{number:064d}", expires_at=ends_at)


# What each model's list is filled with. A list page without its entry here is a failure.
ROWS: Mapping[type[Model], Callable[[int], Any]] = MappingProxyType(
    {
        Account: _account,
        Alert: _alert,
        AlertChannel: _channel,
        ApiKey: _api_key,
        BulkTask: _bulk_task,
        Delivery: _delivery,
        Generation: _generation,
        Group: lambda number: Group.objects.create(name=f"group {number}"),
        LogEntry: lambda number: audit(
            user_id=User.objects.create_user(f"person{number}").pk, objects=[make_account()], message="Cancel"
        ),
        ModelAlias: lambda number: ModelAlias.objects.create(name=f"alias-{number}", target="jimeng-4.5"),
        Price: lambda number: Price.objects.create(
            model=f"model-{number}", variant="2k", credits=3, seen_at=timezone.now()
        ),
        RenewalLink: _renewal_link,
        User: lambda number: User.objects.create_user(f"user{number}"),
    }
)

# An import has pages of its own, and no list.
WITH_LISTS = [model for model in admin.site._registry if model is not ImportBatch]


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


class ListPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator"))

    def test_each_list_page_is_filled_here(self) -> None:
        assert set(WITH_LISTS) <= set(ROWS)

    def test_queries_do_not_grow_with_the_rows(self) -> None:
        for model in WITH_LISTS:
            with self.subTest(model.__name__), transaction.atomic():
                self.client.get(list_url(model))  # content types are looked up once in a process
                for number in range(FEW):
                    ROWS[model](number)
                few = self.queries(model, rows=FEW)
                for number in range(FEW, MANY):
                    ROWS[model](number)
                assert len(self.queries(model, rows=MANY)) == len(few)
                transaction.set_rollback(True)  # the next list begins empty

    def queries(self, model: type[Model], *, rows: int) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            response = self.client.get(list_url(model))
        assert response.status_code == 200
        shown = len(response.context["cl"].result_list)
        assert rows <= shown <= rows + SEEDED or shown == response.context["cl"].list_per_page
        return [each["sql"] for each in captured]
