"""What the detail page shows besides plain fields: files, inputs and parameters, as rows for its templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.display import NOTHING, clock
from generation.models import Generation, InputImage, Media
from generation.services import media_path
from generation.templatetags.generation_extras import seconds, size
from generation.wording import input_count, input_name, input_origin

_SPEC_LABELS: dict[str, Promise] = {
    "count": gettext_lazy("pictures"),
    "ratio": gettext_lazy("ratio"),
    "resolution": gettext_lazy("resolution"),
    "resolution_asked": gettext_lazy("resolution asked for"),
    "negative_prompt": gettext_lazy("negative prompt"),
    "sample_strength": gettext_lazy("sample strength"),
    "seed": gettext_lazy("seed"),
    "output_format": gettext_lazy("file format"),
}
_ELSEWHERE = frozenset({"model", "prompt", "width", "height", "inputs", "seconds"})  # shown in lines of their own


def spec_lines(generation: Generation) -> SafeString | str:
    """What was really submitted, one line a parameter; what is not set is left out."""
    spec: dict[str, Any] = generation.spec
    lines: list[tuple[str, str]] = []
    if spec.get("width") and spec.get("height"):
        lines.append((_("size"), f"{spec['width']} × {spec['height']}"))
    if spec.get("seconds"):
        lines.append((_("length"), _("%(seconds)s s") % {"seconds": spec["seconds"]}))
    for name, value in spec.items():
        if name not in _ELSEWHERE and value not in (None, "", [], {}):
            lines.append((str(_SPEC_LABELS.get(name, name.replace("_", " "))), _plain(value)))
    if generation.seed is not None and spec.get("seed") is None:
        lines.append((_("seed drawn"), str(generation.seed)))
    if given := input_count(generation):
        lines.append((_("made from"), given))
    return _lines(lines)


def requested_lines(generation: Generation) -> SafeString | str:
    """The caller's own parameters, in the caller's own words."""
    return _lines([(name, _plain(value)) for name, value in generation.requested.items() if value not in (None, "")])


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return str(value)


def _lines(lines: Iterable[tuple[str, str]]) -> SafeString | str:
    return format_html_join("", '<div><span class="text-subtle">{}:</span> {}</div>', lines) or NOTHING


def files(generation: Generation) -> list[dict[str, Any]]:
    """Each result with its address here, or with why it has none yet."""
    return [
        {
            "media": media,
            "path": media_path(media) if media.file else "",
            "is_picture": media.kind == Generation.Kind.IMAGE,
            "has_poster": bool(media.thumbnail),
            "facts": " · ".join(_file_facts(media)),
        }
        for media in generation.media.all()
    ]


def _file_facts(media: Media) -> list[str]:
    facts = [f"{media.width} × {media.height}"] if media.width and media.height else []
    if media.duration_s:
        facts.append(seconds(media.duration_s))
    if media.file:
        return [*facts, media.content_type.rpartition("/")[2].upper(), size(media.size_bytes)]
    if media.fetch_due_at is None:
        return [*facts, _("could not be fetched")]
    return [*facts, _("fetched again at %(time)s") % {"time": clock(media.fetch_due_at, at=timezone.now())}]


def inputs(generation: Generation, pictures: Iterable[InputImage]) -> list[dict[str, Any]]:
    """Each picture that was given with the request: what it is for, its facts, and where it came from."""
    return [
        {
            "position": picture.position,
            "name": input_name(generation, picture.position),
            "facts": " · ".join(_input_facts(picture)),
            "origin": input_origin(picture),
        }
        for picture in pictures
    ]


def _input_facts(picture: InputImage) -> list[str]:
    kind = picture.content_type.rpartition("/")[2].upper()
    return [f"{picture.width} × {picture.height}", kind, size(picture.size_bytes)]
