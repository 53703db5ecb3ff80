"""What was asked for beside what was done, and the request that asks for the same. Pure but for the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.display import NOTHING
from generation.models import Generation, InputImage
from generation.request_examples import Asked
from generation.rerunning import name_asked, shape_asked
from generation.specs import VideoSpec, spec_from_json

_NAMES: Final[dict[str, Promise]] = {
    "model": gettext_lazy("model"),
    "size": gettext_lazy("size"),
    "ratio": gettext_lazy("ratio"),
    "resolution": gettext_lazy("resolution"),
    "n": gettext_lazy("pictures"),
    "seconds": gettext_lazy("length"),
    "seed": gettext_lazy("seed"),
    "negative_prompt": gettext_lazy("negative prompt"),
    "sample_strength": gettext_lazy("sample strength"),
    "output_format": gettext_lazy("file format"),
    "response_format": gettext_lazy("form of the answer"),
    "quality": gettext_lazy("quality"),
    "style": gettext_lazy("style"),
    "background": gettext_lazy("background"),
}
_SAME_AS: Final = {"aspect_ratio": "ratio", "duration": "seconds", "width": "size", "height": "size"}
_WITHOUT_EFFECT: Final = ("style", "background")
_HOW_TO_ANSWER: Final = ("response_format", "quality", "stream", "async")
_DEFAULT_STRENGTH: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One row: `asked` "" where it was left open. `differs`: what was done is not what was asked for."""

    name: str
    asked: str
    effective: str
    differs: bool = False


def parameters(row: Generation, *, count: int) -> list[Parameter]:
    """`count`: pictures of the whole request."""
    asked, done = _asked(row), _effective(row, count)
    names = [name for name in (*_NAMES, *asked) if name in asked or name in done]
    return [_parameter(name, asked.get(name, ""), done) for name in dict.fromkeys(names)]


def _parameter(name: str, asked: str, done: dict[str, str]) -> Parameter:
    effective = done.get(name, "")
    if name in _WITHOUT_EFFECT or (name == "negative_prompt" and asked and not effective):
        effective = _("has no effect")
    is_other = bool(asked and name in done) and not _same(name, asked, effective)
    if name == "seconds":
        asked, effective = (each and _("%(seconds)s s") % {"seconds": each} for each in (asked, effective))
    shown = str(_NAMES.get(name, name.replace("_", " ")))
    return Parameter(name=shown, asked=asked, effective=effective or NOTHING, differs=is_other)


def _same(name: str, asked: str, effective: str) -> bool:
    if name == "size":
        sides = re.findall(r"\d+", asked)
        return len(sides) != 2 or sides == re.findall(r"\d+", effective)  # else it is no size but a word for one
    if name == "seed":
        return asked in (effective, "-1")
    return asked.casefold() == effective.casefold()


def _asked(row: Generation) -> dict[str, str]:
    """The caller's own words."""
    words = {name: _plain(value) for name, value in row.requested.items() if value not in (None, "", [], {})}
    if "width" in words and "height" in words:
        words.setdefault("size", f"{words['width']} × {words['height']}")
    found: dict[str, str] = {}
    for name, value in words.items():
        if name not in ("width", "height"):
            found.setdefault(_SAME_AS.get(name, name), value)
    if row.kind == Generation.Kind.IMAGE and row.spec.get("negative_prompt"):
        found["negative_prompt"] = row.spec["negative_prompt"]  # is not noted a second time
    if row.resolution_asked != row.spec.get("resolution"):
        found.setdefault("resolution", row.resolution_asked)
    return found


def _effective(row: Generation, count: int) -> dict[str, str]:
    """What was sent to Jimeng, or will be."""
    spec = row.spec
    done = {
        "model": row.model,
        "size": f"{spec['width']} × {spec['height']}" if spec.get("width") and spec.get("height") else "",
        "ratio": _plain(spec.get("ratio", "")),
        "resolution": _plain(spec.get("resolution", "")),
        "seed": _seed(row),
    }
    if row.kind == Generation.Kind.VIDEO:
        return done | {"seconds": _plain(spec.get("seconds", ""))}
    done |= {"n": str(count), "negative_prompt": _plain(spec.get("negative_prompt", ""))}
    if spec.get("inputs"):
        done["sample_strength"] = _plain(spec.get("sample_strength", ""))
    done["output_format"] = _plain(spec.get("output_format", ""))
    return {name: value for name, value in done.items() if value}


def _seed(row: Generation) -> str:
    if row.seed is not None:
        return str(row.seed)
    given = row.spec.get("seed")
    return _("drawn when it is submitted") if given is None else str(given)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return str(value)


def asked_again(row: Generation, *, count: int, inputs: Sequence[InputImage]) -> Asked:
    """The request for the same through the API. `count`: pictures of the whole request."""
    spec = spec_from_json(row.kind, row.spec)
    fields: dict[str, Any] = {"model": name_asked(row), "prompt": spec.prompt}
    if isinstance(spec, VideoSpec):
        fields["seconds"] = str(spec.seconds)  # as OpenAI's own have it
    elif count > 1:
        fields["n"] = count
    fields |= shape_asked(row)
    if spec.seed is not None:
        fields["seed"] = spec.seed
    if not isinstance(spec, VideoSpec):
        optional: dict[str, tuple[Any, Callable[[Any], bool]]] = {
            "negative_prompt": (spec.negative_prompt, bool),
            "sample_strength": (spec.sample_strength, lambda value: value != _DEFAULT_STRENGTH),
            "output_format": (spec.output_format, bool),
        }
        fields |= {name: value for name, (value, matters) in optional.items() if matters(value)}
        if row.operation != "chat":
            fields["response_format"] = "url"
    return Asked(operation=row.operation, fields=fields, files=[_file_name(each) for each in inputs])


def _file_name(picture: InputImage) -> str:
    return f"input-{picture.position + 1}.{picture.content_type.rpartition('/')[2] or 'png'}"
