"""`python -m bench.asking_history REPEATS [WORD…]`: asks for pages of the history and prints the times as JSON.

Run by bench.history in a process that has the settings of a filled database. WORD: only pages with this in their name.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from accounts.api_keys import api_key_mint  # noqa: E402
from accounts.models import Account, ApiKey  # noqa: E402
from generation.history import Wanted, history_page  # noqa: E402
from generation.models import Generation  # noqa: E402
from generation.viewing import Viewer  # noqa: E402

STAFF, PERSON = "bench", "bench-person"
RARE_KEY = "bench: a key that was hardly used"
PAGES = 500
# Of `Wanted`, as the address calls them.
PARAMETERS = {"words": "q", "account_id": "account", "key_id": "key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page. `only`: parameters of the address that are no filter."""

    name: str
    filters: dict[str, Any] = field(default_factory=dict)
    only: dict[str, str] = field(default_factory=dict)
    before: str = ""
    who: str = STAFF

    @property
    def address(self) -> str:
        query = {PARAMETERS.get(name, name): "1" if value is True else value for name, value in self.filters.items()}
        before = {"before": self.before} if self.before else {}
        return f"{reverse('generation:history')}?{urlencode(query | self.only | before)}"


def prepare() -> int:
    """People, keys of theirs, and a key with three generations, all long ago. Returns its primary key."""
    users = get_user_model().objects
    users.get_or_create(username=STAFF, is_staff=True, is_superuser=True)
    person, _ = users.get_or_create(username=PERSON)
    own = ApiKey.objects.order_by("pk").values_list("pk", flat=True)[4:7]
    ApiKey.objects.filter(pk__in=list(own)).update(owner=person)
    rare = ApiKey.objects.filter(name=RARE_KEY).first()
    if rare is None:
        rare, _ = api_key_mint(name=RARE_KEY)
        oldest = list(Generation.objects.order_by("pk").values_list("pk", flat=True)[:300])
        Generation.objects.filter(pk__in=oldest[::100]).update(api_key=rare, deleted_at=None)
    return rare.pk


def filters(rare_key: int) -> Iterator[Asked]:
    busy, idle = Account.objects.order_by("pk").first(), Account.objects.order_by("pk").last()
    key = ApiKey.objects.order_by("pk").first()
    assert busy is not None
    assert idle is not None
    assert key is not None
    middle = timezone.localdate() - timedelta(days=45)
    for name, wanted in (
        ("kind", {"kind": "video"}),
        ("model", {"model": "jimeng-4.5"}),
        ("status: succeeded", {"status": "succeeded"}),
        ("status: cancelled", {"status": "cancelled"}),
        ("account, busy", {"account_id": busy.pk}),
        ("account, idle", {"account_id": idle.pk}),
        ("key, busy", {"key_id": key.pk}),
        ("key with 3 generations", {"key_id": rare_key}),
        ("client", {"client": "n8n"}),
        ("client, unknown", {"client": "nobody"}),
        ("one day", {"since": str(middle), "until": str(middle)}),
        ("since", {"since": str(middle)}),
        ("until", {"until": str(middle)}),
        ("pinned", {"pinned": True}),
        ("failed", {"failed": True}),
        ("trash", {"trash": True}),
        ("kind + status + key", {"kind": "video", "status": "succeeded", "key_id": key.pk}),
        ("model + failed + until", {"model": "jimeng-4.5", "failed": True, "until": str(middle)}),
        ("rare: account + client + cancelled", {"account_id": idle.pk, "client": "n8n", "status": "cancelled"}),
        ("search: lighthouse", {"words": "lighthouse"}),
        ("search: light, a beginning", {"words": "light"}),
        ("search: a", {"words": "a"}),
        ("search: zeppelin, rare", {"words": "zeppelin"}),
        ("search: submarine, none", {"words": "submarine"}),
        ("search: 水墨画", {"words": "水墨画"}),
        ("search: 画", {"words": "画"}),
        ("search: 麒麟踏雪, rare", {"words": "麒麟踏雪"}),
        ("search: 潜水艇, none", {"words": "潜水艇"}),
        ("search: lighthouse 水墨画", {"words": "lighthouse 水墨画"}),
        ("search: 水墨画 + kind", {"words": "水墨画", "kind": "video"}),
        ("search: lighthouse + account, idle", {"words": "lighthouse", "account_id": idle.pk}),
        ("search: zeppelin + key, busy", {"words": "zeppelin", "key_id": key.pk}),
    ):
        yield Asked(name=name, filters=wanted)


def pages(rare_key: int) -> Iterator[Asked]:
    yield Asked(name="gallery")
    yield Asked(name="gallery as table", only={"view": "table"})
    deep = min(PAGES, Generation.objects.count() // 50)
    yield Asked(name=f"page {PAGES}, or the last", before=cursor_of(deep))
    yield from filters(rare_key)
    yield Asked(name="a person's with 3 keys", who=PERSON)


def cursor_of(page: int) -> str:
    """By going there, page by page."""
    before = ""
    for _ in range(page - 1):
        before = history_page(viewer=Viewer(user_id=0, sees_all=True), wanted=Wanted(), before=before).before
    return before


def took_ms(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1000


def times_of(client: Client, asked: Asked, viewer: Viewer, repeats: int) -> dict[str, float]:
    """Milliseconds of the whole page; `cpu`: of this process; `data`: of finding its generations, without drawing."""

    def page() -> None:
        answer = client.get(asked.address)
        if answer.status_code != 200:
            raise AssertionError(f"{asked.address} answered {answer.status_code}")

    days = {name: asked.filters[name] for name in ("since", "until") if name in asked.filters}
    wanted = Wanted(**asked.filters | {name: date.fromisoformat(day) for name, day in days.items()})
    connections.close_all()
    cold = took_ms(page)
    cpu_before_s = time.process_time()
    warm = statistics.median(took_ms(page) for _ in range(repeats))
    cpu = (time.process_time() - cpu_before_s) * 1000 / repeats
    with CaptureQueriesContext(connection) as queries:
        page()
    data = [took_ms(lambda: history_page(viewer=viewer, wanted=wanted, before=asked.before)) for _ in range(repeats)]
    rows = len(history_page(viewer=viewer, wanted=wanted, before=asked.before).generations)
    times = {"cold": cold, "warm": warm, "cpu": cpu, "data": statistics.median(data)}
    return {"queries": len(queries), "rows": rows} | times


def main() -> None:
    settings.ALLOWED_HOSTS.append("testserver")
    repeats, only = int(sys.argv[1]), sys.argv[2:]
    rare_key = prepare()
    clients: dict[str, tuple[Client, Viewer]] = {}
    for user in get_user_model().objects.filter(username__in=(STAFF, PERSON)):
        clients[user.get_username()] = Client(), Viewer.of(user)
        clients[user.get_username()][0].force_login(user)
    clients[STAFF][0].get(reverse("generation:history"))  # templates and translations are read once in a process
    found = {}
    for asked in list(pages(rare_key)):
        if all(word in asked.name for word in only):
            client, viewer = clients[asked.who]
            found[asked.name] = times_of(client, asked, viewer, repeats)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
