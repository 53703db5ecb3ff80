"""Decrypted logins, in memory only."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from accounts.models import Account
from accounts.proxies import proxy_of
from accounts.services import LentAccount
from accounts.vault import decrypt
from generation.upstream.signing import Login


class Logins:
    """Decrypted logins by ciphertexts, so that a burst does not decrypt the same sessionid a thousand times."""

    LIMIT = 2000

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Login] = {}

    def find(self, account: Account | LentAccount) -> Login | None:
        """None: no key of ours decrypts it, or its proxy."""
        try:
            return self.of(account)
        except InvalidToken:
            return None

    def of(self, account: Account | LentAccount) -> Login:
        """Raises cryptography.fernet.InvalidToken."""
        key = (account.sessionid_encrypted, account.proxy_encrypted)
        login = self._known.get(key)
        if login is None:
            if len(self._known) >= self.LIMIT:
                self._known.clear()
            login = Login(
                sessionid=decrypt(account.sessionid_encrypted),
                web_id=account.web_id,
                uid_tt=account.uid_tt,
                proxy=proxy_of(account),
            )
            self._known[key] = login
        return login


logins = Logins()
