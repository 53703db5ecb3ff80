"""The last count of what is stored, kept in the data folder: a page need not look at a million files to show it.

A file and no table: it is worth nothing, and may be gone at any time.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings

from generation.retention_policy import Policy
from generation.retention_survey import Amount, Going, Plan, Room


def _path() -> Path:
    return Path(settings.JIMENG_DATA_DIR) / "retention.json"


def plan_note(plan: Plan) -> None:
    """Keep it for `plan_noted`, in any process on this machine."""
    text = json.dumps({**asdict(plan), "at": plan.at.isoformat()})
    path = _path()
    with NamedTemporaryFile("w", dir=path.parent, prefix="retention-", suffix=".part", delete=False) as part:
        part.write(text)
    os.replace(part.name, path)


def plan_noted(policy: Policy) -> Plan | None:
    """The last one, if it was made under this policy."""
    try:
        noted = _read(json.loads(_path().read_text()))
    except (OSError, ValueError, KeyError, TypeError):  # none, or of another version
        return None
    return noted if noted.policy == policy else None


def _read(noted: dict[str, Any]) -> Plan:
    policy = noted["policy"]
    own = {int(key_id): days for key_id, days in policy["key_days"].items()}
    going = tuple(
        Going(
            rule=each["rule"],
            key_id=each["key_id"],
            amount=Amount(**each["amount"]),
            examples=tuple(each["examples"]),
        )
        for each in noted["going"]
    )
    return Plan(
        at=datetime.fromisoformat(noted["at"]),
        policy=Policy(**{**policy, "key_days": own}),
        room=Room(**{name: Amount(**amount) for name, amount in noted["room"].items()}),
        going=going,
    )
