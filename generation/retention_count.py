"""Numbers for the page: counted while somebody looks if that is quick, else those that the engine noted last."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from generation.retention_notes import plan_note, plan_noted
from generation.retention_policy import Policy
from generation.retention_survey import Plan, Survey

LOOK_S: Final = 0.15  # what a look at the page may take: some 20,000 files


def plan_to_show(*, policy: Policy, at: datetime, within_s: float = LOOK_S) -> Plan | None:
    """A new one, or the last that was noted where there are too many files. None: there is none yet."""
    return plan_count(policy=policy, at=at, within_s=within_s) or plan_noted(policy)


def plan_count(*, policy: Policy, at: datetime, within_s: float) -> Plan | None:
    """A new one, noted for others; None if there are too many files to count them in this time."""
    until = time.monotonic() + within_s
    survey = Survey(policy, at)
    while survey.step():
        if time.monotonic() > until:
            return None
    plan_note(survey.plan)
    return survey.plan
