"""What was asked (Generation), what came of it (Media), how it went (GenerationEvent), and what was learned."""

from generation.models.facts import EngineBeat, ModelAlias, Price, UsageHour, WordIndex
from generation.models.files import InputImage, Media, UploadedImage, new_media_id
from generation.models.request import RESOLUTION_ASKED, Generation, GenerationEvent, new_generation_id

__all__ = [
    "RESOLUTION_ASKED",
    "EngineBeat",
    "Generation",
    "GenerationEvent",
    "InputImage",
    "Media",
    "ModelAlias",
    "Price",
    "UploadedImage",
    "UsageHour",
    "WordIndex",
    "new_generation_id",
    "new_media_id",
]
