"""`POST /v1/chat/completions`, up to the engine."""

from __future__ import annotations

import json
from typing import Any

from django.test import override_settings

from generation.models import Generation
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_key

PATH = "/v1/chat/completions"


class ChatTests(ApiTestCase):
    """No engine runs in these tests: what is accepted is stored, and said to be still running."""

    def setUp(self) -> None:
        self.row, self.key = make_key()

    async def post(self, path: str = PATH, **fields: Any) -> Any:
        content = {"messages": [{"role": "user", "content": "a cat"}], **fields}
        return await self.async_client.post(path, content, content_type="application/json", headers=bearer(self.key))

    async def test_a_request_is_stored_as_a_chat(self) -> None:
        for path in (PATH, PATH + "/", "/chat/completions", "/v1//chat/completions"):
            response = await self.post(path, model="gpt-image-1:16:9", n=3, temperature=0.5, tools="none")
            assert response.status_code == 504
        stored = [each async for each in Generation.objects.all()]
        assert len(stored) == 4
        assert {(each.operation, each.model, each.prompt) for each in stored} == {("chat", "jimeng-4.5", "a cat")}
        assert stored[0].spec["count"] == 3
        assert (stored[0].requested["ratio"], stored[0].requested["model"]) == ("16:9", "gpt-image-1")

    async def test_without_a_model_the_default_paints(self) -> None:
        await self.post(model=None)
        assert (await Generation.objects.aget()).model == "jimeng-4.5"

    async def test_a_full_queue_is_refused_before_the_stream(self) -> None:
        with override_settings(JIMENG_QUEUE_LIMIT=0):
            response = await self.post(stream=True)
        assert (response.status_code, error_of(response)["code"]) == (429, "accounts_busy")
        assert response["x-should-retry"] == "true"
        assert not await Generation.objects.aexists()

    async def test_a_failure_after_the_begin_is_an_event(self) -> None:
        response = await self.post(stream=True)
        blocks = [block async for block in response.streaming_content]
        *_, error, done = b"".join(blocks).decode().strip().split("\n\n")
        assert response.status_code == 200
        assert json.loads(error.removeprefix("data: "))["error"]["code"] == "generation_still_running"
        assert done == "data: [DONE]"

    async def test_what_is_wrong_is_named(self) -> None:
        for fields, param in (
            ({"messages": []}, "messages"),
            ({"messages": {"role": "user", "content": "a cat"}}, "messages"),
            ({"size": "huge"}, "size"),
            ({"stream": "maybe"}, "stream"),
            ({"model": "x" * 200}, "model"),
        ):
            response = await self.post(**fields)
            assert (response.status_code, error_of(response)["param"]) == (400, param)
        assert not await Generation.objects.aexists()

    async def test_no_key_no_work(self) -> None:
        self.key = ""
        assert (await self.post()).status_code == 401
