"""The sandbox as the script has it: members, troubles, ended logins; and the truth about who could serve a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bench.week.script import Member, Script, Wish
from generation.sandbox import facts, video_facts
from generation.sandbox import state as sandbox
from generation.sandbox.accounts import Account
from generation.sandbox.faults import CALL_AFTER, CALL_BEFORE, FILTERED_PROMPT, REFUSED_PROMPT, Fault, parse_faults
from generation.sandbox.wallet import day_of

IMAGE_S, VIDEO_S = (8.0, 35.0), (60.0, 300.0)
MEDIA_SCALE = 0.01  # nobody looks at the pictures
_IMAGES = {model.public_name: model for model in facts.MODELS.values()}
_VIDEOS = {model.public_name: model for model in video_facts.MODELS.values()}

Renew = Callable[[str, str], Awaitable[None]]
"""Called with a member's name and its new sessionid."""


class World:
    """One sandbox per run: those who choose differently meet the same week. `begun_at`: Unix seconds."""

    def __init__(self, script: Script, *, seed: int, begun_at: float) -> None:
        self.script = script
        self.begun_at = begun_at
        self.sessionids = {member.name: _first_sessionid(member) for member in script.members}
        settings = sandbox.Settings(
            image_seconds=IMAGE_S, video_seconds=VIDEO_S, media_scale=MEDIA_SCALE, seed=seed, closed=True
        )
        self.sandbox = sandbox.World(settings, list(self.sessionids.values()))
        self._members = {member.name: member for member in script.members}
        self._troubles: dict[str, list[str]] = {name: list(each.faults) for name, each in self._members.items()}
        for name in self._members:
            self._set_faults(name)

    async def carry_out(self, renew: Renew) -> None:
        """Let all that the script says happen at its time, up to the end of the week."""
        moments: list[tuple[float, Callable[[], Awaitable[None]]]] = []
        for trouble in self.script.troubles:
            for name in trouble.members:
                moments.append((trouble.from_s, lambda name=name, fault=trouble.fault: self._begin(name, fault)))  # type: ignore[misc]
                moments.append((trouble.to_s, lambda name=name, fault=trouble.fault: self._end(name, fault)))  # type: ignore[misc]
        for end in self.script.login_ends:
            moments.append((end.at_s, lambda name=end.member: self._log_out(name)))  # type: ignore[misc]
            moments.append((end.renewed_s, lambda name=end.member: self._log_in(name, renew)))  # type: ignore[misc]
        for at_s, happen in sorted(moments, key=lambda moment: moment[0]):
            if at_s < self.script.length_s:
                await self.until(at_s)
                await happen()

    async def until(self, at_s: float) -> None:
        """Sleep until that moment of the script."""
        await asyncio.sleep(max(0.0, self.begun_at + at_s - self.sandbox.now_s()))

    def account(self, name: str) -> Account:
        return self.sandbox.account_named(name)

    def has_stranded(self, wish: Wish) -> bool:
        """Whether an account accepted it whose login has ended since: nobody can fetch it until that is renewed."""
        prompt = prompt_of(wish)
        records = (record for record in reversed(self.sandbox.records) if record.order.prompt == prompt)
        return any(self.sessionids[record.account] not in self.sandbox.accounts for record in records)

    def able(self, wish: Wish) -> list[str]:
        """The members that would take this request now, and are able to pay.

        One that could pay after taking the gift of today, which is there for the asking, counts as able.
        """
        return [name for name in self.willing(wish) if self._pays(self.account(name), wish)]

    def willing(self, wish: Wish) -> list[str]:
        """Those that would take this request now if they could pay: alive, not held, not busy, and allowed."""
        return [name for name in self._members if self._takes(name, wish)]

    def _takes(self, name: str, wish: Wish) -> bool:
        if self.sessionids[name] not in self.sandbox.accounts:
            return False
        account = self.account(name)
        account.settle(self.sandbox.now_s())
        faults = account.faults.call_faults(CALL_BEFORE | CALL_AFTER, "submit")
        return not any(_hinders(fault, account, wish) for fault in faults)

    def _pays(self, account: Account, wish: Wish) -> bool:
        gift = 0 if account.gift_day == day_of(self.sandbox.now_s()) else facts.DAILY_GIFT
        return account.wallet.total + gift >= price_of(wish)

    # --- what happens -------------------------------------------------------------------------------

    async def _begin(self, name: str, fault: str) -> None:
        self._troubles[name].append(fault)
        self._set_faults(name)

    async def _end(self, name: str, fault: str) -> None:
        self._troubles[name].remove(fault)
        self._set_faults(name)

    def _set_faults(self, name: str) -> None:
        self.account(name).set_faults(parse_faults("--".join(self._troubles[name])))

    async def _log_out(self, name: str) -> None:
        del self.sandbox.accounts[self.sessionids[name]]

    async def _log_in(self, name: str, renew: Renew) -> None:
        self.sessionids[name] += "-renewed"
        self.sandbox.accounts[self.sessionids[name]] = self.account(name)
        await renew(name, self.sessionids[name])


def _first_sessionid(member: Member) -> str:
    bought = f"--purchase_{member.bought}" if member.bought else ""
    return f"sb-{member.name}--nocredits-daily{bought}"


def _hinders(fault: Fault, account: Account, wish: Wish) -> bool:
    if fault.name == "forbidden":
        order = [*facts.RESOLUTIONS]
        return not wish.seconds and order.index(wish.resolution) > order.index(fault.argument)  # type: ignore[arg-type]
    if fault.name == "busy" and fault.argument:
        return len(account.running) >= fault.number(1)
    return True


def prompt_of(wish: Wish) -> str:
    """The words of a request, by which the sandbox's records tell whose they are."""
    marks = {"": "", "refused": REFUSED_PROMPT, "filtered": FILTERED_PROMPT}
    return f"A lighthouse in the mist, number {wish.number} {marks[wish.fate]}".strip()


def price_of(wish: Wish) -> int:
    """What the sandbox takes for it, credits."""
    if wish.seconds:
        return _VIDEOS[wish.model].price_credits(wish.seconds)
    return _IMAGES[wish.model].price_credits(wish.resolution)  # type: ignore[arg-type]
