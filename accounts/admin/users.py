"""Users and groups of the admin, in the looks of the rest; what they may do is said in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.lists import OddAddresses
from accounts.models import BulkTask, ImportBatch

admin.site.unregister(User)
admin.site.unregister(Group)

_VERBS: Mapping[str, Promise] = MappingProxyType(
    {"view": _("view"), "add": _("add"), "change": _("edit"), "delete": _("delete")}
)
_GO_BY_ACCOUNTS = (BulkTask, ImportBatch)  # who may do what with these is a permission of the accounts


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, permission: Any) -> str:
        """`Accounts · edit`; Django's own names are not translated."""
        model = permission.content_type.model_class()
        verb = permission.codename.partition("_")[0]
        return f"{capfirst(str(model._meta.verbose_name_plural))} · {_VERBS.get(verb, permission.name)}"


class _PermissionsInWords:
    """Only those of what the admin shows: others would change nothing. Django's two lists beside each other are not
    translated, and too wide."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            shown = [model for model in admin.site._registry if model not in _GO_BY_ACCOUNTS]
            types = ContentType.objects.get_for_models(*shown).values()
            kwargs["form_class"] = PermissionsField
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            kwargs["queryset"] = Permission.objects.filter(content_type__in=types).select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]  # ModelAdmin's


@admin.register(User)
class UserAdmin(OddAddresses, _PermissionsInWords, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold ships no types
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(_PermissionsInWords, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    pass
