"""TypedDicts as JSON schemas: what the presenters promise is what the OpenAPI document says. Pure."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

Schema = dict[str, Any]
_SIMPLE: Final[Mapping[Any, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def components_of(*roots: type) -> dict[str, Schema]:
    """The schemas of these TypedDicts, and of all that they hold, by name."""
    found: dict[str, Schema] = {}
    waiting = list(roots)
    while waiting:
        each = waiting.pop()
        if each.__name__ not in found:
            found[each.__name__] = object_schema(each)
            waiting.extend(inner for hint in get_type_hints(each).values() for inner in _typed_dicts(hint))
    return found


def object_schema(kind: type) -> Schema:
    """One TypedDict. Its docstring is the description; other keys may come with later versions."""
    hints = get_type_hints(kind, include_extras=True)
    required = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
    schema: Schema = {"type": "object", "properties": {name: schema_of(hint) for name, hint in hints.items()}}
    if required:
        schema["required"] = required
    description = kind.__dict__.get("__doc__")
    if description:
        schema["description"] = " ".join(description.split())
    return schema


def schema_of(hint: Any) -> Schema:
    """A type hint of a JSON value. Raises TypeError for what JSON has not."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return schema_of(inner[0])
    if is_typeddict(hint):
        return ref(hint.__name__)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if origin in (Union, types.UnionType):
        return _one_of_several([schema_of(each) for each in inner])
    return _generic_schema(hint, origin, inner)


def _generic_schema(hint: Any, origin: Any, inner: tuple[Any, ...]) -> Schema:
    if origin is Literal:
        return {"type": "string", "enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is dict:
        return (
            {"type": "object"} if inner[1] is Any else {"type": "object", "additionalProperties": schema_of(inner[1])}
        )
    raise TypeError(f"{hint!r} is no JSON value")


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of_several(schemas: list[Schema]) -> Schema:
    if all(set(each) == {"type"} for each in schemas):
        return {"type": [each["type"] for each in schemas]}
    return {"anyOf": schemas}


def _typed_dicts(hint: Any) -> Iterator[type]:
    if is_typeddict(hint):
        yield hint
    for inner in get_args(hint):
        yield from _typed_dicts(inner)
