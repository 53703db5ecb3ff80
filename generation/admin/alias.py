"""Model aliases: the names that clients may use for our models. Every process reads them again within seconds."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.display import NOTHING, badge, moment
from generation.catalog import MODELS
from generation.models import ModelAlias

# Printable ASCII, as it stands in JSON and addresses without being escaped; spaces only within.
_NAME: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _model_choices() -> list[tuple[Any, Any]]:
    def of_kind(kind: str) -> list[tuple[str, str]]:
        return [(name, name) for name, info in MODELS.items() if info.kind == kind]

    return [
        ("", _("Choose a model")),
        (_("Images"), of_kind("image")),
        (_("Videos"), of_kind("video")),
    ]


class ModelAliasForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy(
            "What a client sends as “model”: up to 100 letters, digits and signs of ASCII; case matters. "
            "It also appears in the list of models."
        ),
    )
    target = forms.ChoiceField(
        label=gettext_lazy("Model"),
        choices=_model_choices,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("What makes the picture or video. A change takes effect within 5 seconds."),
    )

    class Meta:
        model = ModelAlias
        fields = ("name", "target")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not _NAME.fullmatch(name):
            raise forms.ValidationError(_("Only letters, digits and signs of ASCII are possible."))
        if name in MODELS:
            raise forms.ValidationError(_("This is the name of a model; an alias needs another one."))
        return name


@admin.register(ModelAlias)
class ModelAliasAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = ModelAliasForm
    when_empty = gettext_lazy(
        "An alias lets a client use a name that it knows, such as gpt-image-1, for one of our models."
    )
    list_display = ("name", "target_cell", "kind_cell", "made_cell")
    search_fields = ("name", "target")
    search_help_text = gettext_lazy("Name of the alias or of the model")
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100

    @admin.display(description=gettext_lazy("model"), ordering="target")
    def target_cell(self, alias: ModelAlias) -> SafeString | str:
        if alias.target not in MODELS:
            return badge(alias.target, "danger", hint=_("This version has no such model; the alias has no effect."))
        return alias.target

    @admin.display(description=gettext_lazy("kind"))
    def kind_cell(self, alias: ModelAlias) -> str:
        if alias.target not in MODELS:
            return NOTHING
        return _("image") if MODELS[alias.target].kind == "image" else _("video")

    @admin.display(description=gettext_lazy("made"), ordering="created_at")
    def made_cell(self, alias: ModelAlias) -> str:
        return moment(alias.created_at)
