"""What the bench asks for: pictures, chat streams, compositions. One function a kind, all with the same shape."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp
from PIL import Image

PICTURE_PX = 1024  # of the pictures that compositions begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`ok`: the picture came. `waited_s`: from the first byte sent to the last received."""

    prompt: str
    ok: bool
    waited_s: float


Asking = Callable[[aiohttp.ClientSession, str, str, int], Awaitable[bool]]


async def images(session: aiohttp.ClientSession, url: str, prompt: str, number: int) -> bool:
    body = {"model": "jimeng-4.5", "prompt": prompt, "n": 1}
    async with session.post(f"{url}/v1/images/generations", json=body) as response:
        await response.read()
        return response.status == 200


async def chat(session: aiohttp.ClientSession, url: str, prompt: str, number: int) -> bool:
    """A stream, read to its end; it must hold a picture and stop once."""
    body = {"model": "jimeng-4.5", "messages": [{"role": "user", "content": prompt}], "stream": True}
    async with session.post(f"{url}/v1/chat/completions", json=body) as response:
        text = (await response.read()).decode()
        return "![" in text and text.count('"finish_reason":"stop"') == 1 and text.endswith("data: [DONE]\n\n")


async def compositions(session: aiohttp.ClientSession, url: str, prompt: str, number: int) -> bool:
    """Two pictures that nobody has sent before, as files."""
    form = aiohttp.FormData()
    form.add_field("model", "jimeng-4.5")
    form.add_field("prompt", prompt)
    for which in range(2):
        picture = _picture(number * 2 + which)
        form.add_field("images", picture, filename=f"{which}.jpg", content_type="image/jpeg")
    async with session.post(f"{url}/v1/images/compositions", data=form) as response:
        await response.read()
        return response.status == 200


KINDS: dict[str, Asking] = {"images": images, "chat": chat, "compose": compositions}

_pattern: list[bytes] = []


def _picture(number: int) -> bytes:
    """A JPEG of 1024 x 1024 whose bytes no other number has: the same drawing with another comment in it."""
    if not _pattern:
        drawing = Image.effect_mandelbrot((PICTURE_PX, PICTURE_PX), (-2, -1.5, 1, 1.5), 60).convert("RGB")
        out = io.BytesIO()
        drawing.save(out, "JPEG", quality=90)
        _pattern.append(out.getvalue())
    comment = f"bench {time.time_ns()} {number}".encode()
    # A comment segment right after the start of the image.
    return _pattern[0][:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _pattern[0][2:]


async def ask_all(kind: str, url: str, key: str, prompts: Sequence[str], *, over_s: float) -> list[Answer]:
    """One request a prompt, all at once or evenly over `over_s` seconds."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=300)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:

        async def ask(number: int, prompt: str) -> Answer:
            await asyncio.sleep(over_s * number / len(prompts))
            begun = time.perf_counter()
            ok = await KINDS[kind](session, url, prompt, number)
            return Answer(prompt=prompt, ok=ok, waited_s=time.perf_counter() - begun)

        return list(await asyncio.gather(*(ask(number, prompt) for number, prompt in enumerate(prompts))))
