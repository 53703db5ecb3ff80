"""What a transition is told: one frozen class for each arrow of generation/transitions.py, and a result file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.services import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """queued → running: an account was lent."""

    generation_id: int
    account_id: int
    account_label: str
    attempt: int
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """running → submitting: from here on credits may have been spent."""

    generation_id: int
    account_id: int
    submit_id: UUID
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """submitting → submitted. `found`: by its submit_id, after the answer to the submission was lost."""

    generation_id: int
    account_id: int
    record_id: str
    forecast_s: float | None
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """running | submitting → queued. `pass_over`: do not give it to this account again."""

    generation_id: int
    public_id: str
    account_id: int | None
    from_status: str
    reason: str
    detail: str = ""
    pass_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Downgraded:
    """queued → queued, in a lower resolution; whoever refused the higher one may be asked again."""

    generation_id: int
    spec: dict[str, Any]
    credits_estimated: int
    from_resolution: str
    to_resolution: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A result as it is to be recorded. `name`, `thumbnail`: names in storage; "" when it is not stored (yet)."""

    position: int
    kind: str
    name: str
    content_type: str
    width: int | None
    height: int | None
    size_bytes: int | None
    sha256: str
    upstream_uri: str
    upstream_url: str
    duration_s: float | None = None
    thumbnail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """submitted → succeeded, with the files that are not recorded yet."""

    generation_id: int
    public_id: str
    account_id: int | None
    files: tuple[ResultFile, ...]
    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Any open state → failed. The history_record_id stays, so that a late result can be fetched."""

    generation_id: int
    public_id: str
    account_id: int | None
    error_code: str
    detail: str
    upstream_code: str = ""
    retry_after_s: float | None = None
    decision: Decision | None = None
    """Why no account could take it, if that was the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """failed → succeeded: the result came after the deadline, or after nobody could say whether it would.

    `record_id`: by which it was found. `files`: those that are not recorded yet. `pictures`: of all.
    """

    generation_id: int
    account_id: int | None
    record_id: str
    files: tuple[ResultFile, ...]
    pictures: int
