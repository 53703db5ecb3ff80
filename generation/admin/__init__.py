"""The operator's desk for generations: what was asked, who served it, what it cost and how it went. Read-only."""

from generation.admin.generation import GenerationAdmin

__all__ = ["GenerationAdmin"]
