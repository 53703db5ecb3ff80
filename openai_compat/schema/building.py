"""The pieces that operations are put together from. Pure."""

from __future__ import annotations

from typing import Any

from openai_compat.schema.components import BEARER, error_responses
from openai_compat.schema.typed import Schema


def json_answer(schema: Schema, description: str, *headers: str) -> Schema:
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", *headers)},
        "content": {"application/json": {"schema": schema}},
    }


def or_events(answer: Schema) -> Schema:
    """The answer, or server-sent events with `stream`; a failure is an event then, too."""
    return {**answer, "content": {**answer["content"], "text/event-stream": {"schema": {"type": "string"}}}}


def parameter(place: str, name: str, description: str, **schema: Any) -> Schema:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": description, **required, "schema": {"type": "string", **schema}}


def operation(
    operation_id: str,
    tag: str,
    summary: str,
    *,
    answers: dict[int, Schema],
    errors: tuple[int, ...],
    description: str = "",
    body: Schema | None = None,
    parameters: tuple[Schema, ...] = (),
    security: tuple[Schema, ...] = ({BEARER: []},),
) -> dict[str, Any]:
    """The arguments of drf-spectacular's `extend_schema`: the operation as it stands in the document."""
    operation: Schema = {
        "operationId": operation_id,
        "tags": [tag],
        "summary": summary,
        "parameters": list(parameters),
        "security": list(security),
        "responses": {**{str(status): answer for status, answer in answers.items()}, **error_responses(*errors)},
    }
    if description:
        operation["description"] = description
    if body is not None:
        operation["requestBody"] = body
    return {"operation": operation}
