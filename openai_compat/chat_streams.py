"""A chat answer as chunks: role, progress, one piece for each picture, and one end."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from generation.services import Progress, Submission, generation_follow, media_of, note_answer, raise_if_failed
from openai_compat.chat_presenters import (
    ChatResult,
    chat_result,
    early_urls,
    image_piece,
    is_chinese,
    no_chat_usage,
    progress_line,
)
from openai_compat.serializers.chat import ChatRequest
from openai_compat.sse import KEEP_ALIVE, event

PACE_S: Final = 1.0  # the first second of a generation is full of changes that nobody can read
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
    """All chunks but `[DONE]`. Raises what failed generations raise: nothing then says `stop`.

    Chunks that are ready together go out together: each sending costs more than making what is sent.
    """
    chunks = _Chunks(model=asked.model, include_usage=asked.include_usage)
    teller = _Teller(chinese=is_chinese(asked.prompt))
    early = _Early(submission, base_url=base_url)
    begin = chunks.delta({"role": "assistant", "content": ""})
    async for update in generation_follow(submission.generations, beat_s=BEAT_S, pace_s=PACE_S):
        if update.finished is not None:
            note_answer(update.finished)
            raise_if_failed(update.finished)
            result = chat_result(update.finished, base_url=base_url, attached=submission.attached)
            yield begin + _end(chunks, result, before=teller.separator, shown=early.shown)
            return
        pieces = [chunks.delta({"content": piece}) for piece in await early.pieces(update.progress)]
        # Clients take what is thought after the first picture for a second thought.
        line = {} if early.shown else teller.line(update.progress)
        news = begin + (chunks.delta(line) if line else b"") + b"".join(pieces)
        if news or early.shown or teller.is_silent:
            yield news or KEEP_ALIVE
        begin = b""


def _end(chunks: _Chunks, result: ChatResult, *, before: str, shown: Sequence[str]) -> bytes:
    """What was not shown yet, and how it ended. `before`: what parts the result from the progress."""
    texts = [before, *(piece for piece in result["pieces"] if piece not in shown)]
    contents = [chunks.delta({"content": text}) for text in texts if text]
    # In a chunk of their own: LobeChat reads no text from a chunk that has images.
    files = chunks.delta({**result["files"]})
    stop = chunks.delta({}, finish_reason="stop", jimeng=result["jimeng"])
    return b"".join((*contents, files, stop, chunks.usage() if chunks.include_usage else b""))


class _Early:
    """Pictures that are stored while others of the same request are still made, in the order of the answer."""

    def __init__(self, submission: Submission, *, base_url: str) -> None:
        self._generations = submission.generations
        self._base_url = base_url
        self._count = sum(each.spec.get("count", 1) for each in submission.generations)
        self.shown: list[str] = []

    async def pieces(self, progress: Progress) -> list[str]:
        """What is new, as Markdown. The database is asked only while the upstream has more than was shown."""
        if settings.JIMENG_CHAT_PROGRESS == "content" or not len(self.shown) < progress.ready < self._count:
            return []
        urls = early_urls(await media_of(self._generations), self._generations, base_url=self._base_url)
        fresh = [image_piece(url, index=at) for at, url in enumerate(urls)][len(self.shown) :]
        self.shown += fresh
        return fresh


class _Teller:
    """Says how far it is, as the settings want it: at each change, and every few seconds without one."""

    def __init__(self, *, chinese: bool) -> None:
        self._chinese = chinese
        self._manner: str = settings.JIMENG_CHAT_PROGRESS
        self._key: tuple[Any, ...] = ()
        self._said = ""
        self._said_at = 0.0

    @property
    def is_silent(self) -> bool:
        return self._manner == "silent"

    @property
    def separator(self) -> str:
        """Between progress within the content and the result."""
        return "\n" if self._manner == "content" and self._said else ""

    def line(self, progress: Progress) -> dict[str, str]:
        """The delta to send; empty when there is nothing new to tell, which is never for long."""
        if self.is_silent:
            return {}
        key = (progress.phase, progress.queue_position, progress.ready)
        text, now = progress_line(progress, chinese=self._chinese), time.monotonic()
        is_due = now - self._said_at >= LINE_EVERY_S
        if not is_due and (key == self._key or text == self._said):
            return {}
        self._key, self._said, self._said_at = key, text, now
        name = "content" if self._manner == "content" else "reasoning_content"
        return {name: f"{text}\n"}
