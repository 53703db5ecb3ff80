"""Pure: bundles of logins under a password: a JSON envelope that says how, around an encrypted list."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from accounts.entries import Entry, Unreadable, entry_from_facts
from accounts.sessionids import is_sessionid

FORMAT = "jimeng-gateway-accounts"
VERSION = 1
MIN_PASSWORD_CHARS = 8
# RFC 7914's parameters for files: 64 MiB of memory and a quarter of a second for each password that is tried.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
_N_MAX, _R_MAX, _P_MAX = 2**18, 16, 4  # what a foreign envelope may make us compute
_SCRYPT_MEMORY = 512 * 1024**2
_OPENED_MAX_BYTES = 32 * 1024**2


def seal_bundle(entries: Sequence[Entry], *, password: str, at: datetime) -> str:
    """The text of a bundle file. Each call draws a new salt."""
    salt = secrets.token_bytes(16)
    content = {"accounts": [{"sessionid": each.sessionid, **each.facts()} for each in entries]}
    packed = zlib.compress(json.dumps(content, ensure_ascii=False).encode())
    token = Fernet(_key(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)).encrypt(packed).decode()
    envelope = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": at.isoformat(timespec="seconds"),
        "count": len(entries),
        "scrypt": {"n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": base64.b64encode(salt).decode()},
        "sha256": _digest(token),
        "token": token,
    }
    return json.dumps(envelope, indent=1) + "\n"


def open_bundle(envelope: Mapping[str, Any], *, password: str) -> list[Entry]:
    """The logins of a bundle, in its order. Raises Unreadable: no or a wrong password, damaged, or too new."""
    if envelope.get("version") != VERSION:
        raise Unreadable("version" if isinstance(envelope.get("version"), int) else "damaged")
    token = envelope.get("token")
    if not isinstance(token, str) or envelope.get("sha256") != _digest(token):
        raise Unreadable("damaged")  # so that it is not called a wrong password
    if not password:
        raise Unreadable("password")
    try:
        packed = Fernet(_key_of(envelope, password)).decrypt(token.encode())
    except InvalidToken as error:
        raise Unreadable("wrong_password") from error
    try:
        content = json.loads(zlib.decompressobj().decompress(packed, _OPENED_MAX_BYTES))
        return [_entry(number, each) for number, each in enumerate(content["accounts"], start=1)]
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("damaged") from error


def _entry(number: int, account: Mapping[str, Any]) -> Entry:
    facts = dict(account)
    sessionid = facts.pop("sessionid")
    if not is_sessionid(sessionid):
        raise ValueError("no sessionid")
    return entry_from_facts(line=number, sessionid=sessionid, facts=facts)


def _key_of(envelope: Mapping[str, Any], password: str) -> bytes:
    try:
        scrypt = envelope["scrypt"]
        n, r, p = scrypt["n"], scrypt["r"], scrypt["p"]
        salt = base64.b64decode(scrypt["salt"], validate=True)
        if not (1 < n <= _N_MAX and 1 <= r <= _R_MAX and 1 <= p <= _P_MAX):
            raise Unreadable("damaged")
        return _key(password, salt, n, r, p)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("damaged") from error


def _key(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    derived = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_SCRYPT_MEMORY, dklen=32)
    return base64.urlsafe_b64encode(derived)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
