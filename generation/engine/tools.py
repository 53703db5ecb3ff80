"""What a job works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from generation.engine.caretaker import Caretaker
from generation.engine.desk import AccountDesk
from generation.engine.inputs import Inputs
from generation.engine.journal import Journal, Work
from generation.engine.media import MediaFetcher
from generation.engine.timing import Forecaster
from generation.engine.watcher import Follow, Watcher
from generation.upstream.client import UpstreamClient
from generation.upstream.signing import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a job works with; one set per engine."""

    client: UpstreamClient
    journal: Journal
    desk: AccountDesk
    watcher: Watcher
    media: MediaFetcher
    caretaker: Caretaker
    inputs: Inputs
    follows: dict[int, Follow] = field(default_factory=dict)
    """What is being followed now, by generation id: how far each is."""
    on_wire: set[int] = field(default_factory=set)
    """Ids whose submit call is under way: a stopping engine waits for these."""


def tools_with(client: UpstreamClient, *, journal: Journal, desk: AccountDesk, caretaker: Caretaker) -> Tools:
    """The rest is the same wherever an engine runs."""
    watcher = Watcher(
        client,
        Forecaster(),
        reload_login=caretaker.login,
        on_failure=caretaker.note_failure,
        lost_after_s=settings.JIMENG_LOST_RECORD_S,
    )
    return Tools(
        client=client,
        journal=journal,
        desk=desk,
        watcher=watcher,
        media=MediaFetcher(client),
        caretaker=caretaker,
        inputs=Inputs(client),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A generation together with the account that serves it."""

    work: Work
    account_id: int
    login: Login
