"""How long result files are kept: the policy, what it would remove now, and removing it. The door to all of it.

Rules, the first that holds: the trash is emptied after JIMENG_TRASH_DAYS; the files of an API key go after its own
number of days; others after JIMENG_KEEP_DAYS; and when all take more than JIMENG_KEEP_GB, the oldest go until they fit.
What is pinned stays, and what is still being made. Of a key that keeps files for ever, only the trash is emptied.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from generation.retention_policy import GB, Policy, Rule, policy_in_force
from generation.retention_removal import ALL_RULES, FRESH, Removal, Removed, delete_unnamed
from generation.retention_survey import Amount, Going, Plan, Room, Survey

__all__ = [
    "GB",
    "Amount",
    "Going",
    "Plan",
    "Policy",
    "Removed",
    "Room",
    "Rule",
    "Survey",
    "policy_in_force",
    "retention_plan",
    "retention_run",
]


def retention_plan(*, at: datetime, policy: Policy | None = None) -> Plan:
    """What would go now, and how much room all takes. Changes nothing; takes seconds with a million files.

    `policy` None: the one in force.
    """
    survey = Survey(policy or policy_in_force(), at)
    while survey.step():
        pass
    return survey.plan


def retention_run(
    *, at: datetime, limit: int | None = None, policy: Policy | None = None, rules: Collection[Rule] = ALL_RULES
) -> Removed:
    """Remove what may go, the files too, by these rules. Blocks; each batch is a transaction of its own.

    `limit`: stop when so many files are removed; None: all. `policy` None: the one in force.
    """
    removal = Removal(policy=policy or policy_in_force(), at=at, rules=rules)
    for batch in removal.batches():
        if batch.pks:
            marked = removal.mark(batch)
            delete_unnamed(marked.names, unused_since=at - FRESH)
        if limit is not None and removal.removed.files >= limit:
            break
    return removal.removed
