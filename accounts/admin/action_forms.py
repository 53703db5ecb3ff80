"""What an action on accounts asks before it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminPasswordWidget

from accounts.forms import CommaSeparatedField
from accounts.sealing import MIN_PASSWORD_CHARS


class RestForm(forms.Form):
    hours = forms.FloatField(
        label=_("Hours"),
        min_value=0.1,
        max_value=24 * 90,
        initial=6,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"step": "0.1", "inputmode": "decimal"}),
        help_text=_("What they have begun goes on; nothing new is given to them."),
    )

    @property
    def lasts(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


class TagsForm(forms.Form):
    add = CommaSeparatedField(label=_("Tags to add"), help_text=_("Separated by commas."))
    remove = CommaSeparatedField(label=_("Tags to take away"), help_text=_("Separated by commas."))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("add") and not given.get("remove"):
            raise forms.ValidationError(_("Name at least one tag."))
        return given


class ExportForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        min_length=MIN_PASSWORD_CHARS,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Whoever has the file and this password has the logins. It cannot be recovered."),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if "password" in given and given["password"] != given.get("again"):
            raise forms.ValidationError(_("The two passwords are not the same."))
        return given
