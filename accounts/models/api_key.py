"""Who may use the gateway."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

REVOKED_PREFIX = "revoked-"  # instead of a hash: no key has it


class ApiKey(models.Model):
    """A key that clients use. Shown once; stored as prefix and SHA-256."""

    class ResponseFormat(models.TextChoices):
        DEFAULT = "", _("by model and endpoint")
        URL = "url", "url"
        B64_JSON = "b64_json", "b64_json"
        BOTH = "both", _("both")

    class Downgrades(models.TextChoices):
        STRICT = "strict", _("never: fail instead")
        ALLOW = "allow", _("allowed, and told in the answer")

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("owner")
    )  # null: nobody in particular
    enabled = models.BooleanField(_("enabled"), default=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)  # null: never
    allowed_models = models.JSONField(_("allowed models"), default=list, blank=True)  # list[str]; empty: all
    allowed_accounts = models.ManyToManyField(Account, blank=True, verbose_name=_("allowed accounts"))
    allowed_tags = models.JSONField(_("allowed account tags"), default=list, blank=True)  # list[str]; empty: all
    requests_per_minute = models.PositiveIntegerField(_("requests a minute"), null=True, blank=True)  # null: no limit
    concurrent_generations = models.PositiveIntegerField(_("generations at once"), null=True, blank=True)
    credits_per_day = models.PositiveIntegerField(_("credits a day"), null=True, blank=True)
    response_format = models.CharField(
        _("response format"), max_length=8, choices=ResponseFormat, default="", blank=True
    )
    downgrades = models.CharField(
        _("lower resolution"),
        max_length=6,
        choices=Downgrades,
        default=Downgrades.STRICT,
        help_text=_("When no account may make the resolution that was asked for."),
    )
    webhook_url = models.CharField(
        _("webhook"), max_length=500, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    webhook_secret_encrypted = models.TextField(blank=True, editable=False)  # "whsec_…", encrypted
    keep_days = models.PositiveIntegerField(_("days to keep files"), null=True, blank=True)  # null: as the gateway
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_revoked(self) -> bool:
        return self.key_hash.startswith(REVOKED_PREFIX)

    def works(self, at: datetime) -> bool:
        return self.enabled and not self.is_revoked and (self.expires_at is None or self.expires_at > at)
