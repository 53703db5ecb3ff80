"""Forms of the admin. A sessionid goes in and is never shown again, not even in a form with errors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts import vault
from accounts.models import Account
from accounts.services import account_add
from accounts.sessionids import InvalidSessionid, clean_sessionid

_SECRET_ATTRS = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}

_NOTES = {"notes": UnfoldAdminTextareaWidget(attrs={"rows": 3})}


class SecretTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]  # unfold ships no types
    """A text area that shows dots and never gives back what was typed."""

    def __init__(self) -> None:
        super().__init__(attrs={**_SECRET_ATTRS, "rows": 5})
        self.attrs["class"] = f"{self.attrs.get('class', '')} jm-secret"

    def format_value(self, value: object) -> str:
        return ""


class CommaSeparatedField(forms.CharField):
    """A JSON list of short texts, edited as `one, two`; Chinese commas and line ends part them as well."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextInputWidget(), **kwargs})

    def prepare_value(self, value: object) -> object:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: object) -> Any:
        if isinstance(value, list):
            return value
        text = str(value or "")
        for other in "，、;；\n":
            text = text.replace(other, ",")
        return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))

    def has_changed(self, initial: object, data: object) -> bool:
        return bool((initial or []) != self.to_python(data))


class AccountAddForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One login or many. After `save`: `added`, `joined` (were pass-through until now) and `known` (stored before)."""

    sessionids = forms.CharField(
        label=_("Sessionids"),
        widget=SecretTextarea(),
        help_text=_("One a line; a leading “sessionid=” is taken off. Stored encrypted and never shown again."),
    )
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=90,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Several are numbered. Empty: the last four characters."),
    )

    class Meta:
        model = Account
        fields = ("name", "notes")
        widgets = _NOTES

    def clean_sessionids(self) -> list[str]:
        found, wrong = [], []
        for number, line in enumerate(self.cleaned_data["sessionids"].splitlines(), start=1):
            if line.strip():
                try:
                    found.append(clean_sessionid(line))
                except InvalidSessionid:
                    wrong.append(str(number))
        if wrong:
            raise forms.ValidationError(
                _("Not a sessionid: line %(lines)s. Expected: 8 to 256 letters, digits and %% _ . -"),
                params={"lines": ", ".join(wrong)},
            )
        unique = list(dict.fromkeys(found))
        self._before = {each.fingerprint: each for each in _stored(unique)}
        in_pool = [each for each in self._before.values() if each.source == Account.Source.OPERATOR]
        if len(in_pool) == len(unique):
            raise forms.ValidationError(_("Stored already: %(names)s."), params={"names": names_of(in_pool)})
        return unique

    def save(self, commit: bool = True) -> Account:
        """Stores at once, whatever `commit` says: the service owns the rows. Returns the first that is new here."""
        sessionids: list[str] = self.cleaned_data["sessionids"]
        name: str = self.cleaned_data["name"]
        self.added: list[Account] = []
        self.joined: list[Account] = []
        self.known: list[Account] = []
        for number, sessionid in enumerate(sessionids, start=1):
            before = self._before.get(vault.fingerprint(sessionid))
            account, is_new = account_add(
                sessionid=sessionid,
                name=f"{name} {number}" if name and len(sessionids) > 1 else name,
                notes=self.cleaned_data["notes"],
            )
            was_passthrough = before is not None and before.source == Account.Source.PASSTHROUGH
            (self.added if is_new else self.joined if was_passthrough else self.known).append(account)
        self.save_m2m = lambda: None  # type: ignore[method-assign]  # the admin calls it; there is nothing to do
        return (self.added + self.joined + self.known)[0]


class AccountChangeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    new_sessionid = forms.CharField(
        label=_("Replace sessionid"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={**_SECRET_ATTRS, "autocomplete": "new-password"}),
        help_text=_("Only when the login has to be renewed: name, device identity and history stay."),
    )
    tags = CommaSeparatedField(label=_("Tags"), help_text=_("Separated by commas."))

    class Meta:
        model = Account
        fields = ("name", "enabled", "concurrency_cap", "priority", "tags", "notes")
        widgets = _NOTES

    def clean_new_sessionid(self) -> str:
        given: str = self.cleaned_data["new_sessionid"]
        if not given:
            return ""
        try:
            sessionid = clean_sessionid(given)
        except InvalidSessionid as error:
            raise forms.ValidationError(
                _("This is not a sessionid: 8 to 256 letters, digits and % _ . - are expected.")
            ) from error
        others = [each for each in _stored([sessionid]) if each.pk != self.instance.pk]
        if others:
            raise forms.ValidationError(_("Stored already: %(names)s."), params={"names": names_of(others)})
        return sessionid


def _stored(sessionids: Collection[str]) -> list[Account]:
    return list(Account.objects.filter(fingerprint__in=[vault.fingerprint(each) for each in sessionids]))


def names_of(accounts: Collection[Account]) -> str:
    return ", ".join(each.name for each in accounts)
