"""Where the input pictures of a request stand, whatever the client calls them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from generation.errors import InvalidSpec
from generation.inputs import InputSource, UploadedFileSource, source_of
from openai_compat.bodies import Body

# Fields that hold a picture or a list of them, strongest first; brackets may follow (`image[0]`, `image[url]`).
IMAGE_FIELDS: Final = ("image", "images", "image_url", "image_urls", "filePath", "file_path")
FRAME_FIELDS: Final = (
    "input_reference",
    *IMAGE_FIELDS,
    "filePaths",
    "file_paths",
    "first_frame",
    "first_frame_image",
    "end_frame",
    "end_frame_image",
    "last_frame",
    "image_file",
    "files",
)
# Files that are no input pictures.
OTHER_FILES: Final = ("mask", "video_file", "video")
_SUFFIX: Final = re.compile(r"(\[\w*\]|_\d+)\Z")
_WHOLE_REQUEST_MAX: Final = 16  # more than any operation takes: the spec says how many are too many


def input_sources(body: Body, *, names: Sequence[str] = IMAGE_FIELDS) -> list[InputSource]:
    """The pictures in the order they were given; texts and files of a multipart body may be mixed.

    Raises InvalidSpec(param=…) for what is no picture.
    """
    found = list(_from_parts(body, names) if body.parts else _from_fields(body, names))
    if len(found) > _WHOLE_REQUEST_MAX:
        raise InvalidSpec(f"{len(found)} images were given, which is too many.", param=names[0])
    return found


def _from_parts(body: Body, names: Sequence[str]) -> Iterator[InputSource]:
    for name, value in body.parts:
        bare = _SUFFIX.sub("", name)
        if isinstance(value, str):
            if bare in names:
                yield from _from_text(value, name)
        elif bare not in OTHER_FILES:  # a file of any other name is meant as a picture, too
            yield UploadedFileSource(file=value, param=name)


def _from_fields(body: Body, names: Sequence[str]) -> Iterator[InputSource]:
    given: dict[str, Any] = {**body.fields, **body.lists}
    for name, value in given.items():
        if _SUFFIX.sub("", name) in names:
            for each in value if isinstance(value, list) else [value]:
                yield from _from_text(each, name) if isinstance(each, str) else _from_value(each, name)


def _from_text(text: str, param: str) -> Iterator[InputSource]:
    """A form may hold a whole JSON list in one field."""
    stripped = text.strip()
    if stripped.startswith(("[", "{")):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError) as error:
            raise InvalidSpec(f"{param} is neither an image nor JSON.", param=param) from error
        for each in value if isinstance(value, list) else [value]:
            yield from _from_value(each, param)
    elif stripped:
        yield source_of(stripped, param=param)


def _from_value(value: Any, param: str) -> Iterator[InputSource]:
    if value is not None and value != "":
        yield source_of(value, param=param)
