"""Small pictures of input pictures, for those who are about to use them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from generation.engine.pictures import NotMedia, small_pictures
from generation.inputs import StoredInput
from generation.stored import stored_read

PREVIEW_PX: Final = 320
PREVIEW_TYPE: Final = "image/webp"
# A larger one is decoded whole unless it is a JPEG, 4 bytes a pixel and a second of work: it is shown as it is.
_DECODED_PIXELS: Final = 12_000_000


async def input_preview(picture: StoredInput) -> tuple[bytes, str]:
    """Content and type of what is to be shown of a stored picture. Raises FileNotFoundError."""
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time(), _preview, picture)


def _preview(picture: StoredInput) -> tuple[bytes, str]:
    content = stored_read(picture.name)
    if picture.width * picture.height > _DECODED_PIXELS and picture.content_type != "image/jpeg":
        return content, picture.content_type
    try:
        return small_pictures(content, [PREVIEW_PX])[0], PREVIEW_TYPE
    except NotMedia:
        return content, picture.content_type


@cache
def _one_at_a_time() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="previews")
