from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GenerationConfig(AppConfig):
    name = "generation"
    verbose_name = _("Work")

    def ready(self) -> None:
        from generation import checks  # noqa: F401, PLC0415  (checks register themselves when imported)
