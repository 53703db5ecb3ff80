"""Links by which the owner of an account gives a new sessionid, once, without the admin. No network here."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import vault
from accounts.keeping import account_replace_sessionid
from accounts.models import Account, RenewalLink
from accounts.sessionids import PastedLogin

ATTEMPTS_MAX = 5
ACTOR = "renewal link"
THANKED_FOR = timedelta(minutes=15)  # how long a used link still says that it went well
PASTED_KEPT = timedelta(days=1)  # a sessionid that nobody could check
LINKS_KEPT = timedelta(days=30)  # after their end, for the account's page

State = RenewalLink.State
Condition = Literal["open", "checking", "done", "dead"]


class Problem(StrEnum):
    """Why a pasted sessionid was not taken; stored with the link."""

    EXPIRED = "expired"  # Jimeng does not know it (any more)
    OTHER_USER = "other_user"
    KNOWN = "known"  # another account here has it
    UNREACHABLE = "unreachable"  # Jimeng could not be asked
    REFUSED = "refused"  # Jimeng would not say


_WORDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        Problem.EXPIRED: _("Jimeng does not accept this login. Log in again in your browser, and copy the new one."),
        Problem.OTHER_USER: _("This is the login of another Jimeng user. The account can only be renewed by its own."),
        Problem.KNOWN: _("This login is in use here already, by another account."),
        Problem.UNREACHABLE: _("Jimeng could not be asked just now. Try again in a few minutes."),
        Problem.REFUSED: _("Jimeng would not say whose login this is. Try again later."),
    }
)


def words_of(problem: str) -> str | Promise:
    """A problem in words, for the owner of the account; "" for none."""
    return _WORDS.get(problem, "")


class UserUnknown(Exception):
    """The account was never probed alive, so there is nobody to compare a new login with."""


def renewal_link_make(*, account: Account, at: datetime, actor: str = "") -> str:
    """Make a link for one renewal of this account. Returns its token, which is shown once. Raises UserUnknown."""
    if not account.upstream_user_id:
        raise UserUnknown
    token = _signer().sign(secrets.token_urlsafe(32))
    RenewalLink.objects.create(
        account=account,
        token_hash=_hashed(token),
        created_by=actor[:150],
        created_at=at,
        expires_at=at + timedelta(hours=settings.JIMENG_RENEWAL_HOURS),
    )
    return token


def renewal_link_revoke(*, account: Account, link_id: int) -> bool:
    """Drop a link of this account that was not used yet. What is being checked by it has no effect then."""
    unused = RenewalLink.objects.filter(pk=link_id, account=account).exclude(state=State.USED)
    return unused.delete()[0] > 0


def renewal_find(*, token: str) -> RenewalLink | None:
    """The link of a token, whatever its state. A token that we did not sign costs no query."""
    try:
        _signer().unsign(token)
    except BadSignature:
        return None
    return RenewalLink.objects.select_related("account").filter(token_hash=_hashed(token)).first()


def condition_of(link: RenewalLink, *, at: datetime) -> Condition:
    """What can be done with it. Ended, used up and used some time ago are all the same to its holder: dead."""
    if link.state == State.CHECKING:
        return "checking"
    if link.state == State.USED:
        return "done" if link.used_at is not None and at - link.used_at < THANKED_FOR else "dead"
    return "open" if link.expires_at > at and link.attempts < ATTEMPTS_MAX else "dead"


def renewal_paste(*, link_id: int, pasted: PastedLogin, at: datetime) -> bool:
    """Hand in a sessionid to be checked, which counts as an attempt. False: the link takes none (any more, or now)."""
    willing = RenewalLink.objects.filter(pk=link_id, state=State.OPEN, expires_at__gt=at, attempts__lt=ATTEMPTS_MAX)
    # An end that has passed says nothing: if the login lives, Jimeng has prolonged it.
    ends_at = pasted.ends_at if pasted.ends_at is not None and pasted.ends_at > at else None
    taken = willing.update(
        state=State.CHECKING,
        pasted_encrypted=vault.encrypt(pasted.sessionid),
        login_expires_at=ends_at,
        attempts=F("attempts") + 1,
        problem="",
    )
    return taken == 1


def renewals_to_check() -> list[RenewalLink]:
    """Links with a sessionid that waits for Jimeng's word, with their accounts."""
    return list(RenewalLink.objects.filter(state=State.CHECKING).select_related("account").order_by("pk"))


@transaction.atomic
def renewal_answered(*, link: RenewalLink, sessionid: str, user_id: str, at: datetime) -> Problem | None:
    """Jimeng said whose login this is. The same user: the account has it from now on, and the link is used.

    `link`: as `renewals_to_check` gave it. Returns why it was not taken.
    """
    account = Account.objects.select_for_update().filter(pk=link.account_id).first()
    if account is None:
        return None  # deleted meanwhile, and the link with it
    problem = _objection(account, sessionid, user_id)
    if problem is not None:
        renewal_refused(link=link, problem=problem)
    elif _checked(link).update(state=State.USED, pasted_encrypted="", used_at=at):  # else it was revoked meanwhile
        # If another account gets this sessionid just now, all of this is undone and the next look finds it there.
        account_replace_sessionid(
            account=account, sessionid=sessionid, login_expires_at=link.login_expires_at, actor=ACTOR
        )
    return problem


def renewal_refused_as_known(*, link: RenewalLink, sessionid: str) -> bool:
    """Refuse what another account has, before Jimeng sees it with this account's device: that would look stolen."""
    is_known = _has_another(link.account_id, sessionid)
    if is_known:
        renewal_refused(link=link, problem=Problem.KNOWN)
    return is_known


def renewal_refused(*, link: RenewalLink, problem: Problem) -> None:
    """The sessionid of this attempt is not taken; its owner may try another."""
    _checked(link).update(state=State.OPEN, pasted_encrypted="", login_expires_at=None, problem=problem)


def renewals_tidy(*, at: datetime) -> None:
    """Remove pasted sessionids that nobody could check, and links that ended long ago."""
    for link in renewals_to_check():
        if _encrypted_at(link.pasted_encrypted) < at - PASTED_KEPT:
            renewal_refused(link=link, problem=Problem.UNREACHABLE)
    RenewalLink.objects.filter(expires_at__lt=at - LINKS_KEPT).delete()


def _objection(account: Account, sessionid: str, user_id: str) -> Problem | None:
    if user_id != account.upstream_user_id:
        return Problem.OTHER_USER
    return Problem.KNOWN if _has_another(account.pk, sessionid) else None


def _has_another(account_id: int, sessionid: str) -> bool:
    return Account.objects.filter(fingerprint=vault.fingerprint(sessionid)).exclude(pk=account_id).exists()


def _checked(link: RenewalLink) -> QuerySet[RenewalLink]:
    """The row, if it still waits for the verdict on this very paste."""
    return RenewalLink.objects.filter(pk=link.pk, state=State.CHECKING, pasted_encrypted=link.pasted_encrypted)


def _encrypted_at(encrypted: str) -> datetime:
    """Fernet writes the time of encryption in clear text: eight bytes behind the first."""
    return datetime.fromtimestamp(int.from_bytes(base64.urlsafe_b64decode(encrypted)[1:9], "big"), UTC)


def _signer() -> Signer:
    return Signer(salt="accounts.renewal", sep=".")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
