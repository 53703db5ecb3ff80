"""The names that stand for models, read from their table now and then: what the admin changes works within seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from generation import catalog
from generation.catalog_table import CatalogTable
from generation.models import ModelAlias


class ModelAliases(CatalogTable[Mapping[str, str]]):
    NAME = "aliases"
    TTL_S = 5.0

    def begins_with(self) -> Mapping[str, str]:
        return catalog.ALIASES

    def read(self) -> Mapping[str, str]:
        return dict(ModelAlias.objects.values_list("name", "target"))

    def use(self, found: Mapping[str, str]) -> None:
        catalog.aliases_use(found)


def unknown_models(names: Collection[str]) -> list[str]:
    """Those that are neither models nor, in the table, aliases."""
    others = [name for name in names if name not in catalog.MODELS]
    known = set(ModelAlias.objects.filter(name__in=others).values_list("name", flat=True)) if others else set()
    return [name for name in others if name not in known]


model_aliases = ModelAliases()
