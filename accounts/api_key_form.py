"""The form of an API key in the admin: what it may do, and how much of it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.forms import CommaSeparatedField
from accounts.models import ApiKey

KEEP_DAYS_MAX: Final = 36500  # a hundred years: much more is no date any more
LIMITS: Final = ("requests_per_minute", "concurrent_generations", "credits_per_day")


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    allowed_models = CommaSeparatedField(
        label=_("Allowed models"),
        help_text=_("Names as in /v1/models, separated by commas. Empty: all. Others do not exist for this key."),
    )
    allowed_tags = CommaSeparatedField(
        label=_("Allowed account tags"),
        help_text=_("Separated by commas. Accounts with one of them serve it, too."),
    )

    class Meta:
        model = ApiKey
        exclude: tuple[str, ...] = ()
        help_texts: Final = {
            "owner": _("This user sees on the pages what the key makes, and may create with it."),
            "enabled": _("Off: refused within five seconds."),
            "expires_at": _("From then on it is refused. Empty: never."),
            "response_format": _("How pictures travel when a request does not say it."),
            "allowed_accounts": _("These serve it. None here and no tags: all of the pool."),
            "requests_per_minute": _(
                "Requests that make something, in any 60 seconds; repetitions do not count. Empty: no limit."
            ),
            "concurrent_generations": _("Requests under way at the same time. Empty: no limit."),
            "credits_per_day": _(
                "What its generations of a day have cost, or may still cost, by the price list. Empty: no limit."
            ),
            "keep_days": _(
                "Pictures and videos of this key go when they are older. Empty: as the gateway keeps them. 0: for ever."
            ),
            "webhook_url": _("Told when a picture or video of this key is finished or has failed. http or https."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "keep_days" in self.fields:
            self.fields["keep_days"].validators.append(MaxValueValidator(KEEP_DAYS_MAX))
        for name in LIMITS:
            if name in self.fields:
                self.fields[name].validators.append(MinValueValidator(1, _("At least 1. Empty: no limit.")))
