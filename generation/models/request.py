"""What was asked (Generation) and how it went (GenerationEvent)."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ApiKey
from generation.querysets import GenerationQuerySet

RESOLUTION_ASKED = "resolution_asked"  # in `Generation.spec`, beside what is made: only after a downgrade
PUBLIC_ID_BYTES = 12  # 96 random bits: not guessable, short enough to read out


def new_generation_id() -> str:
    return "gen_" + secrets.token_hex(PUBLIC_ID_BYTES)


class Generation(models.Model):
    """One submission to the upstream. A request for more pictures than one submission yields is a group of them."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")  # stored, waits for an account; nothing spent
        RUNNING = "running", _("preparing")  # has an account, uploads inputs; nothing spent
        SUBMITTING = "submitting", _("submitting")  # the submit call is on the wire; maybe spent
        SUBMITTED = "submitted", _("generating")  # accepted upstream; spent
        SUCCEEDED = "succeeded", _("succeeded")  # final
        FAILED = "failed", _("failed")  # final
        CANCELLED = "cancelled", _("cancelled")  # final; nothing spent

    class Kind(models.TextChoices):
        IMAGE = "image", _("image")
        VIDEO = "video", _("video")

    FINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
    OPEN = (Status.QUEUED, Status.RUNNING, Status.SUBMITTING, Status.SUBMITTED)

    public_id = models.CharField(_("id"), max_length=40, unique=True, default=new_generation_id, editable=False)
    group_id = models.CharField(max_length=40, blank=True, db_index=True)  # public id of the first part; "" = alone
    api_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.SET_NULL, related_name="generations", verbose_name=_("API key")
    )  # null: pass-through, a page, or the key is gone
    account = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="generations", verbose_name=_("account")
    )  # null: none yet, or the account is gone
    account_label = models.CharField(max_length=100, blank=True)  # survives the account

    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    operation = models.CharField(_("asked by"), max_length=20, default="generations")  # which way it was asked for
    model = models.CharField(_("model"), max_length=40)
    prompt = models.TextField(_("prompt"))
    spec = models.JSONField()  # ImageSpec.to_json() or VideoSpec.to_json(), by `kind`
    request_hash = models.CharField(max_length=64)  # SHA-256 (hex) of all that was asked: equal means the same request
    owner = models.CharField(max_length=80, blank=True)  # `Caller.owner`: whose repetition of a request it may answer
    requested = models.JSONField(default=dict)  # the caller's own words: {"size": "1536x1024", …}
    account_ids = models.JSONField(null=True)  # list[int]: only these accounts; null: the pool
    idempotency_key = models.CharField(max_length=255, null=True)  # null: none given
    client = models.CharField(_("client"), max_length=120, blank=True)  # User-Agent
    client_name = models.CharField(max_length=40, blank=True)  # the beginning of it, by which lists are filtered

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempts"), default=0)  # accounts it was given to
    passed_over = models.JSONField(default=list)  # list[int]: accounts that refused it
    submit_id = models.UUIDField(null=True)  # ours, drawn anew for each attempt; null: never submitted
    seed = models.PositiveBigIntegerField(null=True)  # as sent; null: not sent yet
    history_record_id = models.CharField(_("Jimeng record"), max_length=40, blank=True)  # upstream's; "" = none known
    forecast_s = models.FloatField(null=True)  # upstream's forecast at submission, seconds; null: none given

    credits_estimated = models.PositiveIntegerField(_("credits (estimate)"), default=0)
    error_code = models.CharField(_("error"), max_length=40, blank=True)
    error_detail = models.CharField(_("error text"), max_length=500, blank=True)
    upstream_code = models.CharField(max_length=20, blank=True)
    retry_after_s = models.FloatField(null=True)  # null: not known when asking again would help

    created_at = models.DateTimeField(_("created"), default=timezone.now)
    deadline_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    submitting_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    hidden_at = models.DateTimeField(null=True)  # deleted through the API: gone there, kept in the history
    pinned_at = models.DateTimeField(null=True)  # since when one of its files is pinned; null: none is
    deleted_at = models.DateTimeField(null=True)  # in the trash of the history, with all of its files
    late_attempts = models.PositiveSmallIntegerField(default=0)  # looks for its result after the deadline
    late_due_at = models.DateTimeField(null=True)  # when to look for it again; null: not at all

    objects = GenerationQuerySet.as_manager()

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        ordering = ("-pk",)
        indexes = [
            # Open generations are few among many: the engine's sweeps read only this small index. Its condition
            # has no value in it, since SQLite uses a partial index only if a query's text proves the condition.
            models.Index(fields=["status", "id"], name="generation_open", condition=models.Q(finished_at__isnull=True)),
            models.Index(fields=["api_key", "-id"], name="generation_by_key"),
            models.Index(fields=["account", "-id"], name="generation_by_account"),
            models.Index(fields=["request_hash"], name="generation_by_request"),  # to answer a repetition
            models.Index(fields=["finished_at"], name="generation_by_end"),  # sums by hour
            # Lists, newest first. Nothing of these changes after the birth, but for the outcome, which comes once.
            models.Index(fields=["created_at"], name="generation_by_birth"),
            models.Index(fields=["model", "-id"], name="generation_by_model"),
            models.Index(fields=["kind", "-id"], name="generation_by_kind"),
            models.Index(fields=["operation", "-id"], name="generation_by_operation"),
            models.Index(fields=["client_name", "-id"], name="generation_by_client"),
            models.Index(fields=["-id"], name="generation_pinned", condition=models.Q(pinned_at__isnull=False)),
            models.Index(fields=["-id"], name="generation_in_trash", condition=models.Q(deleted_at__isnull=False)),
            models.Index(fields=["late_due_at"], name="generation_late", condition=models.Q(late_due_at__isnull=False)),
            models.Index(
                fields=["status", "-id"],
                name="generation_by_outcome",
                condition=models.Q(finished_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="generation_idempotency",
                condition=models.Q(idempotency_key__isnull=False),
            ),
            models.CheckConstraint(
                name="generation_finished_at_says_final",
                condition=models.Q(status__in=("queued", "running", "submitting", "submitted"), finished_at=None)
                | models.Q(status__in=("succeeded", "failed", "cancelled"), finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="generation_submitting_has_submit_id",
                condition=~models.Q(status__in=("submitting", "submitted", "succeeded"))
                | models.Q(submit_id__isnull=False),
            ),
            models.CheckConstraint(
                name="generation_submitted_has_record",
                condition=~models.Q(status__in=("submitted", "succeeded")) | ~models.Q(history_record_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def resolution_asked(self) -> str:
        """The resolution in `spec`, unless it had to be lowered: then the one before that."""
        asked: str = self.spec.get(RESOLUTION_ASKED) or self.spec.get("resolution", "")
        return asked


class GenerationEvent(models.Model):
    """One step in the life of a generation. `detail` never holds a secret."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        CLAIMED = "claimed", _("account chosen")
        SUBMITTING = "submitting", _("being submitted")
        SUBMITTED = "submitted", _("accepted")
        FOUND = "found", _("found again upstream")
        REQUEUED = "requeued", _("back in the queue")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        DOWNGRADED = "downgraded", _("lower resolution")
        MEDIA_STORED = "media_stored", _("late file stored")
        LATE_SOUGHT = "late_sought", _("late result looked for")
        LATE_FOUND = "late_found", _("late result found")
        PINNED = "pinned", _("pinned")
        UNPINNED = "unpinned", _("no longer pinned")
        DELETED = "deleted", _("moved to the trash")
        RESTORED = "restored", _("taken out of the trash")
        FILES_REMOVED = "removed", _("files removed")

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("when"))
    account = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="+"
    )  # null: no account involved, or it is gone
    detail = models.JSONField(_("detail"), default=dict)  # dict[str, str | int | float | None]

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.kind

    @property
    def facts(self) -> dict[str, Any]:
        """`detail` without what was not known."""
        return {key: value for key, value in self.detail.items() if value not in (None, "")}
