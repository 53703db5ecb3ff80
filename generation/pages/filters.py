"""What the address of the gallery asks for, and the addresses that ask for a little more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Self

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, ApiKey
from generation.catalog import MODELS
from generation.history import Wanted, history_clients
from generation.models import Generation
from generation.pages.asking import CLIENT
from generation.viewing import Viewer, key_ids_of

# Parameters of the address, and the fields of `Wanted` that they fill.
PARAMETERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "q": "words",
        "kind": "kind",
        "model": "model",
        "status": "status",
        "account": "account_id",
        "key": "key_id",
        "client": "client",
        "since": "since",
        "until": "until",
        "pinned": "pinned",
        "failed": "failed",
        "trash": "trash",
    }
)
GRID, TABLE = "grid", "table"
_PK_MAX = 2**63 - 1
_DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))
_ANY: Final = ("", gettext_lazy("any"))
_KINDS: Final = ((Generation.Kind.IMAGE, gettext_lazy("Pictures")), (Generation.Kind.VIDEO, gettext_lazy("Videos")))


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=False, label=label, input_formats=["%Y-%m-%d"], validators=_DAYS, widget=widget)


def _number(label: Any) -> forms.IntegerField:
    return forms.IntegerField(required=False, label=label, min_value=1, max_value=_PK_MAX, widget=forms.Select)


class FilterForm(forms.Form):
    """Reads the address. Accounts and keys are numbers here: an unknown one finds nothing."""

    use_required_attribute = False

    q = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Search in prompts"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )
    kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind"), choices=[_ANY, *_KINDS])
    model = forms.ChoiceField(
        required=False, label=gettext_lazy("Model"), choices=[_ANY, *((name, name) for name in MODELS)]
    )
    status = forms.ChoiceField(required=False, label=gettext_lazy("State"), choices=[_ANY, *Generation.Status.choices])
    account = _number(gettext_lazy("Account"))
    key = _number(gettext_lazy("API key"))
    client = forms.CharField(required=False, max_length=40, label=gettext_lazy("Client"), widget=forms.Select)
    since = _day(gettext_lazy("Since"))
    until = _day(gettext_lazy("Until"))
    pinned = forms.BooleanField(required=False, label=gettext_lazy("Pinned"))
    failed = forms.BooleanField(required=False, label=gettext_lazy("Failed"))
    trash = forms.BooleanField(required=False, label=gettext_lazy("Trash"))
    view = forms.ChoiceField(
        required=False,
        label=gettext_lazy("View"),
        choices=[(GRID, gettext_lazy("Grid")), (TABLE, gettext_lazy("Table"))],
    )

    def __init__(self, asked: QueryDict, viewer: Viewer) -> None:
        super().__init__(asked, auto_id="filter-%s", label_suffix="")
        if not viewer.sees_all:
            del self.fields["account"]

    def offer(self, viewer: Viewer) -> None:
        """Fill the choices that come from the tables: for the form as people see it."""
        keys = ApiKey.objects.order_by("name", "pk")
        if viewer.sees_all:
            pool = Account.objects.filter(source=Account.Source.OPERATOR).order_by("name", "pk")
            self._choose("account", [(pk, name or f"#{pk}") for pk, name in pool.values_list("pk", "name")])
        else:
            keys = keys.filter(pk__in=key_ids_of(viewer))
        self._choose("key", list(keys.values_list("pk", "name")))
        # What is no value is not shown as one.
        self.data = {name: value for name, value in self.data.items() if name not in self.errors}
        clients = history_clients(viewer=viewer)
        given = self.cleaned_data.get("client", "")
        if given and given not in clients:
            clients = [given, *clients]
        self._choose("client", [(name, _("a page of the gateway") if name == CLIENT else name) for name in clients])

    def _choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        widget = self.fields[name].widget
        assert isinstance(widget, forms.Select)  # noqa: S101  (narrows for the type checker)
        widget.choices = [_ANY, *choices]

    def in_words(self, name: str) -> str:
        """The value of a field as people call it."""
        value = self.cleaned_data.get(name)
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            return str(dict(widget.choices).get(value, f"#{value}"))
        return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """To the same page with another filter. `is_on`: it is in force."""

    label: str
    href: str
    icon: str = "x"
    is_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for. `problems`: labels of what was ignored, as it is no value."""

    wanted: Wanted
    view: str
    problems: tuple[str, ...]
    form: FilterForm

    @classmethod
    def read(cls, asked: QueryDict, viewer: Viewer) -> Self:
        """From the parameters of an address. What makes no sense is left out."""
        form = FilterForm(asked, viewer)
        form.is_valid()
        known = {field: form.cleaned_data.get(name) for name, field in PARAMETERS.items()}
        wanted = Wanted(**{field: value for field, value in known.items() if value})
        problems = tuple(str(form.fields[name].label) for name in form.errors if name in form.fields)
        return cls(wanted=wanted, view=form.cleaned_data.get("view") or GRID, problems=problems, form=form)

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows it down; the trash is a place of its own."""
        return replace(self.wanted, trash=False) != Wanted()

    def query(self, **over: Any) -> str:
        """The parameters in canonical order, without those that are not set. `over`: of `Wanted`, and `view`."""
        values = {each.name: getattr(self.wanted, each.name) for each in fields(self.wanted)} | over
        pairs = [(name, _as_text(values[field])) for name, field in PARAMETERS.items() if values[field]]
        if values.get("view", self.view) == TABLE:
            pairs.append(("view", TABLE))
        return urlencode(pairs)

    def href(self, **over: Any) -> str:
        query = self.query(**over)
        return reverse("generation:history") + (f"?{query}" if query else "")

    def choosers(self) -> list[forms.BoundField]:
        """The fields of the sheet of filters."""
        names = ("kind", "model", "status", "account", "key", "client", "since", "until")
        return [self.form[name] for name in names if name in self.form.fields]

    def cleared(self) -> str:
        """Where nothing is filtered; the trash is left by its switch."""
        query = urlencode(_only_set({"trash": self.wanted.trash and "1", "view": self.view == TABLE and TABLE}))
        return reverse("generation:history") + (f"?{query}" if query else "")

    def views(self) -> list[Link]:
        known = ((GRID, _("Grid"), "layout-grid"), (TABLE, _("Table"), "list"))
        return [
            Link(label=label, href=self.href(view=view), icon=icon, is_on=self.view == view)
            for view, label, icon in known
        ]

    def chips(self) -> list[Link]:
        """One for each filter in force that is no switch; it leads to the page without it. Call after `form.offer`."""
        chips = []
        for name, field in PARAMETERS.items():
            value = getattr(self.wanted, field)
            if not value or value is True or name == "kind":
                continue  # switches are seen, and turned off, where they were turned on
            label = f"{self.form.fields[name].label}: {self.form.in_words(name)}"
            chips.append(Link(label=label, href=self.href(**{field: None})))
        return chips

    def switches(self) -> list[Link]:
        """The filters that are one click away."""
        wanted = self.wanted
        known = (
            ("kind", Generation.Kind.IMAGE, _("Pictures"), "image"),
            ("kind", Generation.Kind.VIDEO, _("Videos"), "film"),
            ("pinned", True, _("Pinned"), "pin"),
            ("failed", True, _("Failed"), "circle-alert"),
            ("trash", True, _("Trash"), "trash-2"),
        )
        links = []
        for field, value, label, icon in known:
            is_on = getattr(wanted, field) == value
            links.append(Link(label=label, href=self.href(**{field: None if is_on else value}), icon=icon, is_on=is_on))
        return links


def _only_set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _as_text(value: Any) -> str:
    return "1" if value is True else str(value)
