"""What unfold asks for each page of the admin: the sidebar, and the badge that says it is the sandbox."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Sections with their links; those that the user may not view are left out by unfold."""
    return [
        {
            "title": "",
            "items": [{"title": _("Dashboard"), "icon": "dashboard", "link": reverse_lazy("admin:index")}],
        },
        {
            "title": _("Pool"),
            "items": [
                _item(_("Accounts"), "group", "accounts", "account"),
                {
                    "title": _("Import accounts"),
                    "icon": "upload",
                    "link": reverse_lazy("admin:accounts_importbatch_add"),
                    "permission": _may_add_accounts,
                },
                {
                    "title": _("Bulk tasks"),
                    "icon": "checklist",
                    "link": reverse_lazy("admin:accounts_bulktask_changelist"),
                    "permission": _may_view_accounts,
                },
                _item(_("API keys"), "key", "accounts", "apikey"),
            ],
        },
        {
            "title": _("Work"),
            "separator": True,
            "items": [
                _item(_("Generations"), "photo_library", "generation", "generation"),
                _item(_("Model aliases"), "alternate_email", "generation", "modelalias"),
                _item(_("Prices"), "sell", "generation", "price"),
            ],
        },
        {
            "title": _("Alerts"),
            "separator": True,
            "items": [
                _item(_("Alerts"), "notifications", "accounts", "alert"),
                _item(_("Alert channels"), "campaign", "accounts", "alertchannel"),
                _item(_("Deliveries"), "outbox", "accounts", "delivery"),
            ],
        },
        {
            "title": _("Site"),
            "separator": True,
            "items": [
                _item(_("Users"), "person", "auth", "user"),
                _item(_("Audit log"), "history", "admin", "logentry"),
                {"title": _("API reference"), "icon": "api", "link": reverse_lazy("docs")},
            ],
        },
    ]


def _item(title: Promise, icon: str, app: str, model: str) -> dict[str, Any]:
    def may_view(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{model}")

    link = reverse_lazy(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may_view}


def _may_add_accounts(request: HttpRequest) -> bool:
    return request.user.has_perm("accounts.add_account")


def _may_view_accounts(request: HttpRequest) -> bool:
    return request.user.has_perm("accounts.view_account")


def environment(request: HttpRequest) -> list[Any] | None:
    """A badge on every page while the upstream is the sandbox: what it makes is not real."""
    return [_("Sandbox"), "warning"] if settings.JIMENG_UPSTREAM == "sandbox" else None


def admin_styles(request: HttpRequest) -> str:
    return static("css/admin.css")


def icon(request: HttpRequest) -> str:
    return static("icon.svg")
