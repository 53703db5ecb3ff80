"""Pictures and videos as the answer of a chat: Markdown, and lists for clients that read these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.services import Attached, Progress
from openai_compat.presenters import JimengFacts, effective_of, facts_of, result_url
from openai_compat.video_presenters import file_of, video_effective


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


class ChatResult(TypedDict):
    """`lines`: one piece of Markdown for each file; joined they are the content of the message."""

    lines: list[str]
    images: list[ImagePart]
    videos: list[VideoPart]
    jimeng: JimengFacts


class Message(TypedDict):
    role: Literal["assistant"]
    content: str
    refusal: None
    images: NotRequired[list[ImagePart]]
    videos: NotRequired[list[VideoPart]]


def chat_result(finished: Sequence[Generation], *, base_url: str, attached: Attached) -> ChatResult:
    """What final generations, `media` prefetched, have brought; at least one succeeded. Raises ResultUnavailable."""
    done = [generation for generation in finished if generation.status == Generation.Status.SUCCEEDED]
    result = ChatResult(lines=[], images=[], videos=[], jimeng=_facts(finished, done, attached))
    for media in [media for generation in done for media in _files(generation)]:
        url = result_url(media, base_url=base_url)
        if media.kind == Generation.Kind.VIDEO:
            result["lines"].append(f"[▶ video.mp4]({url})")
            result["videos"].append(VideoPart(type="video_url", index=len(result["videos"]), video_url=Link(url=url)))
        else:
            result["lines"].append(f"![image]({url})")
            result["images"].append(ImagePart(type="image_url", index=len(result["images"]), image_url=Link(url=url)))
    if not result["lines"]:
        raise ResultUnavailable(public_id=done[0].public_id)
    # Each piece but the last ends its paragraph, so that streamed and whole answers are the same text.
    result["lines"] = [f"{line}\n\n" for line in result["lines"][:-1]] + result["lines"][-1:]
    return result


def completion(result: ChatResult, *, chat_id: str, created: int, model: str) -> dict[str, Any]:
    """A whole `chat.completion`."""
    message = Message(role="assistant", content="".join(result["lines"]), refusal=None)
    if result["images"]:
        message["images"] = result["images"]
    if result["videos"]:
        message["videos"] = result["videos"]
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
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def _files(generation: Generation) -> list[Media]:
    """Never more than was asked for."""
    return list(generation.media.all())[: generation.spec.get("count", 1)]


def _facts(finished: Sequence[Generation], done: Sequence[Generation], attached: Attached) -> JimengFacts:
    if done[0].kind == Generation.Kind.VIDEO:
        return facts_of(finished, video_effective(done[0], file_of(done[0])), attached)
    return facts_of(finished, effective_of(done[0], [media for each in done for media in _files(each)]), attached)
