"""What is known beside single generations: names and prices of models, sums by hour, and the engine's pulse."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ModelAlias(models.Model):
    """A name that clients may use for one of our models: `gpt-image-1`, `dall-e-3`, ….

    The table is the truth; the first migration fills it with the names that clients are known to send.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    target = models.CharField(_("model"), max_length=40)  # a name in catalog.MODELS
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("model alias")
        verbose_name_plural = _("model aliases")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What one picture or video of a model costs, learned from differences of balances; the list price until then."""

    model = models.CharField(_("model"), max_length=40)
    variant = models.CharField(_("size"), max_length=20)  # "2k" of pictures; seconds of videos, "5"
    credits = models.PositiveIntegerField(_("credits"))  # each; of no meaning while nothing agrees with it
    samples = models.PositiveIntegerField(_("seen"), default=0)  # differences that could be read
    agreeing = models.PositiveIntegerField(_("agreeing"), default=0)  # of the last ones in a row, for `credits`
    contrary_credits = models.PositiveIntegerField(null=True)  # another price that was seen last; null: none
    contrary = models.PositiveIntegerField(default=0)  # how often in a row
    seen_at = models.DateTimeField(_("last seen"), null=True)  # null: never, or it was forgotten

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("model", "variant")
        constraints = [models.UniqueConstraint(fields=["model", "variant"], name="price_once")]

    def __str__(self) -> str:
        return f"{self.model}/{self.variant}"


class UsageHour(models.Model):
    """Sums of the generations that ended in one hour, for charts and limits; made anew from the rows at any time.

    No foreign keys: the sums outlive keys and accounts.
    """

    hour = models.DateTimeField()  # its beginning, UTC
    api_key_id = models.BigIntegerField(null=True)  # null: pass-through, a page, or the key was gone already
    account_id = models.BigIntegerField(null=True)  # null: none had been lent, or it was gone already
    model = models.CharField(max_length=40)
    kind = models.CharField(max_length=5)  # Generation.Kind
    status = models.CharField(max_length=10)  # Generation.Status, a final one
    error_code = models.CharField(max_length=40, blank=True)
    generations = models.PositiveIntegerField()
    credits = models.PositiveIntegerField()  # estimated, of those that Jimeng accepted
    waited_s = models.FloatField()  # sum, from created to accepted
    waited_max_s = models.FloatField()
    ran_s = models.FloatField()  # sum, from accepted to the end

    class Meta:
        ordering = ("hour",)
        indexes = [
            models.Index(fields=["hour"], name="usage_by_hour"),
            # One key, account or model over a time, read from the index alone: a week may have 100,000 rows.
            models.Index(fields=["api_key_id", "hour", "status", "generations", "credits"], name="usage_by_key"),
            models.Index(fields=["account_id", "hour", "status", "generations", "credits"], name="usage_by_account"),
            models.Index(fields=["model", "hour", "status", "generations", "credits"], name="usage_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}"


class WordIndex(models.Model):
    """How far the words of prompts are indexed: one row. What came later is searched as it stands."""

    indexed_pk = models.BigIntegerField(default=0)  # all generations up to this one

    def __str__(self) -> str:
        return str(self.indexed_pk)


class EngineBeat(models.Model):
    """The pulse of the engine: one row, written by whoever runs it."""

    holder = models.CharField(max_length=100)  # "host:pid"
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    waiting = models.PositiveIntegerField(default=0)  # for an account
    following = models.PositiveIntegerField(default=0)  # accepted upstream, not finished

    def __str__(self) -> str:
        return self.holder
