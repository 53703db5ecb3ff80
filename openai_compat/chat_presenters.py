"""Pictures and videos as the answer of a chat: Markdown, and lists for clients that read these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Literal, NotRequired, TypedDict

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.services import Attached, Progress
from openai_compat.presenters import JimengFacts, effective_of, facts_of, result_url
from openai_compat.video_presenters import file_of, video_effective

_CHINESE: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Link(TypedDict):
    url: str


class ImagePart(TypedDict):
    """As OpenRouter and LobeChat have it."""

    type: Literal["image_url"]
    index: int
    image_url: Link


class VideoPart(TypedDict):
    type: Literal["video_url"]
    index: int
    video_url: Link


class Files(TypedDict):
    """The results for clients that read lists: the one of their kind."""

    images: NotRequired[list[ImagePart]]
    videos: NotRequired[list[VideoPart]]


class ChatResult(TypedDict):
    """`pieces`: one of Markdown for each file; joined they are the content of the message."""

    pieces: list[str]
    files: Files
    jimeng: JimengFacts


class Message(Files):
    role: Literal["assistant"]
    content: str
    refusal: None


def chat_result(finished: Sequence[Generation], *, base_url: str, attached: Attached) -> ChatResult:
    """What final generations, `media` prefetched, have brought; at least one succeeded. Raises ResultUnavailable."""
    done = [generation for generation in finished if generation.status == Generation.Status.SUCCEEDED]
    media = [each for generation in done for each in _files(generation)]
    urls = [url for url in (result_url(each, base_url=base_url) for each in media) if url]
    if not urls:
        raise ResultUnavailable(public_id=done[0].public_id)
    if done[0].kind == Generation.Kind.VIDEO:
        pieces = [_video_piece(url) for url in urls]
        videos = [VideoPart(type="video_url", index=at, video_url=Link(url=url)) for at, url in enumerate(urls)]
        files = Files(videos=videos)
    else:
        pieces = [image_piece(url, index=at) for at, url in enumerate(urls)]
        images = [ImagePart(type="image_url", index=at, image_url=Link(url=url)) for at, url in enumerate(urls)]
        files = Files(images=images)
    return ChatResult(pieces=pieces, files=files, jimeng=_facts(finished, done, attached))


def image_piece(url: str, *, index: int) -> str:
    """Markdown of one picture of several: each in a paragraph of its own."""
    return f"\n\n![image]({url})" if index else f"![image]({url})"


def _video_piece(url: str) -> str:
    """A link and the bare address: no Markdown shows videos everywhere.

    NextChat plays what a link ends in `.mp4`, so that this one does, behind the signature; servers never see it.
    """
    return f"[▶ video.mp4]({url}#.mp4)\n\n{url}"


def early_urls(media: Sequence[Media], generations: Sequence[Generation], *, base_url: str) -> list[str]:
    """The addresses that an answer will begin with, of pictures that are stored while others are still made."""
    urls: list[str] = []
    for generation in generations:
        stored = [each for each in media if each.generation_id == generation.pk]
        for position in range(generation.spec["count"]):
            if position >= len(stored) or stored[position].position != position or not stored[position].file:
                return urls
            urls.append(result_url(stored[position], base_url=base_url))
    return urls


def completion(result: ChatResult, *, chat_id: str, created: int, model: str) -> dict[str, Any]:
    """A whole `chat.completion`."""
    message = Message(role="assistant", content="".join(result["pieces"]), refusal=None, **result["files"])
    return {
        "id": chat_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": no_chat_usage(),
        "jimeng": result["jimeng"],
    }


def no_chat_usage() -> dict[str, Any]:
    """Zeros: Jimeng counts credits, not tokens."""
    return {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def progress_line(progress: Progress, *, chinese: bool) -> str:
    """How far it is, in one line."""
    place, length, left = progress.queue_position, progress.queue_length, progress.eta_s
    if progress.phase in ("queued", "waiting") and place:
        of = f"/{length}" if length and length >= place else ""
        if progress.phase == "queued":
            return f"排队等待账号：第 {place}{of} 位" if chinese else f"Waiting for an account: place {place}{of}"
        return f"即梦排队中：第 {place}{of} 位" if chinese else f"In Jimeng's queue: place {place}{of}"
    about = ""
    if left is not None and left >= 1:
        about = f"，约剩 {left:.0f} 秒" if chinese else f", about {left:.0f} s left"
    match progress.phase:
        case "queued":
            return "排队等待账号" if chinese else "Waiting for an account"
        case "preparing":
            return "已找到账号，正在准备" if chinese else "An account was found, preparing"
        case "waiting":
            return f"即梦排队中{about}" if chinese else f"In Jimeng's queue{about}"
        case _:
            percent = f"{progress.percent}%"
            return f"生成中：{percent}{about}" if chinese else f"Generating: {percent}{about}"


def is_chinese(text: str) -> bool:
    return _CHINESE.search(text) is not None


def _files(generation: Generation) -> list[Media]:
    """Never more than was asked for."""
    return list(generation.media.all())[: generation.spec.get("count", 1)]


def _facts(finished: Sequence[Generation], done: Sequence[Generation], attached: Attached) -> JimengFacts:
    if done[0].kind == Generation.Kind.VIDEO:
        return facts_of(finished, video_effective(done[0], file_of(done[0])), attached)
    return facts_of(finished, effective_of(done[0], [media for each in done for media in _files(each)]), attached)
