"""The root of every failure the gateway explains, and the branch about who may use which account.

GatewayError
├── InvalidApiKey            the caller is nobody we know
├── KeyLimitError            the API key has used up what it may; nothing was stored
│   ├── KeyRateLimited       its requests of a minute: later it works
│   ├── KeyTooBusy           its generations at once: when one is done, it works
│   └── KeyOutOfCredits      its credits of a day
├── PoolError                no account could take the generation; nothing was spent
│   ├── PoolBusy             all busy or resting: later it works
│   ├── PoolOutOfCredits     the logins live, the balances are too low
│   ├── PoolEmpty            there is no enabled account at all
│   └── UpstreamLoginExpired every login that might serve has expired
└── … (see generation/errors.py)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from accounts.decisions import Decision


class GatewayError(Exception):
    """Base of every failure the gateway explains. Carries no HTTP knowledge."""

    code: ClassVar[str]
    """Stable and unique; stored in `Generation.error_code`."""
    default_detail: ClassVar[str]
    """Shown to API users: no secrets, no upstream body."""
    safe_to_repeat: ClassVar[bool] = False
    """True only if no credit can have been spent and trying again may help."""

    def __init__(
        self, detail: str = "", *, param: str | None = None, retry_after_s: float | None = None, public_id: str = ""
    ) -> None:
        self.detail = detail or self.default_detail
        self.param = param
        self.retry_after_s = retry_after_s
        self.public_id = public_id
        super().__init__(self.detail)


class InvalidApiKey(GatewayError):
    code = "invalid_api_key"
    default_detail = "Incorrect API key provided."


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An API key's requests a minute. `reset_s`: until the next of them comes free; 0: all are free."""

    limit: int
    remaining: int
    reset_s: float


class KeyLimitError(GatewayError):
    """The API key has used up what it may; nothing was stored or spent."""

    allowance: Allowance | None = None
    """Its requests a minute, where these are limited."""


class KeyRateLimited(KeyLimitError):
    code = "rate_limit_exceeded"
    default_detail = "This API key has made all the requests that it may make in a minute."
    safe_to_repeat = True


class KeyTooBusy(KeyLimitError):
    code = "too_many_generations"
    default_detail = "This API key has as many generations under way as it may have at once."
    safe_to_repeat = True


class KeyOutOfCredits(KeyLimitError):
    code = "key_credits_exhausted"
    default_detail = "This API key may spend no more credits today."


class PoolError(GatewayError):
    """No account could take the generation; nothing was spent."""

    safe_to_repeat = True
    decision: Decision | None = None
    """Who was passed over and why, where accounts were looked at."""


class PoolBusy(PoolError):
    code = "accounts_busy"
    default_detail = "All accounts are busy or resting. Try again later."


class PoolOutOfCredits(PoolError):
    code = "insufficient_quota"
    default_detail = "No account has enough credits for this request."
    safe_to_repeat = False


class PoolEmpty(PoolError):
    code = "no_accounts"
    default_detail = "This gateway has no enabled account that may serve this request."
    safe_to_repeat = False


class UpstreamLoginExpired(PoolError):
    code = "upstream_login_expired"
    default_detail = "The Jimeng login has expired and no other account is left; nothing was submitted."
