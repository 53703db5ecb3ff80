"""Work on many accounts at once, imports before they are stored, and links by which owners renew their login."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account


def new_task_id() -> str:
    return "task_" + secrets.token_hex(8)


def new_batch_id() -> str:
    return "imp_" + secrets.token_hex(8)


class BulkTask(models.Model):
    """Something the engine does for many accounts, whose progress can be watched."""

    class Kind(models.TextChoices):
        PROBE = "probe", _("probe")
        CHECK_IN = "check_in", _("check in")
        PROXY_TEST = "proxy_test", _("proxy test")

    public_id = models.CharField(max_length=40, unique=True, default=new_task_id, editable=False)
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    created_by = models.CharField(_("by"), max_length=150, blank=True)  # a user's name; "": a command
    created_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("bulk task")
        verbose_name_plural = _("bulk tasks")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.public_id


class BulkItem(models.Model):
    """One account of a bulk task."""

    task = models.ForeignKey(BulkTask, on_delete=models.CASCADE, related_name="items")
    account = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="bulk_items"
    )  # null: gone meanwhile (merged or deleted)
    account_label = models.CharField(max_length=100)
    done_at = models.DateTimeField(null=True)  # null: not yet
    outcome = models.CharField(max_length=20, blank=True)  # "alive", "expired", "received", "unreachable", …
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "account"], name="bulk_item_once")]
        indexes = [
            models.Index(fields=["account"], name="bulk_item_open", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.account_label


class ImportBatch(models.Model):
    """Logins that were pasted or uploaded: first looked at, then stored. Dropped a day after the preview."""

    public_id = models.CharField(max_length=40, unique=True, default=new_batch_id, editable=False)
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True)  # null: only a preview yet
    task = models.ForeignKey(BulkTask, null=True, on_delete=models.SET_NULL, related_name="+")  # the checks afterwards

    def __str__(self) -> str:
        return self.public_id


class ImportEntry(models.Model):
    """One login, or one line that holds none, of an import. Its secrets are removed once it is stored."""

    class Verdict(models.TextChoices):
        NEW = "new", _("new")
        REPEATED = "repeated", _("twice in this import")
        KNOWN = "known", _("stored already")
        JOINS = "joins", _("known from a caller, joins the pool")
        BAD = "bad", _("not readable")

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="entries")
    line = models.PositiveIntegerField()  # of the text, or the place in a JSON list; from 1
    verdict = models.CharField(max_length=8, choices=Verdict)
    problem = models.CharField(max_length=200, blank=True)  # why it is BAD; never the text itself
    sessionid_encrypted = models.TextField(blank=True)
    sessionid_tail = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    facts_encrypted = models.TextField(blank=True)  # JSON of all else that was given: proxy, device, …
    name = models.CharField(max_length=100, blank=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")  # null: none (yet)

    class Meta:
        ordering = ("line", "pk")

    def __str__(self) -> str:
        return f"{self.line}"


class RenewalLink(models.Model):
    """Lets the owner of an account paste a new sessionid, once, without a login of the admin."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CHECKING = "checking", _("being checked")  # a sessionid was pasted; the engine asks Jimeng who it is
        USED = "used", _("used")  # final

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="renewal_links")
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256; the token itself is shown once
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    pasted_encrypted = models.TextField(blank=True)  # what is being checked; removed afterwards
    login_expires_at = models.DateTimeField(null=True)  # as the pasted cookie says; null: it did not
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True)  # of the last attempt: "expired", "other_user", …
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account}"
