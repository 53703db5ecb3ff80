"""What a valid draft asks for."""

from __future__ import annotations

from dataclasses import dataclass

from generation.sandbox.facts import Resolution


@dataclass(frozen=True, slots=True)
class Order:
    """What one valid draft asks for. `has_scene`: whether metrics_extra carries sceneOptions."""

    submit_id: str
    model_key: str
    public_name: str
    width: int
    height: int
    resolution: Resolution
    prompt: str
    count: int
    price_credits: int
    has_scene: bool
