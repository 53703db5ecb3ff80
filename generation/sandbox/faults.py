"""The faults that an account can carry in its sessionid: `sb-<name>[--<fault>[:<arg>][x<N>][@<scope>]]…`.

`x<N>`: only the first N calls (or submissions, or downloads) concerned. `@submit` (the default of call faults),
`@upload`, `@history`, `@credits`, `@account` or `@all` say which calls a call fault concerns. Where a sessionid may
hold neither `:` nor `@`, write `_` (or `%3A`) and `%40`: `sb-lee--slow_3--http500x2%40history`.
`sb-<name>.<number>` is a further login of the same Jimeng user: `sb-lee.2` has the user id of `sb-lee`.

call faults, before any work
  expired             1015, and a dead account info (scope: all)    riskhold             1019
  busy[:n]            1310 while n are running (default: always)    filtered-submit      2043
  forbidden:1k        1006 above that resolution                    http500[:p]          HTTP 500, with probability p
  http429[:s]         HTTP 429 with Retry-After s (default 1)       reset-before         connection reset
  brokenjson          HTTP 200, truncated JSON                      html                 HTTP 200, an HTML page
  hang[:s]            silence for s seconds (default 3600), then a reset
call faults, after the work was done and charged
  http500-after[:p]   reset-after   brokenjson-after   hang-after[:s]
record faults (x<N> counts submissions)
  vanish[:s]          not in history answers (for s seconds from the submission)
  nourl[:s]           complete, but without URLs (for s seconds from its end)
  partial:K           K pictures, then complete; only these are charged
  filtered            status 30, fail_code "2038"; refunded         filtered-int         the same with 2043, a number
  failed              status 30, "5001" (videos "5002"); refunded   slow:F               F times as long
  unknownstatus       status 77 until the last third                lateitems            complete before the last item
  playurl             a video's address is in video.play_url only
media faults (x<N> counts downloads)
  media500            media404                                      mediahtml            HTTP 200, an HTML page
  mediafake           an HTML page that is called a picture or video
  mediasvg            an SVG with a script, called a picture or video
balance
  credits:N           gift credits at the start (default 10000)     no-gift              no daily gift
  purchase:N          bought credits at the start (default 0)       vip:N                member credits (default 0)
  lapses              the gift credits of the start, and those that are set, lapse at 23:59:59 of their Shanghai day
  nocredits           no gift credits, no daily gift                nocredits-daily      none, but a daily gift of 66
Prompts have faults too, whatever the account: one that holds REFUSED_PROMPT is refused as by `filtered-submit`, one
with FILTERED_PROMPT goes as with `filtered`.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

CALL_BEFORE: Final = frozenset(
    {
        "expired",
        "riskhold",
        "busy",
        "filtered-submit",
        "forbidden",
        "http500",
        "http429",
        "reset-before",
        "brokenjson",
        "html",
        "hang",
    }
)
CALL_AFTER: Final = frozenset({"http500-after", "reset-after", "brokenjson-after", "hang-after"})
RECORD: Final = frozenset(
    {
        "vanish",
        "nourl",
        "partial",
        "filtered",
        "filtered-int",
        "failed",
        "slow",
        "unknownstatus",
        "lateitems",
        "playurl",
    }
)
MEDIA: Final = frozenset({"media500", "media404", "mediahtml", "mediafake", "mediasvg"})
BALANCE: Final = frozenset({"credits", "purchase", "vip", "lapses", "no-gift", "nocredits", "nocredits-daily"})
KNOWN: Final = CALL_BEFORE | CALL_AFTER | RECORD | MEDIA | BALANCE
NEEDS_ARGUMENT: Final = frozenset({"forbidden", "partial", "slow", "credits", "purchase", "vip"})
REFUSED_PROMPT: Final = "[refused]"
FILTERED_PROMPT: Final = "[filtered]"
SCOPES: Final = frozenset({"submit", "upload", "history", "credits", "account", "all"})
_TOKEN: Final = re.compile(
    r"(?P<name>[a-z0-9-]+?)(?::(?P<arg>[0-9][0-9.]*k?))?(?:x(?P<times>\d+))?(?:@(?P<scope>\w+))?"
)


@dataclass(slots=True)
class Fault:
    """One fault of one account. `left` is how many more times it strikes, None for always."""

    name: str
    argument: str
    left: int | None
    scope: str

    def number(self, default: float) -> float:
        """The argument as a number (seconds, factor, count or probability by the fault)."""
        return float(self.argument) if self.argument else default

    def concerns(self, scope: str) -> bool:
        """Whether a call of that scope may be struck, times left apart."""
        return self.scope in (scope, "all")

    def strike(self) -> bool:
        """Use the fault once; False when it is used up."""
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


def parse_fault(token: str) -> Fault:
    """`name[:arg][xN][@scope]` as a fault; ValueError for an unknown name, scope or a missing argument."""
    found = _TOKEN.fullmatch(token)
    if not found or found["name"] not in KNOWN:
        raise ValueError(f"unknown fault {token!r}")
    name, argument = found["name"], found["arg"] or ""
    if name in NEEDS_ARGUMENT and not argument:
        raise ValueError(f"fault {name} needs an argument")
    scope = found["scope"] or ("all" if name == "expired" else "submit")
    if scope not in SCOPES:
        raise ValueError(f"unknown scope {scope!r} of fault {name}")
    return Fault(name, argument, int(found["times"]) if found["times"] else None, scope)


def parse_faults(text: str) -> list[Fault]:
    """A text of faults joined by `--`, with or without a leading one. Empty text: none. ValueError as parse_fault."""
    return [parse_fault(token) for token in unquote(text).replace("_", ":").split("--") if token]


def parse_sessionid(sessionid: str) -> tuple[str, list[Fault]]:
    """The account name and the faults in a sessionid. One that does not start with `sb-` is a name without faults."""
    if not sessionid.startswith("sb-"):
        return sessionid[:4] + "…" + sessionid[-4:], []
    name, _, faults = sessionid.removeprefix("sb-").partition("--")
    return name or "sb", parse_faults(faults)


class FaultSet:
    """The faults of one account, looked up by kind and moment."""

    def __init__(self, faults: list[Fault], chance: random.Random) -> None:
        self._faults = faults
        self._chance = chance

    def get(self, name: str) -> Fault | None:
        """The fault of that name, whether used up or not."""
        return next((fault for fault in self._faults if fault.name == name), None)

    def call_faults(self, names: frozenset[str], scope: str) -> list[Fault]:
        """The call faults of that kind that concern the scope, in the order they were given; not yet struck."""
        return [fault for fault in self._faults if fault.name in names and fault.concerns(scope)]

    def happens(self, fault: Fault) -> bool:
        """Whether a call fault happens now: used up and probability decide."""
        if fault.name in ("http500", "http500-after") and self._chance.random() >= fault.number(1.0):
            return False
        return fault.strike()

    def take(self, names: frozenset[str]) -> dict[str, Fault]:
        """Strike each fault of that kind once (at a submission, a download): those that were not used up, by name."""
        return {fault.name: fault for fault in self._faults if fault.name in names and fault.strike()}
