"""The forms of an import: what is pasted or uploaded, and what is decided after the preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.entries import Unreadable
from accounts.forms import CommaSeparatedField, SecretTextarea
from accounts.reading import MAX_BYTES, read_entries


class ImportForm(forms.Form):
    """After `is_valid`, `cleaned_data["entries"]` holds what was read."""

    text = forms.CharField(
        label=_("Paste"),
        required=False,
        strip=False,
        widget=SecretTextarea(),
        help_text=_(
            "Sessionids one a line or parted by commas, Cookie headers, cookies exported by a browser as JSON or "
            "cookies.txt, or a table with the columns sessionid, name, notes, tags, priority, cap, proxy."
        ),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("The same as text, or an encrypted bundle of another gateway. At most 2 MiB."),
    )
    password = forms.CharField(
        label=_("Password of the bundle"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Only for an encrypted bundle."),
    )
    tags = CommaSeparatedField(label=_("Tags for all"), help_text=_("Separated by commas."))
    notes = forms.CharField(
        label=_("Notes for those without"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        text, file = given.get("text", ""), given.get("file")
        if bool(text.strip()) == bool(file):
            raise forms.ValidationError(_("Paste something or choose a file: one of the two."))
        # One byte more than is allowed tells that it is too much, whatever its size.
        content = file.read(MAX_BYTES + 1) if file else text
        try:
            given["entries"] = read_entries(content, password=given.get("password", ""))
        except Unreadable as error:
            raise forms.ValidationError(error.words) from error
        return given


class ImportOptionsForm(forms.Form):
    tags = CommaSeparatedField(label=_("More tags for all"), help_text=_("Separated by commas."))
    update_known = forms.BooleanField(
        label=_("Those that are stored already take the names, notes and tags of this import"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
    )
