"""What the gateway tells people and programs: alerts, where they go, and the outbox that carries them."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.api_key import ApiKey


def new_message_id() -> str:
    return "msg_" + secrets.token_hex(12)


class AlertKind(models.TextChoices):
    ACCOUNT_EXPIRED = "account_expired", _("a login has expired")
    ACCOUNT_EXPIRING = "account_expiring", _("a login expires soon")
    RISK_HOLD = "risk_hold", _("risk control holds an account")
    CREDITS_LOW = "credits_low", _("the pool's credits are low")
    POOL_EMPTY = "pool_empty", _("no account can serve")
    ENGINE_STALLED = "engine_stalled", _("the engine has stalled")
    TEST = "test", _("a test")


class AlertChannel(models.Model):
    """Where alerts go. Address and secret are encrypted: both let others write there."""

    class Format(models.TextChoices):
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("webhook (Standard Webhooks)")
        DINGTALK = "dingtalk", _("DingTalk")
        FEISHU = "feishu", _("Feishu")
        WECOM = "wecom", _("WeCom")
        TELEGRAM = "telegram", "Telegram"
        NTFY = "ntfy", "ntfy"

    name = models.CharField(_("name"), max_length=100)
    format = models.CharField(_("kind"), max_length=8, choices=Format)
    enabled = models.BooleanField(_("enabled"), default=True)
    # E-mail: addresses, comma-separated. Telegram: the bot's token and the chat, "token@chat". Else a URL.
    target_encrypted = models.TextField(editable=False)
    target_label = models.CharField(_("goes to"), max_length=120, editable=False)  # host or address, no secret
    secret_encrypted = models.TextField(blank=True, editable=False)  # "": deliveries are not signed
    kinds = models.JSONField(_("alerts"), default=list, blank=True)  # list[AlertKind]; empty: all
    language = models.CharField(_("language"), max_length=10, default="en")
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that a person should know. The same kind and subject is one row, told again only after a while."""

    kind = models.CharField(_("what"), max_length=16, choices=AlertKind)
    subject = models.CharField(_("about"), max_length=120, blank=True)  # "account:12", "pool", "engine"
    label = models.CharField(_("about"), max_length=120, blank=True)  # what a person calls it
    detail = models.JSONField(default=dict)  # dict[str, str | int | float | None]: facts for the text
    count = models.PositiveIntegerField(_("times"), default=1)  # since first_at
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last seen"))
    told_at = models.DateTimeField(_("told"), null=True)  # null: no channel wanted it
    resolved_at = models.DateTimeField(_("over since"), null=True)  # null: still so

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-last_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], name="alert_open_once", condition=Q(resolved_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["-last_at"], name="alert_latest")]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.get_kind_display(), self.label]))


class Delivery(models.Model):
    """One message on its way to one receiver: an alert to a channel, or a finished generation to a key's webhook."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")  # to be sent at due_at
        DELIVERED = "delivered", _("delivered")  # final
        FAILED = "failed", _("given up")  # final

    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    channel = models.ForeignKey(
        AlertChannel, null=True, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("channel")
    )  # null: to a key's webhook
    api_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("API key")
    )  # null: to a channel
    event = models.CharField(_("event"), max_length=40)  # "alert.risk_hold", "image.completed", "video.failed"
    subject = models.CharField(_("about"), max_length=120, blank=True)  # an alert's label, a generation's public id
    payload = models.JSONField()  # the body of a webhook; of a channel the facts for its text
    progress = models.CharField(_("state"), max_length=9, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(null=True)  # null: final
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="delivery_has_one_receiver",
                condition=Q(channel__isnull=False, api_key__isnull=True)
                | Q(channel__isnull=True, api_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.message_id
