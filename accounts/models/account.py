"""A Jimeng login, what holds it, and what was seen of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.querysets import AccountQuerySet


def total_credits(*parts: int | None, spent: int) -> int | None:
    """The sum of the known parts less what was spent since, never below 0; None if no part is known."""
    known = [part for part in parts if part is not None]
    return max(0, sum(known) - spent) if known else None


class Account(models.Model):
    """A Jimeng login. The sessionid is encrypted at rest and found by its fingerprint."""

    class Source(models.TextChoices):
        OPERATOR = "operator", _("operator")  # in the pool
        PASSTHROUGH = "passthrough", _("pass-through")  # given by a caller as bearer token, outside the pool

    class Health(models.TextChoices):
        UNKNOWN = "unknown", _("unknown")  # never probed nor used
        ALIVE = "alive", _("alive")
        RESTING = "resting", _("resting")  # left alone until rest_until
        EXPIRED = "expired", _("expired")  # out until a probe finds it alive

    class CheckInResult(models.TextChoices):
        NONE = "", _("not asked for yet")
        RECEIVED = "received", _("received")
        ALREADY = "already", _("received before")  # upstream had given today's gift already
        FAILED = "failed", _("failed")  # tried again later the same day

    class RestReason(models.TextChoices):
        BUSY = "busy", _("too many tasks at once")
        THROTTLED = "throttled", _("asked to slow down")
        RISK_HOLD = "risk_hold", _("held by risk control")
        UNREACHABLE = "unreachable", _("unreachable")
        NO_CREDITS = "no_credits", _("out of credits")
        REGION = "region", _("region not allowed")
        OPERATOR = "operator", _("by the operator")

    name = models.CharField(_("name"), max_length=100)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    sessionid_encrypted = models.TextField(editable=False)
    sessionid_tail = models.CharField(_("sessionid ends in"), max_length=4, editable=False)
    web_id = models.CharField(max_length=19, editable=False)
    uid_tt = models.CharField(max_length=32, editable=False)
    source = models.CharField(_("source"), max_length=12, choices=Source, default=Source.OPERATOR, editable=False)

    # A whole address may hold a password: encrypted; the label is the address without it.
    proxy_encrypted = models.TextField(blank=True, editable=False)
    proxy_label = models.CharField(_("proxy"), max_length=120, blank=True, editable=False)

    enabled = models.BooleanField(_("enabled"), default=True)
    concurrency_cap = models.PositiveSmallIntegerField(
        _("concurrent generations"), null=True, blank=True, help_text=_("Empty: the gateway's default.")
    )  # null: the default
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher is used first."))
    tags = models.JSONField(_("tags"), default=list, blank=True)  # list[str]
    notes = models.TextField(_("notes"), blank=True)

    health = models.CharField(_("health"), max_length=8, choices=Health, default=Health.UNKNOWN)
    rest_until = models.DateTimeField(_("rests until"), null=True, blank=True)  # null: does not rest
    rest_reason = models.CharField(_("reason for the rest"), max_length=12, choices=RestReason, blank=True)
    ill_since = models.DateTimeField(_("ill since"), null=True, blank=True)  # null: well
    failures_in_a_row = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    last_error_code = models.CharField(_("last error"), max_length=40, blank=True)
    last_error_detail = models.CharField(_("what was said"), max_length=300, blank=True)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True)
    # {"jimeng-4.5/4k": ISO time until which it is not tried}: upstream said no although credits were there
    barred = models.JSONField(_("barred from"), default=dict, blank=True)

    login_since = models.DateTimeField(_("login since"), default=timezone.now)  # when this sessionid came here
    # As its cookie says (sid_guard); null: not known, then observed lifetimes are the guess
    login_expires_at = models.DateTimeField(_("login ends"), null=True, blank=True)

    upstream_user_id = models.CharField(_("Jimeng user"), max_length=40, blank=True, db_index=True)
    screen_name = models.CharField(_("Jimeng name"), max_length=100, blank=True)
    gift_credits = models.PositiveIntegerField(_("gift credits"), null=True, blank=True)  # null: not known
    purchase_credits = models.PositiveIntegerField(_("bought credits"), null=True, blank=True)
    vip_credits = models.PositiveIntegerField(_("member credits"), null=True, blank=True)
    gift_expires_at = models.DateTimeField(_("gift credits lapse at"), null=True, blank=True)
    # [{"credits": 22, "at": ISO time}]: which gift credits lapse when, soonest first; empty: not told
    lapsing = models.JSONField(default=list, blank=True)
    credits_at = models.DateTimeField(_("balance read at"), null=True, blank=True)
    spent_since_read = models.PositiveIntegerField(default=0)  # estimate; lent generations count from the lease on
    checked_in_on = models.DateField(_("last check-in"), null=True, blank=True)  # day in Asia/Shanghai
    check_in_due_at = models.DateTimeField(_("next check-in"), null=True, blank=True)  # null: not planned yet
    check_in_result = models.CharField(
        _("result of the check-in"), max_length=8, choices=CheckInResult, default="", blank=True
    )
    check_in_credits = models.PositiveIntegerField(_("credits of the check-in"), null=True, blank=True)
    check_in_detail = models.CharField(max_length=200, blank=True)
    check_in_attempts = models.PositiveSmallIntegerField(default=0)  # failed ones of the day

    probe_due_at = models.DateTimeField(_("next probe"), null=True, blank=True, default=timezone.now)  # null: none
    probed_at = models.DateTimeField(_("last probe"), null=True, blank=True)
    proxy_test_due_at = models.DateTimeField(null=True, blank=True)  # null: no test was asked for
    proxy_tested_at = models.DateTimeField(_("proxy tested"), null=True, blank=True)
    proxy_test_error = models.CharField(max_length=200, blank=True)  # "": the last test went well
    proxy_test_ms = models.PositiveIntegerField(null=True, blank=True)  # null: failed, or never tested
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ("-priority", "pk")
        indexes = [
            models.Index(fields=["source", "enabled", "health"], name="account_choice"),
            models.Index(fields=["probe_due_at"], name="account_probe_due"),
            models.Index(fields=["check_in_due_at"], name="account_check_in_due"),
        ]
        constraints = [
            models.CheckConstraint(
                name="account_resting_has_an_end",
                condition=~models.Q(health="resting") | models.Q(rest_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def credits(self) -> int | None:
        """Balance in credits less what was spent since it was read; None if it was never read."""
        return total_credits(self.gift_credits, self.purchase_credits, self.vip_credits, spent=self.spent_since_read)

    @property
    def cap(self) -> int:
        """How many generations it may serve at once."""
        return settings.JIMENG_ACCOUNT_CONCURRENCY if self.concurrency_cap is None else self.concurrency_cap


class Lease(models.Model):
    """An account lent to one generation. `holder` is the generation's public id."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="leases", verbose_name=_("account"))
    holder = models.CharField(_("held by"), max_length=40, unique=True)
    taken_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.holder


class CreditSnapshot(models.Model):
    """A balance as it was read, for charts."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="credit_snapshots")
    gift = models.PositiveIntegerField()
    purchase = models.PositiveIntegerField()
    vip = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "at"], name="credit_snapshot_chart")]

    def __str__(self) -> str:
        return f"{self.gift + self.purchase + self.vip} at {self.at:%Y-%m-%d %H:%M}"


class AccountEvent(models.Model):
    """A step in the life of an account. `detail` never holds a secret."""

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        PROBED = "probed", _("probed alive")
        EXPIRED = "expired", _("login expired")
        RESTED = "rested", _("sent to rest")
        BARRED = "barred", _("barred from a model")
        RECOVERED = "recovered", _("well again")  # by itself
        WOKEN = "woken", _("woken")  # by a person
        CHECKED_IN = "checked_in", _("checked in")
        CHECK_IN_FAILED = "check_in_failed", _("check-in failed")
        RENEWED = "renewed", _("login renewed")
        MERGED = "merged", _("merged")  # the same Jimeng user turned up with a new sessionid
        ENABLED = "enabled", _("enabled")
        DISABLED = "disabled", _("disabled")
        PROXY_TESTED = "proxy_tested", _("proxy tested")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=15, choices=Kind)
    at = models.DateTimeField(_("when"))
    actor = models.CharField(_("by"), max_length=150, blank=True)  # a user's name; "": the gateway itself
    detail = models.JSONField(default=dict)  # dict[str, str | int | float | None]

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["account", "-id"], name="account_event_timeline"),
            models.Index(fields=["kind", "-id"], name="account_event_kind"),
        ]

    def __str__(self) -> str:
        return self.kind
