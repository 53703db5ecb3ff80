"""Where the application keeps its world and its pictures."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from generation.sandbox.media import Gallery
from generation.sandbox.state import World

WORLD: Final = web.AppKey("world", World)
GALLERY: Final = web.AppKey("gallery", Gallery)
