"""What templates of pages draw: icons and running clocks."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A picture of static/icons.svg, in the colour of the text around it; readers of screens do not hear of it.

    `name`: Lucide's. `size`: in pixels.
    """
    return format_html(
        '<svg class="icon" width="{}" height="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        size,
        size,
        static("icons.svg"),
        name,
    )


@register.filter
def clock(seconds: float) -> str:
    """A time that runs: `0:42`, `12:05`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
