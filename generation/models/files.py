"""Pictures that came with a request, and what came of it (Media)."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from generation.models.request import PUBLIC_ID_BYTES, Generation


def new_media_id() -> str:
    return "med_" + secrets.token_hex(PUBLIC_ID_BYTES)


class InputImage(models.Model):
    """A picture that was given with a request. Its file is stored once, under its SHA-256."""

    class Origin(models.TextChoices):
        UPLOAD = "upload", _("uploaded")
        INLINE = "inline", _("in the request")  # base64 or a data URL
        FETCHED = "fetched", _("fetched")  # from an address that the caller gave

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="inputs")
    position = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    file = models.FileField(max_length=200)
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()  # pixels
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    origin = models.CharField(max_length=8, choices=Origin)
    source = models.CharField(max_length=200, blank=True)  # host of the address, or file name; never a whole URL

    class Meta:
        verbose_name = _("input picture")
        verbose_name_plural = _("input pictures")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="input_position")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}"


class UploadedImage(models.Model):
    """A picture that an account has uploaded: its URI serves again while it is fresh."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="uploads")
    sha256 = models.CharField(max_length=64)
    uri = models.CharField(max_length=300)
    width = models.PositiveIntegerField()  # pixels
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=20, blank=True)  # as the upstream calls it
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "sha256"], name="uploaded_once")]

    def __str__(self) -> str:
        return self.uri


class Media(models.Model):
    """One result file. `file` is empty until it was downloaded; the upstream address is kept meanwhile.

    Equal bytes are stored once: several rows may name the same file.
    """

    class Removal(models.TextChoices):
        TRASH = "trash", _("deleted by a person")
        RETENTION = "retention", _("removed by the retention policy")

    public_id = models.CharField(max_length=40, unique=True, default=new_media_id, editable=False)
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="media")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=5, choices=Generation.Kind)
    file = models.FileField(max_length=200, blank=True)
    thumbnail = models.FileField(max_length=200, blank=True)  # "" until first needed or made when idle
    preview = models.FileField(max_length=200, blank=True)  # the larger of the two, of pictures; "" as above
    content_type = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField(null=True)  # pixels; null: not known
    height = models.PositiveIntegerField(null=True)
    duration_s = models.FloatField(null=True)  # of a video; null: not known
    size_bytes = models.PositiveBigIntegerField(null=True)  # null: not stored yet
    sha256 = models.CharField(max_length=64, blank=True)
    upstream_uri = models.CharField(max_length=300, blank=True)
    upstream_url = models.TextField(blank=True)  # signed, dies within hours
    fetch_attempts = models.PositiveSmallIntegerField(default=0)  # failed downloads
    fetch_due_at = models.DateTimeField(null=True)  # null: stored, or given up
    thumbnail_due_at = models.DateTimeField(null=True)  # null: made, or not possible
    created_at = models.DateTimeField(default=timezone.now)
    pinned_at = models.DateTimeField(null=True)  # pinned files are never pruned
    deleted_at = models.DateTimeField(null=True)  # in the trash since; its file is there until it is emptied
    removed_at = models.DateTimeField(null=True)  # its file was removed on purpose: it is not fetched by itself
    removed_why = models.CharField(max_length=9, choices=Removal, blank=True)

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media files")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="media_position")]
        indexes = [
            # Files that are still to be fetched.
            models.Index(
                fields=["fetch_due_at"], name="media_to_fetch", condition=models.Q(fetch_due_at__isnull=False)
            ),
            models.Index(fields=["sha256"], name="media_by_content"),  # who else has these bytes
            # What the retention policy may remove, oldest first; what the trash holds.
            models.Index(
                fields=["created_at"],
                name="media_prunable",
                condition=models.Q(removed_at__isnull=True, pinned_at__isnull=True),
            ),
            models.Index(
                fields=["deleted_at"],
                name="media_in_trash",
                condition=models.Q(deleted_at__isnull=False, removed_at__isnull=True),
            ),
            models.Index(
                fields=["-generation"],  # the same by generation, as the history lists it
                name="media_in_trash_of",
                condition=models.Q(deleted_at__isnull=False, removed_at__isnull=True),
            ),
            # Pictures without a thumbnail yet.
            models.Index(
                fields=["thumbnail_due_at"], name="media_to_thumb", condition=models.Q(thumbnail_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_removed(self) -> bool:
        """On purpose. `removed_at` is no longer there when it was thrown away after that: what is left of it then lies
        in the trash."""
        return self.removed_at is not None or bool(self.removed_why)
