"""A gateway with something of everything in it, for those who look at all of it. Filled once and not changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Browser

from tests.browser.desk import Desk, Look
from tests.generation.hostile_pictures import picture
from tests.live import Gateway, Sandbox, images_body, wait_until

MARATHON: Final = 130  # older than all else, and all Rita's
HOSTILE: Final = '<script>window.hurt = 1</script>"><img src=x onerror="window.hurt = 2"><svg onload=alert(1)>'
HOSTILE_FILE: Final = "../../<img src=x onerror=alert(1)>\"'.png"
HOSTILE_CLIENT: Final = '<script>alert(1)</script>"><img/1.0'
TYPED: Final = [
    HOSTILE_CLIENT,
    HOSTILE_CLIENT[:17],
    "four herons",
    "heron",
    "curl",
    "generation_cancelled",
    "timed_out",
    "2043 content filtered",
    "content_policy_violation",
    "Jimeng's content filter rejected this request.",
    "python-httpx",
]
ONE_LOOK: Final = [Look(width=1280, language="en")]

# People by name with the cookies of their sessions; logins; keys with an owner and the logins that serve them.
_PEOPLE: Final = """
import json
from django.contrib.auth.models import User
from django.test import Client
from accounts.api_keys import api_key_mint
from accounts.services import account_add
def cookie(user):
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
people = {"operator": User.objects.create_superuser("operator", "o@example.com", "a-long-one")}
people |= {name: User.objects.create_user(name) for name in ("rita", "nobody")}
logins = {name: account_add(sessionid=f"sb-museum-{name}", name=f"{name} login")[0] for name in LOGINS}
keys = {}
for name in LOGINS:
    row, keys[name] = api_key_mint(name=f"{name} key")
    row.allowed_accounts.set([logins[name]])
    row.owner = people["rita"] if name == "good" else None
    row.save()
print("facts:" + json.dumps([{name: cookie(user) for name, user in people.items()}, keys]))
"""
_LOGINS: Final = ("good", "busy--slow_100000", "lie--mediafake", "draw--mediasvg")
_MARATHON: Final = """
import json, uuid
from datetime import timedelta
from django.utils import timezone
from accounts.models import ApiKey
from tests.factories import make_generation, make_media
from generation.models import Generation
from generation.services import media_path
from generation.specs import video_spec
key = ApiKey.objects.get(name="good key")
first = make_media(generation=make_generation(api_key=key, prompt="marathon 000 的长跑"))
for number in range(1, COUNT):
    made = make_generation(api_key=key, prompt="marathon %03d 的长跑" % number)
    make_media(generation=made, content=b"", file=first.file.name, sha256=first.sha256, size_bytes=first.size_bytes)
now = timezone.now()
Generation.objects.update(created_at=now - timedelta(hours=1), finished_at=now - timedelta(hours=1))
make_media(generation=make_generation(prompt="binned 丢弃 heron", deleted_at=now), deleted_at=now)
pruned = make_generation(prompt="pruned heron")
gone = make_media(generation=pruned, content=b"", removed_at=now, removed_why="retention")
cancelled = make_generation(prompt="cancelled heron", status="cancelled", error_code="generation_cancelled")
film = video_spec(model="jimeng-video-3.0", prompt="late heron")
late = {"submit_id": uuid.uuid4(), "history_record_id": "1", "kind": "video", "spec": film.to_json()}
timed_out = make_generation(prompt=film.prompt, status="failed", error_code="timed_out", **late)
timed_out.model = film.model
timed_out.save()
make_generation(prompt="failed heron", status="failed", error_code="accounts_busy")
print("facts:" + json.dumps({"gone": media_path(gone), "pruned": gone.generation.public_id,
    "cancelled": cancelled.public_id, "timed out": timed_out.public_id}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Museum:
    """`sessions`: by person: operator, rita who owns a key, nobody who owns none. `ids`: public ids by state."""

    gateway: Gateway
    sandbox: Sandbox
    sessions: dict[str, str]
    keys: dict[str, str]
    ids: dict[str, str]

    def visitor(self, browser: Browser, look: Look, person: str = "operator") -> Desk:
        """`person`: "" for somebody who is not logged in."""
        desk = Desk(self.gateway, browser, look, [*TYPED])
        if person:
            desk.continue_session(self.sessions[person])
        return desk


def _told(gateway: Gateway, code: str) -> Any:
    printed = gateway.manage("shell", "-v0", "-c", code)
    return json.loads(next(line for line in printed.splitlines() if line.startswith("facts:")).removeprefix("facts:"))


def open_museum(folder: Path) -> Museum:
    sandbox = Sandbox(
        folder / "sandbox.log", "--image-seconds", "0.2", "--video-seconds", "0.5", "--media-scale", "0.1"
    )
    gateway = Gateway(folder / "data", upstream=sandbox.url)
    people = _PEOPLE.replace("LOGINS", repr(_LOGINS))
    sessions, keys = _told(gateway, people)
    keys = {name.partition("-")[0]: key for name, key in keys.items()}
    ids = _told(gateway, _MARATHON.replace("COUNT", str(MARATHON)))
    gateway.start()
    ids |= _made(gateway, keys)
    return Museum(gateway=gateway, sandbox=sandbox, sessions=sessions, keys=keys, ids=ids)


def _made(gateway: Gateway, keys: dict[str, str]) -> dict[str, str]:
    """What clients asked for: public ids by state."""
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=120) as http:

        def ask(path: str, key: str = "good", **request: Any) -> httpx.Response:
            headers = {"authorization": f"Bearer {keys[key]}", "user-agent": HOSTILE_CLIENT}
            return http.post(path, headers=headers, **request)

        def made(answer: httpx.Response) -> str:
            assert answer.status_code == 200, answer.text
            return str(answer.json()["jimeng"]["id"])

        pictures = "/v1/images/generations"
        video = ask("/v1/videos", json={"prompt": "a heron flies", "model": "jimeng-video-3.0"}).json()["id"]
        ids = {"hostile": made(ask(pictures, json=images_body(prompt=HOSTILE)))}
        form = {"prompt": HOSTILE + " edited", "model": "jimeng-4.5"}
        files = {"image": (HOSTILE_FILE, picture(), "image/png")}
        ids["edited"] = made(ask("/v1/images/edits", data=form, files=files))
        ids["lie"] = made(ask(pictures, "lie", json=images_body(prompt="no picture but a page")))
        ids["draw"] = made(ask(pictures, "draw", json=images_body(prompt="no picture but a drawing")))
        refused = ask(pictures, json=images_body(prompt="[refused] heron"))
        ids["failed"] = refused.json()["error"]["message"].rpartition(" ")[2]
        ids["many"] = made(ask(pictures, json=images_body(prompt="four herons", n=4)))
        ids["running"] = ask("/v1/videos", "busy", json={"prompt": "a slow heron", "model": "jimeng-video-3.0"}).json()[
            "id"
        ]
        wait_until(
            lambda: (
                gateway.rows(f"SELECT 1 FROM generation_generation WHERE {_is(video)} AND status = 'succeeded'")
                and gateway.rows(
                    f"SELECT 1 FROM generation_generation WHERE {_is(ids['running'])} AND status = 'submitted'"
                )
            ),
            timeout_s=120,
            what="a video is there, and one is under way",
        )
    return ids | {"video": video}


def _is(public_id: str) -> str:
    return f"public_id = '{public_id}'"
