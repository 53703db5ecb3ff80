"""Filling the form from what was made before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from generation.catalog import SIZES, ModelInfo, nearest_ratio, resolve_model
from generation.inputs import given_before
from generation.models import Generation
from generation.pages.create_form import Draft, new_token
from generation.pages.create_inputs import sign_input
from generation.pages.create_keys import Keys, handle_of
from generation.specs import COUNT_MAX, ImageSpec, VideoSpec, spec_from_json
from generation.stored import stored_is_kept
from generation.viewing import Viewer, parts_of


def draft_from(public_id: str, *, viewer: Viewer, keys: Keys) -> tuple[Draft, list[str]]:
    """All that was asked for then, and notes on what cannot be taken over. Raises UnknownGeneration. Blocks."""
    parts = parts_of(viewer, public_id)
    first, notes = parts[0], list[str]()
    spec = spec_from_json(first.kind, first.spec)
    draft = _video(first, spec, notes) if isinstance(spec, VideoSpec) else _image(parts, spec, notes)
    pictures = _pictures(first, viewer)
    if len(pictures) < len(spec.inputs):
        notes.append(_("Some of its input pictures are not stored any more."))
    charged = next((handle_of(key) for key in keys.usable if key.pk == first.api_key_id), "")
    return replace(draft, pictures=pictures, key=charged, token=new_token()), notes


def _image(parts: Sequence[Generation], spec: ImageSpec, notes: list[str]) -> Draft:
    first = parts[0]
    count = min(COUNT_MAX, sum(int(part.spec.get("count", 1)) for part in parts))
    if (spec.width, spec.height) != SIZES[spec.resolution][spec.ratio]:
        notes.append(
            _("Its size, %(width)d × %(height)d, becomes %(ratio)s in %(resolution)s.")
            % {"width": spec.width, "height": spec.height, "ratio": spec.ratio, "resolution": spec.resolution.upper()}
        )
    return Draft(
        kind="image",
        model=spec.model,
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        ratio=spec.ratio,
        resolution=first.resolution_asked,
        count=str(count),
        output_format=spec.output_format,
        strength=str(spec.sample_strength),
        seed=_seed(first, spec.seed),
    )


def _video(row: Generation, spec: VideoSpec, notes: list[str]) -> Draft:
    ratio = _listed_ratio(spec.ratio, resolve_model(spec.model))
    if ratio != spec.ratio:
        notes.append(_("Its ratio, %(was)s, becomes %(now)s.") % {"was": spec.ratio, "now": ratio})
    return Draft(
        kind="video",
        model=spec.model,
        prompt=spec.prompt,
        ratio=ratio,
        resolution=row.resolution_asked,
        seconds=str(spec.seconds),
        seed=_seed(row, spec.seed),
    )


def _listed_ratio(ratio: str, info: ModelInfo | None) -> str:
    """Two sides may have any ratio; the form has a list."""
    if info is None or ratio in info.ratios:
        return ratio
    width, _colon, height = ratio.partition(":")
    return nearest_ratio(int(width), int(height), info.ratios)


def _seed(row: Generation, seed: int | None) -> str:
    """As it was typed; Jimeng got it moved into its range."""
    asked = row.requested.get("seed")
    if isinstance(asked, int) and asked >= 0:
        return str(asked)
    return "" if seed is None else str(seed)


def _pictures(row: Generation, viewer: Viewer) -> tuple[str, ...]:
    """Signed names of its input pictures that are still stored."""
    rows = [each for each in row.inputs.order_by("position") if each.file.name]
    return tuple(
        sign_input(given_before(each), viewer) for each in rows if stored_is_kept(each.file.name or "", each.size_bytes)
    )
