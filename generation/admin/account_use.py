"""What the page of an account shows of its work: the sums of the last day and week."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from generation.usage import usage_of

_DAY, _WEEK = timedelta(hours=24), timedelta(days=7)


def account_use(account: Account, at: datetime) -> dict[str, Any]:
    """`use`: rows with what they are of, the sums, and the query of the list that shows the generations."""
    spans = ((_("last 24 hours"), "day", _DAY), (_("last 7 days"), "week", _WEEK))
    return {
        "use": [
            {"of": words, "when": when, "sums": usage_of("account_id", account.pk, since=at - span)}
            for words, when, span in spans
        ]
    }
