"""The pictures of one generation, fetched as they come."""

from __future__ import annotations

import asyncio

from generation.changes import ResultFile
from generation.engine.journal import Work
from generation.engine.tools import Tools
from generation.transitions import URI_MAX_CHARS
from generation.upstream.answers import Item


class Harvest:
    """The pictures of one generation: fetched as they come, each under one position."""

    def __init__(self, work: Work, tools: Tools) -> None:
        self._work = work
        self._tools = tools
        self.generation_id = work.id
        self.expected = work.spec.count
        # What was stored before a restart keeps its place, whatever order the upstream tells its items in now.
        self.positions: dict[str, int] = dict(work.recorded)
        self._late: list[Item] = []

    async def take_early(self, items: list[Item]) -> None:
        """Fetch and record what is new, while others are still being made."""
        fresh = self._new(items)
        if fresh:
            files = await self._fetch(fresh)
            await self._tools.caretaker.record_media(self._work.id, files)

    def take(self, items: list[Item]) -> None:
        """What is new at the end is fetched by `finish`."""
        self._late = self._new(items)

    async def finish(self) -> tuple[ResultFile, ...]:
        return tuple(await self._fetch(self._late))

    def _new(self, items: list[Item]) -> list[Item]:
        fresh = []
        for item in items:
            key = _key(item)
            if key not in self.positions:
                self.positions[key] = max(self.positions.values(), default=-1) + 1
                fresh.append(item)
        return fresh

    async def _fetch(self, items: list[Item]) -> list[ResultFile]:
        places = [self.positions[_key(item)] for item in items]
        missing = [self._fetch_one(item, position) for item, position in zip(items, places, strict=True)]
        return [await missing[0]] if len(missing) == 1 else list(await asyncio.gather(*missing))

    async def _fetch_one(self, item: Item, position: int) -> ResultFile:
        work = self._work
        return await self._tools.media.fetch(
            item,
            public_id=work.public_id,
            position=position,
            output_format=work.spec.output_format,
        )


def _key(item: Item) -> str:
    """What tells a picture from the others of its set, from one look to the next."""
    if item.kind == "video":  # there is one, and the path of its address is new each time that it is signed
        return item.uri[:URI_MAX_CHARS] or item.item_id
    # The path of the address, not its signature; the id last, since the parser makes one up where there is none.
    return item.uri[:URI_MAX_CHARS] or item.url.partition("?")[0] or item.item_id
