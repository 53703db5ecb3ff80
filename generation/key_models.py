"""Which models an API key may use: asked by everything that takes requests, the API and the pages alike."""

from __future__ import annotations

from accounts.models import ApiKey
from generation.catalog import resolve_model
from generation.errors import UnknownModel


def is_allowed(model: str, api_key: ApiKey | None) -> bool:
    """Whether a key may use a public name; an alias is allowed where its model is."""
    info = resolve_model(model)
    names = {model} if info is None else {model, info.name}
    return api_key is None or not api_key.allowed_models or not names.isdisjoint(api_key.allowed_models)


def check_allowed(model: str, api_key: ApiKey | None) -> None:
    """Raises UnknownModel: to this key the model does not exist."""
    if not is_allowed(model, api_key):
        raise no_such_model(model)


def no_such_model(model: str) -> UnknownModel:
    return UnknownModel(f"The model {model!r} does not exist or this API key may not use it.", param="model")
