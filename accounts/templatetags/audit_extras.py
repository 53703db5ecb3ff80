"""Entries of the audit log in words, for the history page of an object."""

from __future__ import annotations

from django import template
from django.contrib.admin.models import LogEntry

from accounts import audit

register = template.Library()


@register.filter
def change_in_words(entry: LogEntry) -> str:
    return audit.change_in_words(entry)
