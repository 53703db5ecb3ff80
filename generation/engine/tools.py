"""What a job works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from generation.engine.caretaker import Caretaker
from generation.engine.desk import AccountDesk
from generation.engine.inputs import Inputs
from generation.engine.journal import Journal, Work
from generation.engine.media import MediaFetcher
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A generation together with the account that serves it."""

    work: Work
    account_id: int
    login: Login
