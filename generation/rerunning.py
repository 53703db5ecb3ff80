"""Asking for the same again."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from generation.aliases import model_aliases
from generation.asking import Ask, Caller, Submission, generation_submit
from generation.catalog import SIZES, ModelInfo, resolve_model
from generation.errors import InvalidSpec
from generation.inputs import given_before
from generation.key_models import check_allowed
from generation.models import Generation, InputImage
from generation.prices import model_prices
from generation.specs import SIDE_MIN_PX, Spec, VideoSpec, image_spec, spec_from_json, video_spec
from generation.stored import stored_is_kept
from generation.viewing import Viewer, parts_of
from jimeng_site.database import in_database

TOKEN_MAX_CHARS: Final = 120


async def generation_rerun(*, viewer: Viewer, public_id: str, caller: Caller, token: str) -> Submission:
    """Ask for the same as this generation, or the request that it is a part of, again, as `caller`.

    A seed that was drawn is drawn anew; a resolution that had to be lowered is asked for as at first. `token`: drawn
    with the page; however often it is sent, the request is stored and paid for once. Raises UnknownGeneration,
    InvalidSpec and UnknownModel (it is not possible any more), and what `generation_submit` raises.
    """
    if not 0 < len(token) <= TOKEN_MAX_CHARS or not token.isprintable():
        raise InvalidSpec("This page is out of date; load it again.", param="token")
    await model_aliases.refresh_if_stale()
    await model_prices.refresh_if_stale()
    before = await in_database(_load, viewer, public_id)
    name = name_asked(before.first)
    check_allowed(name, caller.api_key)
    spec = again(before)
    await asyncio.to_thread(_check_stored, spec, before.inputs)
    same = f"again\0{before.first.public_id}\0{spec.fingerprint()}"
    ask = Ask(
        spec=spec,
        requested={**before.requested, "model": name},
        operation=before.first.operation,
        request_hash=hashlib.sha256(same.encode()).hexdigest(),
        inputs=tuple(map(given_before, before.inputs)),
        idempotency_key=f"again:{before.first.public_id}:{token}",
    )
    return await generation_submit(ask=ask, caller=caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was asked for then. `count`: pictures of all parts of the request."""

    first: Generation
    count: int
    inputs: Sequence[InputImage] = ()

    @property
    def requested(self) -> dict[str, Any]:
        words: dict[str, Any] = self.first.requested
        return words


def _load(viewer: Viewer, public_id: str) -> Before:
    parts = parts_of(viewer, public_id)
    count = sum(int(part.spec.get("count", 1)) for part in parts)
    return Before(first=parts[0], count=count, inputs=list(parts[0].inputs.order_by("position")))


def again(before: Before) -> Spec:
    """The same request, checked against the catalog of today. Raises InvalidSpec or UnknownModel."""
    spec = spec_from_json(before.first.kind, before.first.spec)
    if isinstance(spec, VideoSpec):
        return video_spec(
            model=spec.model,
            prompt=spec.prompt,
            seconds=spec.seconds,
            seed=spec.seed,
            frames=[(each.sha256, each.width, each.height) for each in before.inputs],
            **shape_asked(before.first),
        )
    return image_spec(
        model=spec.model,
        prompt=spec.prompt,
        count=before.count,
        negative_prompt=spec.negative_prompt,
        sample_strength=spec.sample_strength,
        seed=spec.seed,
        output_format=spec.output_format,
        inputs=spec.inputs,
        **shape_asked(before.first),
    )


def shape_asked(row: Generation) -> dict[str, Any]:
    """`ratio` and `resolution`, or `width` and `height` where these were chosen freely; as they were at first."""
    spec, asked, words = spec_from_json(row.kind, row.spec), row.resolution_asked, row.requested
    if isinstance(spec, VideoSpec):
        return {"resolution": asked, **_video_shape(spec.ratio, resolve_model(spec.model))}
    if asked != spec.resolution and isinstance(words.get("width"), int) and isinstance(words.get("height"), int):
        return {"width": words["width"], "height": words["height"]}  # before they became smaller
    if asked == spec.resolution and (spec.width, spec.height) != SIZES[spec.resolution][spec.ratio]:
        return {"width": spec.width, "height": spec.height}
    return {"ratio": spec.ratio, "resolution": asked}


def _video_shape(ratio: str, info: ModelInfo | None) -> dict[str, Any]:
    """A ratio that is none of the model's came from two sides: the smallest of this shape say the same."""
    if info is None or ratio in info.ratios:
        return {"ratio": ratio}
    across, down = map(int, ratio.split(":"))
    factor = math.ceil(SIDE_MIN_PX / min(across, down))
    return {"width": across * factor, "height": down * factor}


def name_asked(row: Generation) -> str:
    """The name that was asked for, where it still stands for this model; else the model's own."""
    name = row.requested.get("model")
    info = resolve_model(name) if isinstance(name, str) else None
    return str(name) if info is not None and info.name == row.model else row.model


def _check_stored(spec: Spec, inputs: Sequence[InputImage]) -> None:
    """Raises InvalidSpec unless all input pictures are here. Blocks."""
    stored = [each.sha256 for each in inputs if each.file.name and stored_is_kept(each.file.name)]
    if stored != list(spec.inputs):
        raise InvalidSpec("An input picture is not stored any more; nothing was spent.", param="image")
