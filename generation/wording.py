"""What the codes of a generation mean, in a person's words and language: for the admin and the history pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generation.choice_words import chosen_because
from generation.errors import error_class
from generation.keepsake_words import KEEPSAKE_SENTENCES
from generation.models import Generation, GenerationEvent, InputImage

# By `GatewayError.code`; a test keeps it complete.
ERRORS: Mapping[str, Promise] = MappingProxyType(
    {
        "invalid_api_key": gettext_lazy("the API key is not valid"),
        "rate_limit_exceeded": gettext_lazy("the API key has made all requests of this minute; nothing was spent"),
        "too_many_generations": gettext_lazy("the API key has too many generations at once; nothing was spent"),
        "key_credits_exhausted": gettext_lazy("the API key has used its credits of today; nothing was spent"),
        "accounts_busy": gettext_lazy("all accounts were busy or resting; nothing was spent"),
        "insufficient_quota": gettext_lazy("no account had enough credits; nothing was spent"),
        "no_accounts": gettext_lazy("no account may serve this; nothing was spent"),
        "upstream_login_expired": gettext_lazy("the login has expired, no other was left; nothing was spent"),
        "invalid_value": gettext_lazy("a value in the request is not valid"),
        "model_not_found": gettext_lazy("there is no such model"),
        "generation_not_found": gettext_lazy("there is no such generation"),
        "idempotency_key_reused": gettext_lazy("the Idempotency-Key was used for another request"),
        "content_policy_violation": gettext_lazy("rejected by Jimeng's content filter"),
        "upstream_unreachable": gettext_lazy("Jimeng could not be reached; nothing was spent"),
        "upstream_protocol_error": gettext_lazy("Jimeng gave an answer that was not understood"),
        "generation_failed": gettext_lazy("Jimeng could not finish it"),
        "generation_cancelled": gettext_lazy("cancelled before anything was spent"),
        "outcome_unknown": gettext_lazy("not known whether Jimeng accepted it; it is never submitted again"),
        "result_unavailable": gettext_lazy("made, but its file cannot be fetched now"),
        "result_removed": gettext_lazy("made, but its file was removed since"),
        "timed_out": gettext_lazy("past its deadline; its Jimeng record is kept"),
        "generation_still_running": gettext_lazy("still running"),
        "video_not_ready": gettext_lazy("the video is not finished yet"),
        "generation_not_cancellable": gettext_lazy("it is over, or its credits may be spent already"),
        "not_supported": gettext_lazy("Jimeng does not support this"),
    }
)
# Why a generation went back into the queue: the account's fault, or ours. A test keeps the faults complete.
REASONS: Mapping[str, Promise] = MappingProxyType(
    {
        "expired": gettext_lazy("the login of the account has expired"),
        "no_credits": gettext_lazy("the account is out of credits"),
        "barred": gettext_lazy("the account may not use this model and size"),
        "busy": gettext_lazy("the account has too many tasks at once"),
        "throttled": gettext_lazy("Jimeng asked to slow down"),
        "risk_hold": gettext_lazy("the account is held by risk control"),
        "region": gettext_lazy("the region of the account is not allowed"),
        "unreachable": gettext_lazy("Jimeng could not be reached"),
        "topped_up": gettext_lazy("the account has got credits meanwhile"),
        "inputs_uploaded_anew": gettext_lazy("Jimeng no longer knew the input pictures; they are uploaded again"),
        "never_arrived": gettext_lazy("Jimeng never got the submission"),
        "interrupted": gettext_lazy("the gateway was stopped"),
        "engine_restarted": gettext_lazy("the gateway was started again"),
    }
)
# What came of a look for a late result, beside REASONS.
LATE_OUTCOMES: Mapping[str, Promise] = MappingProxyType(
    {
        "running": gettext_lazy("Jimeng is still making it"),
        "no_files": gettext_lazy("Jimeng has finished it, but gives no file"),
        "absent": gettext_lazy("Jimeng does not know it"),
        "failed": gettext_lazy("Jimeng could not finish it"),
        "account_gone": gettext_lazy("its account has been removed"),
        "unreadable": gettext_lazy("the login of its account cannot be read"),
        "interrupted": gettext_lazy("the look was interrupted"),
    }
)
# Which way a generation was asked for, by `Generation.operation`; a test keeps it complete.
OPERATIONS: Mapping[str, Promise] = MappingProxyType(
    {
        "generations": gettext_lazy("image generation"),
        "edits": gettext_lazy("image edit"),
        "variations": gettext_lazy("image variation"),
        "compositions": gettext_lazy("image composition"),
        "video_generations": gettext_lazy("video generation"),
        "videos": gettext_lazy("video job"),
        "chat": gettext_lazy("chat"),
        "page": gettext_lazy("page to create"),
    }
)
# Facts of events that may say something about single accounts.
_SPENT: Mapping[str, Promise] = MappingProxyType(
    {
        "yes": gettext_lazy("Its credits were spent."),
        "maybe": gettext_lazy("Its credits may have been spent."),
        "no": gettext_lazy("Nothing was spent."),
    }
)
_ABOUT_ACCOUNTS = frozenset({"account", "decision", "passed_over"})
_FRAMES = (gettext_lazy("first frame"), gettext_lazy("last frame"))  # of a video, by position


def error_in_words(code: str) -> str:
    return str(ERRORS.get(code, code.replace("_", " ")))


def said_beyond(code: str, detail: str) -> str:
    """Of a stored error text what goes beyond the standing sentence of its code: Jimeng's own words, mostly."""
    rest = detail.removeprefix(error_class(code).default_detail).strip()
    return rest.removeprefix("(Jimeng: ").removesuffix(")") if rest.startswith("(Jimeng: ") else rest


def operation_in_words(operation: str) -> str:
    return str(OPERATIONS.get(operation, operation.replace("_", " ")))


def input_count(generation: Generation) -> str:
    """`3 input pictures`, `first and last frame`; "" if there are none."""
    count = len(generation.spec.get("inputs") or ())
    if count and generation.kind == Generation.Kind.VIDEO:
        return _("first frame") if count == 1 else _("first and last frame")
    words = ngettext("%(count)d input picture", "%(count)d input pictures", count) % {"count": count}
    return words if count else ""


def input_name(generation: Generation, position: int) -> str:
    """What an input picture is to its generation. `position`: from 0."""
    if generation.kind == Generation.Kind.VIDEO and position < len(_FRAMES):
        return str(_FRAMES[position])
    return _("picture %(number)d") % {"number": position + 1}


def input_origin(picture: InputImage) -> str:
    """How an input picture came here, and from where, as far as that is known."""
    match picture.origin:
        case InputImage.Origin.FETCHED if picture.source:
            return _("fetched from %(host)s") % {"host": picture.source}
        case InputImage.Origin.UPLOAD if picture.source:
            return _("uploaded as %(name)s") % {"name": picture.source}
    return picture.get_origin_display()


def spending(generation: Generation) -> str:
    """`yes`, `maybe` or `no`: whether credits have been spent. What Jimeng accepted counts, whatever came of it."""
    if generation.history_record_id:
        return "yes"
    if generation.status == Generation.Status.SUBMITTING or generation.error_code == "outcome_unknown":
        return "maybe"
    return "no"


def spending_in_words(generation: Generation) -> str:
    """A sentence for one that is over."""
    return str(_SPENT[spending(generation)])


def sentence(event: GenerationEvent, *, names_accounts: bool = True) -> str:
    """What happened, as one sentence. Facts that are missing are left out.

    `names_accounts`: whether the reader may know which account it was, and what Jimeng said about that one.
    """
    facts = event.facts
    if not names_accounts:
        secret = _ABOUT_ACCOUNTS if event.kind == GenerationEvent.Kind.FAILED else _ABOUT_ACCOUNTS | {"text"}
        facts = {name: value for name, value in facts.items() if name not in secret}
        if event.kind == GenerationEvent.Kind.CLAIMED:
            return _("Given to an account, attempt %(attempt)s.") % _known(facts, "attempt")
    return SENTENCES[event.kind](facts)


def _known(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: facts.get(name, "?") for name in names}


def _created(facts: dict[str, Any]) -> str:
    return _("Asked for with %(model)s, about %(credits)s credits.") % _known(facts, "model", "credits")


def _claimed(facts: dict[str, Any]) -> str:
    known = _known(facts, "account", "attempt")
    reason = chosen_because(facts.get("decision", {}), at=timezone.now())
    if not reason:
        return _("Given to the account %(account)s, attempt %(attempt)s.") % known
    return _("Given to the account %(account)s, attempt %(attempt)s: %(reason)s.") % {**known, "reason": reason}


def _submitting(facts: dict[str, Any]) -> str:
    return _("Being submitted: from here on credits may be spent.")


def _submitted(facts: dict[str, Any]) -> str:
    return _accepted(_("Accepted by Jimeng as record %(record_id)s: the credits are spent."), facts)


def _found(facts: dict[str, Any]) -> str:
    return _accepted(_("The answer was lost, but Jimeng has it as record %(record_id)s."), facts)


def _requeued(facts: dict[str, Any]) -> str:
    reason = str(facts.get("reason", "?"))
    text = _said(_("Back in the queue, nothing spent: %(reason)s."), REASONS.get(reason, reason), facts)
    return f"{text} {_('This account is not asked again for it.')}" if facts.get("passed_over") else text


def _succeeded(facts: dict[str, Any]) -> str:
    count = int(facts.get("pictures", 0))
    return ngettext("Finished with %(count)d file.", "Finished with %(count)d files.", count) % {"count": count}


def _failed(facts: dict[str, Any]) -> str:
    return _said(_("Failed: %(reason)s."), error_in_words(str(facts.get("code", "?"))), facts)


def _cancelled(facts: dict[str, Any]) -> str:
    return _("Cancelled; nothing was spent.")


def _downgraded(facts: dict[str, Any]) -> str:
    text = _("In %(to)s instead of %(from)s, as its API key allows.") % _known(facts, "from", "to")
    return f"{text} ({facts['text']})" if "text" in facts else text


def _media_stored(facts: dict[str, Any]) -> str:
    return _("File %(number)s was fetched later and is stored.") % {"number": facts.get("position", 0) + 1}


def _late_sought(facts: dict[str, Any]) -> str:
    outcome = str(facts.get("outcome", "?"))
    reason = LATE_OUTCOMES.get(outcome, REASONS.get(outcome, outcome))
    text = _said(_("Looked for a late result: %(reason)s."), reason, facts)
    return f"{text} {_('It is not looked for again by itself.')}" if facts.get("is_last") else text


def _late_found(facts: dict[str, Any]) -> str:
    count = int(facts.get("pictures", 0))
    words = ngettext(
        "Found after all, as record %(record_id)s with %(count)d file; before it had failed: %(reason)s.",
        "Found after all, as record %(record_id)s with %(count)d files; before it had failed: %(reason)s.",
        count,
    )
    reason = error_in_words(str(facts.get("code", "?")))
    return words % {**_known(facts, "record_id"), "count": count, "reason": reason}


def _accepted(words: str, facts: dict[str, Any]) -> str:
    text = words % _known(facts, "record_id")
    if "forecast_s" in facts:
        text += " " + _("Jimeng forecasts %(seconds)s s.") % {"seconds": round(facts["forecast_s"])}
    return text


def _said(words: str, reason: str | Promise, facts: dict[str, Any]) -> str:
    """A sentence with a reason, and what Jimeng said about it."""
    beyond = said_beyond(str(facts.get("code", "")), str(facts.get("text", "")))
    known = str(facts.get("upstream_code", ""))
    said = beyond if known in beyond else " · ".join(filter(None, [known, beyond]))
    text = words % {"reason": reason}
    return f"{text} ({said})" if said else text


# By kind of event; a test keeps it complete.
SENTENCES: Mapping[str, Callable[[dict[str, Any]], str]] = MappingProxyType(
    {
        GenerationEvent.Kind.CREATED: _created,
        GenerationEvent.Kind.CLAIMED: _claimed,
        GenerationEvent.Kind.SUBMITTING: _submitting,
        GenerationEvent.Kind.SUBMITTED: _submitted,
        GenerationEvent.Kind.FOUND: _found,
        GenerationEvent.Kind.REQUEUED: _requeued,
        GenerationEvent.Kind.SUCCEEDED: _succeeded,
        GenerationEvent.Kind.FAILED: _failed,
        GenerationEvent.Kind.CANCELLED: _cancelled,
        GenerationEvent.Kind.DOWNGRADED: _downgraded,
        GenerationEvent.Kind.MEDIA_STORED: _media_stored,
        GenerationEvent.Kind.LATE_SOUGHT: _late_sought,
        GenerationEvent.Kind.LATE_FOUND: _late_found,
        **KEEPSAKE_SENTENCES,
    }
)
