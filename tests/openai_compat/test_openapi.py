"""The OpenAPI document: valid, complete, and under the addresses that answer."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

import pytest
from django.test import SimpleTestCase
from django.urls import URLPattern, resolve
from openapi_spec_validator import validate

from generation.errors import leaves
from openai_compat.errors import WIRE
from openai_compat.schema.components import ERRORS
from openai_compat.schema.generator import api_document, canonical_path
from openai_compat.schema.typed import components_of, schema_of
from openai_compat.urls import urlpatterns

NOT_DESCRIBED = {"openapi_document", "unknown_url"}
DOCUMENT = api_document()


class Inner(TypedDict):
    name: str


class Outer(TypedDict):
    """Holds
    another."""

    inner: Inner | None
    count: int | None
    kind: Literal["a", "b"]
    prices: dict[str, int]
    anything: dict[str, Any]
    many: NotRequired[list[Inner]]


def named_routes() -> list[URLPattern]:
    return [route for route in urlpatterns if route.name and route.name not in NOT_DESCRIBED]


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, found in DOCUMENT["paths"].items() for method, each in found.items()]


class DocumentTests(SimpleTestCase):
    def test_it_is_valid_openapi_3_1(self) -> None:
        assert DOCUMENT["openapi"].startswith("3.1")
        validate(DOCUMENT)

    def test_every_method_of_every_named_route_is_described(self) -> None:
        for route in named_routes():
            view = getattr(route.callback, "cls", None)
            path = canonical_path(str(route.pattern)) if view else f"/{route.name}"
            with self.subTest(route.name):
                methods = set(DOCUMENT["paths"].get(path, {}))
                assert methods == ({name for name in ("get", "post", "delete") if hasattr(view, name)} or {"get"})

    def test_every_address_leads_to_its_view(self) -> None:
        names = {str(resolve(path.replace("{", "").replace("}", "")).url_name) for path in DOCUMENT["paths"]}
        assert names == {str(route.name) for route in named_routes()}

    def test_only_canonical_addresses_are_listed(self) -> None:
        for path in DOCUMENT["paths"]:
            assert path.startswith(("/v1/", "/token/")) or path in ("/ping", "/healthz", "/readyz")
            assert not path.endswith("/")

    def test_parameters_of_addresses_are_described(self) -> None:
        for path, method, operation in operations():
            with self.subTest(f"{method} {path}"):
                named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
                assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}

    def test_every_operation_with_a_key_tells_of_its_errors(self) -> None:
        for path, method, operation in operations():
            if operation["security"]:
                with self.subTest(f"{method} {path}"):
                    assert {"400", "401", "500"} <= set(operation["responses"])
                    if "requestBody" in operation:
                        assert {"413", "415"} <= set(operation["responses"])

    def test_every_status_of_our_errors_is_among_the_shared_answers(self) -> None:
        assert {WIRE[leaf].status for leaf in leaves()} <= set(ERRORS)

    def test_operation_ids_are_unique(self) -> None:
        ids = [operation["operationId"] for _, _, operation in operations()]
        assert len(ids) == len(set(ids))

    def test_every_component_is_used(self) -> None:
        text = repr(DOCUMENT)
        for name in DOCUMENT["components"]["schemas"]:
            with self.subTest(name):
                assert f"'#/components/schemas/{name}'" in text

    async def test_it_is_served_without_a_key(self) -> None:
        response = await self.async_client.get("/v1/openapi.json")
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")
        assert response.json() == DOCUMENT


class RouteTests(SimpleTestCase):
    def test_routes_become_addresses(self) -> None:
        for regex, path in (
            (r"^(?:/+)?(?:v1/+)?models/?\Z", "/v1/models"),
            (r"^(?:/+)?(?:v1/+)?a/(?P<b_id>[^/\n]+)/c/?\Z", "/v1/a/{b_id}/c"),
            (r"^(?:/+)?(?:v1/+)?token/check/?\Z", "/token/check"),
            (r"^(?:/+)?(?:v1/+)?videos/[^/\n]+/(?:remix|edits)/?\Z", ""),
            (r"^ping/?\Z", ""),
            ("admin/", ""),
        ):
            with self.subTest(regex):
                assert canonical_path(regex) == path


def test_typed_dicts_become_schemas() -> None:
    assert components_of(Outer) == {
        "Inner": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "Outer": {
            "type": "object",
            "description": "Holds another.",
            "properties": {
                "inner": {"anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]},
                "count": {"type": ["integer", "null"]},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "prices": {"type": "object", "additionalProperties": {"type": "integer"}},
                "anything": {"type": "object"},
                "many": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}},
            },
            "required": ["inner", "count", "kind", "prices", "anything"],
        },
    }


def test_what_json_has_not_is_refused() -> None:
    with pytest.raises(TypeError):
        schema_of(bytes)
