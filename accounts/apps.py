from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Pool")

    def ready(self) -> None:
        from accounts import checks  # noqa: F401, PLC0415  (checks register themselves when imported)
