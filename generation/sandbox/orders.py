"""What a valid draft asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video"]


@dataclass(frozen=True, slots=True)
class Order:
    """What one valid draft asks for. `has_scene`: whether metrics_extra carries sceneOptions.

    `resolution`: 1k, 2k or 4k of pictures, 720p or 1080p of videos. `input_uris`: the uploaded pictures it uses.
    """

    submit_id: str
    model_key: str
    public_name: str
    width: int
    height: int
    resolution: str
    prompt: str
    count: int
    price_credits: int
    has_scene: bool
    kind: Kind = "image"
    seconds: int = 0
    input_uris: tuple[str, ...] = ()
