"""Mails, through Django's backends: blocking, for threads."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from accounts.alert_words import Message

CONNECT_S = 10
# What the backends raise for the network's and the server's sake; a bad header is ours (ValueError).
MAIL_ERRORS = (smtplib.SMTPException, OSError, ValueError)


def mail(message: Message, addresses: Sequence[str], *, message_id: str) -> None:
    """Send one mail to all. The same `message_id` in each attempt lets mail programs see a repetition.

    Raises MAIL_ERRORS.
    """
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
    text = "\n\n".join(filter(None, [*message.lines, message.url]))
    EmailMessage(
        subject=message.title,
        body=text + "\n",
        to=list(addresses),
        headers={"Message-ID": f"<{message_id}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=CONNECT_S),
    ).send()
