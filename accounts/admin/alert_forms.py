"""The form of an alert channel. Address and secret go in and are never shown again, not even in a form with errors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.channels import TARGET_HINTS, InvalidTarget, channel_aim, clean_secret, clean_target, new_webhook_secret
from accounts.models import AlertChannel, AlertKind

_SECRET_ATTRS = {"autocomplete": "new-password", "autocapitalize": "off", "spellcheck": "false"}
KINDS = [choice for choice in AlertKind.choices if choice[0] != AlertKind.TEST]


class AlertChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """`save` stores nothing by itself: the admin saves the row."""

    new_target = forms.CharField(
        label=gettext_lazy("Address"), max_length=1000, widget=UnfoldAdminPasswordWidget(attrs=_SECRET_ATTRS)
    )
    new_secret = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        max_length=300,
        widget=UnfoldAdminPasswordWidget(attrs=_SECRET_ATTRS),
    )
    forget_secret = forms.BooleanField(
        label=gettext_lazy("Forget the secret"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Which alerts"),
        required=False,
        choices=KINDS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy("None chosen: all."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        model = AlertChannel
        fields = ("name", "format", "enabled", "kinds", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        target = self.fields["new_target"]
        target.required = is_new
        hints = [f"{label}: {TARGET_HINTS[value]}" for value, label in AlertChannel.Format.choices]
        target.help_text = _breakable(hints if is_new else [_("Empty: it stays as it is."), *hints])
        self.fields["new_secret"].help_text = _secret_hint()
        if not is_new:
            target.label, self.fields["new_secret"].label = _("New address"), _("New secret")
        else:
            del self.fields["forget_secret"]
            self.fields["language"].initial = get_language()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        medium = given.get("format", "")
        if given.get("new_target"):
            self._clean_part(given, "new_target", clean_target, medium)
        elif self.instance.pk is not None and "format" in self.changed_data:
            self.add_error("new_target", _("Another kind of channel needs another address."))
        if given.get("new_secret"):
            self._clean_part(given, "new_secret", clean_secret, medium)
        return given

    def _clean_part(self, given: dict[str, Any], name: str, clean: Any, medium: str) -> None:
        try:
            given[name] = clean(medium, given[name])
        except InvalidTarget as error:
            self.add_error(name, str(error))

    def aim(self, channel: AlertChannel) -> None:
        """Put what was entered into the row (not saved)."""
        target, secret = self.cleaned_data["new_target"], self.cleaned_data["new_secret"]
        if self.cleaned_data.get("forget_secret") or "format" in self.changed_data:
            channel.secret_encrypted = ""
        channel_aim(channel, target=target or None, secret=secret or None)


def _breakable(parts: list[str]) -> str:
    """One line each; long words may be broken on narrow screens."""
    lines = format_html_join("", "<span>{}</span>", ((part,) for part in parts))
    return format_html('<span class="jm-lines jm-break">{}</span>', lines)


def _secret_hint() -> str:
    """With a new secret for a webhook, drawn for this very form."""
    return _breakable(
        [
            _("Webhook: what signs each delivery, for example %(secret)s") % {"secret": new_webhook_secret()},
            _("DingTalk, Feishu: the secret of the signature check"),
            _("ntfy: an access token, or user:password"),
            _("Others need none."),
        ]
    )
