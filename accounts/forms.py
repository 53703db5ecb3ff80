"""Forms of the admin. A sessionid goes in and is never shown again, not even in a form with errors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts import vault
from accounts.entries import Entry, Unreadable
from accounts.models import Account
from accounts.proxy_addresses import InvalidProxy, ProxyAddress, parse_proxy
from accounts.reading import read_entries
from accounts.services import account_add
from accounts.sessionids import InvalidSessionid, PastedLogin, read_pasted_login

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
        text = str(value or "").replace("\0", "")  # which PostgreSQL takes in no JSON
        for other in "，、;；\n":
            text = text.replace(other, ",")
        return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))

    def has_changed(self, initial: object, data: object) -> bool:
        return bool((initial or []) != self.to_python(data))


class AccountAddForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One login or many. After `save`: `added`, `joined` (were pass-through until now) and `known` (stored before)."""

    actor = ""  # who adds them; set before `save`
    sessionids = forms.CharField(
        label=_("Sessionids"),
        widget=SecretTextarea(),
        help_text=_("One a line, bare or in a whole Cookie header. Stored encrypted and never shown again."),
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

    def clean_sessionids(self) -> list[Entry]:
        try:
            entries = read_entries(self.cleaned_data["sessionids"])
        except Unreadable as error:
            raise forms.ValidationError(error.words) from error
        wrong = dict.fromkeys(str(each.line) for each in entries if each.problem is not None)
        if wrong:
            raise forms.ValidationError(
                _("Not a sessionid: line %(lines)s. Expected: 8 to 256 letters, digits and %% _ . -"),
                params={"lines": ", ".join(wrong)},
            )
        first: dict[str, Entry] = {}
        for each in entries:
            first.setdefault(each.sessionid, each)
        unique = list(first.values())
        self._before = {each.fingerprint: each for each in _stored([each.sessionid for each in unique])}
        in_pool = [each for each in self._before.values() if each.source == Account.Source.OPERATOR]
        if len(in_pool) == len(unique):
            raise forms.ValidationError(_("Stored already: %(names)s."), params={"names": names_of(in_pool)})
        return unique

    def save(self, commit: bool = True) -> Account:
        """Stores at once, whatever `commit` says: the service owns the rows. Returns the first that is new here."""
        entries: list[Entry] = self.cleaned_data["sessionids"]
        name: str = self.cleaned_data["name"]
        self.added: list[Account] = []
        self.joined: list[Account] = []
        self.known: list[Account] = []
        for number, entry in enumerate(entries, start=1):
            before = self._before.get(vault.fingerprint(entry.sessionid))
            account, is_new = account_add(
                sessionid=entry.sessionid,
                name=f"{name} {number}" if name and len(entries) > 1 else name or entry.name,
                notes=self.cleaned_data["notes"],
                login_expires_at=entry.login_expires_at,
                actor=self.actor,
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
        help_text=_(
            "Only when the login has to be renewed: name, device identity and history stay. "
            "A whole cookie header also tells when the login ends."
        ),
    )
    new_proxy = forms.CharField(
        label=_("New proxy"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminPasswordWidget(attrs={**_SECRET_ATTRS, "autocomplete": "new-password"}),
        help_text=_(
            "http://, https://, socks5:// or socks5h://, as in socks5://user:password@host:1080. All calls and uploads "
            "of this account go through it. Stored encrypted and never shown again."
        ),
    )
    remove_proxy = forms.BooleanField(
        label=_("Remove the proxy"), required=False, widget=UnfoldBooleanSwitchWidget(attrs={"autocomplete": "off"})
    )
    tags = CommaSeparatedField(label=_("Tags"), help_text=_("Separated by commas."))

    class Meta:
        model = Account
        fields = ("name", "enabled", "concurrency_cap", "priority", "tags", "notes")
        widgets = _NOTES

    def clean_new_sessionid(self) -> PastedLogin | None:
        given: str = self.cleaned_data["new_sessionid"]
        if not given:
            return None
        try:
            login = read_pasted_login(given)
        except InvalidSessionid as error:
            raise forms.ValidationError(
                _("This is not a sessionid: 8 to 256 letters, digits and % _ . - are expected.")
            ) from error
        others = [each for each in _stored([login.sessionid]) if each.pk != self.instance.pk]
        if others:
            raise forms.ValidationError(_("Stored already: %(names)s."), params={"names": names_of(others)})
        return login

    def clean_new_proxy(self) -> ProxyAddress | None:
        given: str = self.cleaned_data["new_proxy"]
        try:
            return parse_proxy(given) if given else None
        except InvalidProxy as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("new_proxy") and cleaned.get("remove_proxy"):
            self.add_error("remove_proxy", _("Either give a new proxy or remove it."))
        return cleaned


class RenewalForm(forms.Form):
    """What the owner of an account pastes into the page of a renewal link. `login`: a PastedLogin."""

    login = forms.CharField(max_length=20_000)

    def clean_login(self) -> PastedLogin:
        try:
            return read_pasted_login(self.cleaned_data["login"])
        except InvalidSessionid as error:
            raise forms.ValidationError(str(error)) from error


def _stored(sessionids: Collection[str]) -> list[Account]:
    return list(Account.objects.filter(fingerprint__in=[vault.fingerprint(each) for each in sessionids]))


def names_of(accounts: Collection[Account]) -> str:
    return ", ".join(each.name for each in accounts)
