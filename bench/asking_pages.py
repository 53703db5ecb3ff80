"""`python -m bench.asking_pages REPEATS`: asks for every list page of the admin and prints the times as JSON.

Run by bench.pages in a process that has the settings of a filled database.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Account  # noqa: E402
from generation.models import Generation  # noqa: E402

SEARCHES = {
    "generation.generation": ("lighthouse", "水墨画", "nothing has these words"),
    "accounts.account": ("studio 1",),
}


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Name and address of each page."""
    yield "dashboard, 24 hours", reverse("admin:index")
    yield "dashboard, 7 days", reverse("admin:index") + "?span=week"
    account = Account.objects.order_by("pk").first()  # the busiest of a filled database
    newest = Generation.objects.order_by("-pk").first()
    assert account is not None
    assert newest is not None
    yield "accounts.account, one", reverse("admin:accounts_account_change", args=[account.pk])
    yield "generation.generation, one", reverse("admin:generation_generation_change", args=[newest.pk])
    for model, model_admin in admin.site._registry.items():
        name = model._meta.label_lower
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        answer = client.get(address)
        if answer.status_code != 200:
            continue  # imports have no list, only a page to begin with
        yield name, address
        context: dict[str, Any] = answer.context_data or {}
        for query in filter_queries(context["cl"]):
            yield f"{name} ?{query}", f"{address}?{query}"
        for words in SEARCHES.get(name, ()) if model_admin.search_fields else ():
            yield f"{name} ?q={words}", f"{address}?q={words}"
        if model is Generation:
            yield f"{name} ?p=1000", f"{address}?p=1000"


def filter_queries(changelist: Any) -> Iterator[str]:
    """Each choice of each filter, alone."""
    for spec in changelist.filter_specs:
        field = getattr(spec, "field", None)
        if field is None:
            yield from (f"{spec.parameter_name}={value}" for value, _ in spec.lookup_choices)
        elif field.is_relation:
            ids = field.related_model.objects.order_by("pk").values_list("pk", flat=True)
            yield from (f"{spec.lookup_kwarg}={pk}" for pk in {ids.first(), ids.last()} if pk is not None)
        else:
            yield from (f"{spec.lookup_kwarg}={value}" for value, _ in field.flatchoices)


def answer_ms(client: Client, address: str) -> float:
    begun = time.perf_counter()
    response = client.get(address)
    took_ms = (time.perf_counter() - begun) * 1000
    if response.status_code != 200:
        raise AssertionError(f"{address} answered {response.status_code}")
    return took_ms


def times_of(client: Client, address: str, repeats: int) -> dict[str, float]:
    connections.close_all()
    cold = answer_ms(client, address)
    cpu_before_s = time.process_time()
    warm = statistics.median(answer_ms(client, address) for _ in range(repeats))
    cpu = (time.process_time() - cpu_before_s) * 1000 / repeats
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return {"queries": len(queries), "cold": cold, "warm": warm, "cpu": cpu}


def main() -> None:
    settings.ALLOWED_HOSTS.append("testserver")
    user, _ = get_user_model().objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    client.get(reverse("admin:index"))  # templates and translations are read once in a process
    repeats, only = int(sys.argv[1]), sys.argv[2:]
    found = {}
    for name, address in list(pages(client)):
        if all(word in name for word in only):
            found[name] = times_of(client, address, repeats)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
