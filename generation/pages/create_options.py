"""What can be chosen in the form, by the catalog: only what is possible, with what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ApiKey
from generation.catalog import MODELS, SIZES, ModelInfo, price_credits, resolve_model, video_size
from generation.pages.create_form import Draft
from generation.specs import COUNT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that can be chosen. `hint`: a short line about it. `shape`: of a ratio, the name of its drawing."""

    value: str
    label: str
    hint: str = ""
    price: str = ""
    shape: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All that can be chosen for one kind and model. `notes`: on what was put back to its default."""

    model: Choice
    models: list[Choice]
    ratios: list[Choice]
    resolutions: list[Choice]
    seconds: list[Choice]
    counts: list[Choice]
    formats: list[Choice]
    tells_stories: bool
    notes: list[str]


def models_for(kind: str, key: ApiKey | None) -> list[ModelInfo]:
    """The models of a kind that this key may use, in the catalog's order; its aliases count as their models."""
    infos = [info for info in MODELS.values() if info.kind == kind]
    if key is None or not key.allowed_models:
        return infos
    allowed = {info.name for info in map(resolve_model, key.allowed_models) if info is not None}
    return [info for info in infos if info.name in allowed]


def settled(draft: Draft, key: ApiKey | None) -> tuple[Draft, list[str]]:
    """The draft with what this model does not have put back to its default, and a short note on each such change.

    A draft of a kind for which the key may use no model keeps its model.
    """
    possible = models_for(draft.kind, key)
    info = resolve_model(draft.model)
    notes: list[str] = []
    other = draft.other_model
    if info is not None and info.kind != draft.kind:
        other, info = info.name, resolve_model(draft.other_model)
    elif draft.model and (info is None or info not in possible):
        notes.append(_("%(model)s cannot be used here.") % {"model": draft.model})
    if info is None or info not in possible:
        info = next((each for each in possible if each.name == draft.default_model), None) or next(iter(possible), None)
    if info is None:
        return draft, notes
    changed = _without(draft, info, notes, is_new_kind=other != draft.other_model)
    return replace(changed, model=info.name, other_model=other), notes


def _without(draft: Draft, info: ModelInfo, notes: list[str], *, is_new_kind: bool) -> Draft:
    """Choices that the model does not have become ""."""
    said = {
        "ratio": (draft.ratio, info.ratios, draft.ratio),
        "resolution": (draft.resolution, info.resolutions, draft.resolution.upper()),
        "seconds": (draft.seconds, tuple(map(str, info.seconds)), _seconds(draft.seconds)),
    }
    gone = {name: words for name, (value, possible, words) in said.items() if value and value not in possible}
    notes += [
        _("%(model)s has no %(choice)s: back to its default.") % {"model": info.name, "choice": words}
        for name, words in gone.items()
        if not is_new_kind and (name != "seconds" or info.seconds)
    ]
    return replace(
        draft,
        ratio="" if "ratio" in gone else draft.ratio,
        resolution="" if "resolution" in gone else draft.resolution,
        seconds="" if "seconds" in gone else draft.seconds,
    )


def options_of(draft: Draft, key: ApiKey | None, notes: Sequence[str] = ()) -> Options:
    """For a settled draft."""
    info = MODELS.get(draft.model) or MODELS[draft.default_model]
    models = [_model(each, chosen=each is info) for each in models_for(draft.kind, key)]
    return Options(
        model=_model(info, chosen=True),
        models=models,
        ratios=_ratios(info, draft),
        resolutions=_resolutions(info, draft.resolution),
        seconds=[_second(info, each, draft.seconds) for each in info.seconds],
        counts=_chosen([Choice(value=str(count), label=str(count)) for count in range(1, COUNT_MAX + 1)], draft.count),
        formats=_chosen(
            [Choice(value=name, label=name.upper()) for name in ("png", "jpeg", "webp")], draft.output_format
        ),
        tells_stories=info.tells_stories,
        notes=list(notes),
    )


def about(credits: int) -> str:
    """`≈ 3 credits`: prices change, and are known from what balances showed."""
    return ngettext("≈ %(count)d credit", "≈ %(count)d credits", credits) % {"count": credits}


def _chosen(choices: Iterable[Choice], value: str) -> list[Choice]:
    return [replace(each, chosen=each.value == value) for each in choices]


def _model(info: ModelInfo, *, chosen: bool) -> Choice:
    variant = str(info.seconds[0]) if info.kind == "video" else info.default_resolution
    return Choice(
        value=info.name,
        label=info.name,
        hint=_video_line(info) if info.kind == "video" else _image_line(info),
        price=about(price_credits(info, variant)),
        chosen=chosen,
    )


def _image_line(info: ModelInfo) -> str:
    best = info.resolutions[-1].upper()
    if info.tells_stories:
        return _("Up to %(size)s, picture stories") % {"size": best}
    return _("Up to %(size)s") % {"size": best}


def _video_line(info: ModelInfo) -> str:
    lengths = "/".join(map(str, info.seconds))
    return _("%(lengths)s s, up to %(size)s") % {"lengths": lengths, "size": info.resolutions[-1]}


def _ratios(info: ModelInfo, draft: Draft) -> list[Choice]:
    resolution = draft.resolution if draft.resolution in info.resolutions else info.default_resolution
    automatic = Choice(value="", label=_("Auto"), hint=_("as the first picture, if there is one"), shape="auto")
    choices = [automatic]
    for ratio in info.ratios:
        width, height = _size(info, ratio, resolution)
        choices.append(Choice(value=ratio, label=ratio, hint=f"{width} × {height}", shape=ratio.replace(":", "-")))
    return _chosen(choices, draft.ratio)


def _size(info: ModelInfo, ratio: str, resolution: str) -> tuple[int, int]:
    if info.kind == "video":
        return video_size(ratio, resolution)
    return next(sizes[ratio] for name, sizes in SIZES.items() if name == resolution)


def _resolutions(info: ModelInfo, value: str) -> list[Choice]:
    is_image = info.kind == "image"
    choices = [
        Choice(
            value=each,
            label=each.upper() if is_image else each,
            price=about(price_credits(info, each)) if is_image else "",
        )
        for each in info.resolutions
    ]
    return _chosen(choices, value or info.default_resolution)


def _second(info: ModelInfo, seconds: int, value: str) -> Choice:
    return Choice(
        value=str(seconds),
        label=_seconds(str(seconds)),
        price=about(price_credits(info, str(seconds))),
        chosen=str(seconds) == (value or str(info.seconds[0])),
    )


def _seconds(value: str) -> str:
    return _("%(seconds)s s") % {"seconds": value}
