"""The OpenAPI document: drf-spectacular walks the routes, schema/operations.py says what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator

from openai_compat.schema.components import components
from openai_compat.schema.operations import HEALTH_PATHS
from openai_compat.views.base import AsyncAPIView

# How routes begin in openai_compat/urls.py: an optional /v1.
_ROOT: Final = r"^(?:/+)?(?:v1/+)?"
_GROUP: Final = re.compile(r"\(\?P<(\w+)>[^()]*\)")
_END: Final = re.compile(r"(?:/\?)?\\Z\Z")
_PLAIN: Final = re.compile(r"[\w./{}-]+")
# The original service has these outside of /v1.
_AT_THE_ROOT: Final = ("token/",)


class Endpoints(EndpointEnumerator):
    """The named routes of the API, each under its one canonical address."""

    def get_path_from_regex(self, path_regex: str) -> str:
        return canonical_path(path_regex)

    def should_include_endpoint(self, path: str, callback: Callable[..., Any]) -> bool:
        view = getattr(callback, "cls", None)
        return bool(path) and isinstance(view, type) and issubclass(view, AsyncAPIView)

    def get_allowed_methods(self, callback: Any) -> list[str]:
        """Those with `@extend_schema`; the others only say that there is no such thing here."""
        return [
            method
            for method in super().get_allowed_methods(callback)  # type: ignore[no-untyped-call]  # its own types have gaps
            if "schema" in getattr(getattr(callback.cls, method.lower()), "kwargs", {})
        ]


class Generator(SchemaGenerator):
    endpoint_inspector_cls = Endpoints

    def coerce_path(self, path: str, method: str, view: object) -> str:
        return path  # its parameters have the names of the routes


def canonical_path(regex: str) -> str:
    """`^(?:/+)?(?:v1/+)?videos/(?P<video_id>[^/\\n]+)/?\\Z` → `/v1/videos/{video_id}`. Empty for what is not described.

    A route with groups that have no name stands for something that does not exist here.
    """
    if not regex.startswith(_ROOT):
        return ""
    tail = _END.sub("", _GROUP.sub(r"{\1}", regex.removeprefix(_ROOT))).replace(r"\.", ".")
    if not _PLAIN.fullmatch(tail):
        return ""
    return f"/{tail}" if tail.startswith(_AT_THE_ROOT) else f"/v1/{tail}"


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's last step: what no view can say."""
    return {**result, "paths": {**result["paths"], **HEALTH_PATHS}, "components": components()}


def api_document() -> dict[str, Any]:
    document: dict[str, Any] = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # as above
    return document
