"""Decrypted logins, in memory only."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from accounts.models import Account
from accounts.services import LentAccount
from accounts.vault import decrypt
from generation.upstream.signing import Login


class Logins:
    """Decrypted logins by ciphertext, so that a burst does not decrypt the same sessionid a thousand times."""

    LIMIT = 2000

    def __init__(self) -> None:
        self._known: dict[str, Login] = {}

    def find(self, account: Account | LentAccount) -> Login | None:
        """None: no key of ours decrypts it."""
        try:
            return self.of(account)
        except InvalidToken:
            return None

    def of(self, account: Account | LentAccount) -> Login:
        """Raises cryptography.fernet.InvalidToken."""
        login = self._known.get(account.sessionid_encrypted)
        if login is None:
            if len(self._known) >= self.LIMIT:
                self._known.clear()
            login = Login(sessionid=decrypt(account.sessionid_encrypted), web_id=account.web_id, uid_tt=account.uid_tt)
            self._known[account.sessionid_encrypted] = login
        return login


logins = Logins()
