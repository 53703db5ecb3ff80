"""Keys verified in the last seconds: saves the hot path a query."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final

from accounts.api_keys import api_key_verify, hash_key
from accounts.models import ApiKey
from jimeng_site.database import in_database


class KeyMemory:
    """Verified keys by hash, per process. A key disabled or changed in the admin may still work for TTL_S.

    Its own expiry is kept to the moment. Used on the event loop only, so it needs no lock.
    """

    TTL_S: Final = 5.0
    SIZE: Final = 1000

    def __init__(self) -> None:
        self._keys: OrderedDict[str, tuple[ApiKey, datetime]] = OrderedDict()

    async def verified(self, key: str, *, at: datetime) -> ApiKey:
        """The row of a key. Raises InvalidApiKey."""
        name = hash_key(key)
        known = self._keys.get(name)
        if known is not None and self._is_good(*known, at=at):
            return known[0]
        self._keys.pop(name, None)
        row = await in_database(api_key_verify, key, at=at)
        self._keys[name] = (row, at)
        while len(self._keys) > self.SIZE:
            self._keys.popitem(last=False)
        return row

    def forget(self) -> None:
        self._keys.clear()

    def _is_good(self, row: ApiKey, seen_at: datetime, *, at: datetime) -> bool:
        is_fresh = (at - seen_at).total_seconds() < self.TTL_S
        return is_fresh and (row.expires_at is None or row.expires_at > at)


key_memory = KeyMemory()
