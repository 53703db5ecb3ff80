"""What it would cost and who would serve it now, in words. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.display import clock, grouped
from accounts.errors import PoolBusy, PoolEmpty, PoolError, PoolOutOfCredits, UpstreamLoginExpired
from accounts.models import ApiKey
from accounts.services import LeaseAnswer, pool_state
from generation.choice_words import chosen_because, passed_over_rows
from generation.errors import RequestError
from generation.key_limits import is_limited, key_standing
from generation.models import Generation
from generation.outlook import spec_outlook
from generation.pages.create_form import Draft
from generation.pages.create_options import about
from generation.pages.create_words import field_error
from generation.services import StoredInput
from generation.specs import Spec, VideoSpec, submission_counts
from generation.templatetags.generation_extras import seconds
from generation.viewing import Viewer
from generation.wording import error_in_words

_PASSED_OVER_SHOWN: Final = 8
_NO_PROMPT: Final = "…"  # prices do not depend on it
_REFUSALS: Mapping[type[PoolError], Promise] = MappingProxyType(
    {
        PoolBusy: gettext_lazy("It would fail: all accounts rest for longer than a request waits."),
        PoolOutOfCredits: gettext_lazy("It would fail: no account has the credits, or the right, for it."),
        PoolEmpty: gettext_lazy("It would fail: there is no account that may serve it."),
        UpstreamLoginExpired: gettext_lazy("It would fail: the logins of all accounts have expired."),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`mood`: good, warn or bad. `reasons`: why each account would not serve it, for those who run the pool."""

    mood: str
    verdict: str
    price: str = ""
    makes: str = ""
    has: str = ""
    reasons: Sequence[tuple[str, str]] = ()


def estimate_of(
    draft: Draft, inputs: Sequence[StoredInput], *, key: ApiKey | None, viewer: Viewer, at: datetime
) -> Estimate:
    """Of what stands in the form; without a prompt as if there were one."""
    try:
        spec = replace(draft, prompt=draft.prompt if draft.prompt.strip() else _NO_PROMPT).spec(inputs)
    except RequestError as error:
        return Estimate(mood="bad", verdict=field_error(error, draft)[1])
    answer = spec_outlook(spec=spec, api_key_id=None if key is None else key.pk, at=at)
    mood, verdict = _of_key(spec, key, at) or _of_pool(answer, viewer, at)
    return Estimate(
        mood=mood,
        verdict=verdict,
        price=about(spec.cost_credits),
        makes=_makes(spec),
        has=_has(at) if viewer.sees_all else "",
        reasons=_reasons(answer, at) if viewer.sees_all and answer.account is None else (),
    )


def _makes(spec: Spec) -> str:
    if isinstance(spec, VideoSpec):
        return _("1 video of %(seconds)d s, %(size)s") % {"seconds": spec.seconds, "size": _pixels(spec)}
    words = ngettext("%(count)d picture, %(size)s", "%(count)d pictures, %(size)s", spec.count) % {
        "count": spec.count,
        "size": _pixels(spec),
    }
    if len(submission_counts(spec)) > 1:
        words = _("%(what)s, in two goes") % {"what": words}
    return words


def _pixels(spec: Spec) -> str:
    return f"{spec.width} × {spec.height}"


def _has(at: datetime) -> str:
    credits = pool_state(at=at).credits
    if credits is None:
        return ""
    words = ngettext("the pool has %(count)s credit", "the pool has %(count)s credits", credits)
    return words % {"count": grouped(credits)}


def _of_key(spec: Spec, key: ApiKey | None, at: datetime) -> tuple[str, str] | None:
    """What the limits of its key would say, as they stand; None if nothing."""
    if key is None or not is_limited(key):
        return None
    refusal = key_standing(key, at=at).refusal([Generation(credits_estimated=spec.cost_credits, created_at=at)])
    return None if refusal is None else ("bad", _("Not now: %(reason)s.") % {"reason": error_in_words(refusal.code)})


def _of_pool(answer: LeaseAnswer, viewer: Viewer, at: datetime) -> tuple[str, str]:
    if answer.refusal is not None:
        return "bad", str(_REFUSALS[type(answer.refusal)])
    if answer.account is None and answer.wait_until is not None:
        wait = seconds((answer.wait_until - at).total_seconds())
        return "warn", _("Would wait about %(time)s, until %(clock)s: accounts rest.") % {
            "time": wait,
            "clock": clock(answer.wait_until, at=at),
        }
    if answer.account is None:
        return "warn", _("Would wait until a place comes free: all accounts are at work.")
    waiting = Generation.objects.waiting().count()
    if waiting:
        return "warn", ngettext(
            "Would wait for its turn: %(count)d is before it.",
            "Would wait for its turn: %(count)d are before it.",
            waiting,
        ) % {"count": waiting}
    if not viewer.sees_all:
        return "good", _("Would start at once.")
    return "good", _("Would start at once with %(account)s: %(reason)s.") % {
        "account": answer.account.name,
        "reason": chosen_because(answer.decision or {}, at=at),
    }


def _reasons(answer: LeaseAnswer, at: datetime) -> list[tuple[str, str]]:
    if answer.decision is None:
        return []
    rows = passed_over_rows(answer.decision, at=at)
    return [(row["name"], row["why"]) for row in rows[:_PASSED_OVER_SHOWN]]
