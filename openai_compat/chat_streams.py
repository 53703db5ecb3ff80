"""A chat answer as chunks: role, progress, one piece for each picture, and one end."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from generation.services import Progress, Submission, generation_follow, note_answer, raise_if_failed
from openai_compat.chat_presenters import chat_result, is_chinese, no_chat_usage, progress_line
from openai_compat.serializers.chat import ChatRequest
from openai_compat.sse import KEEP_ALIVE, event

BEAT_S: Final = 5.0  # news at least so often
LINE_EVERY_S: Final = 5.0  # a line of progress even if nothing changed: with a beat never 15 s without one


def new_chat_id() -> str:
    return "chatcmpl-" + secrets.token_hex(12)


@dataclass(slots=True, kw_only=True)
class _Chunks:
    """Makes the chunks of one stream, all with one id and time."""

    model: str
    include_usage: bool
    chat_id: str = field(default_factory=new_chat_id)
    created: int = field(default_factory=lambda: int(time.time()))

    def delta(self, delta: dict[str, Any], *, finish_reason: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chunk([choice], **({"usage": None} if self.include_usage else {}), **more)

    def usage(self) -> bytes:
        return self._chunk([], usage=no_chat_usage())

    def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        return event(
            {
                "id": self.chat_id,
                "object": "chat.completion.chunk",
                "created": self.created,
                "model": self.model,
                "choices": choices,
                **more,
            }
        )


async def chat_events(submission: Submission, *, asked: ChatRequest, base_url: str) -> AsyncIterator[bytes]:
    """All chunks but `[DONE]`. Raises what failed generations raise: nothing then says `stop`."""
    chunks = _Chunks(model=asked.model, include_usage=asked.include_usage)
    teller = _Teller(chinese=is_chinese(asked.prompt))
    yield chunks.delta({"role": "assistant", "content": ""})
    async for update in generation_follow(submission.generations, beat_s=BEAT_S):
        if update.finished is None:
            line = teller.line(update.progress)
            yield chunks.delta(line) if line else KEEP_ALIVE
            continue
        raise_if_failed(update.finished)
        result = chat_result(update.finished, base_url=base_url, attached=submission.attached)
        if teller.separator:
            yield chunks.delta({"content": teller.separator})
        images: list[Any] = [*result["images"]]
        for index, line_of_file in enumerate(result["lines"]):
            shown = {"images": images[index : index + 1]} if images else {"videos": result["videos"]}
            yield chunks.delta({"content": line_of_file, **shown})
        note_answer(update.finished)
        yield chunks.delta({}, finish_reason="stop", jimeng=result["jimeng"])
        if asked.include_usage:
            yield chunks.usage()


class _Teller:
    """Says how far it is, as the settings want it: at each change, and every few seconds without one."""

    def __init__(self, *, chinese: bool) -> None:
        self._chinese = chinese
        self._manner: str = settings.JIMENG_CHAT_PROGRESS
        self._key: tuple[Any, ...] = ()
        self._said = ""
        self._said_at = 0.0

    @property
    def separator(self) -> str:
        """Between progress within the content and the result."""
        return "\n" if self._manner == "content" and self._said else ""

    def line(self, progress: Progress) -> dict[str, str]:
        """The delta to send; empty for a sign of life only."""
        if self._manner == "silent":
            return {}
        key = (progress.phase, progress.queue_position, progress.ready)
        text, now = progress_line(progress, chinese=self._chinese), time.monotonic()
        is_due = now - self._said_at >= LINE_EVERY_S
        if not is_due and (key == self._key or text == self._said):
            return {}
        self._key, self._said, self._said_at = key, text, now
        name = "content" if self._manner == "content" else "reasoning_content"
        return {name: f"{text}\n"}
