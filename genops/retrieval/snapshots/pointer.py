"""Which snapshot of an index is in use, and which were before: a history whose last entry counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Action = Literal["build", "use", "rollback"]


class Overtaken(Exception):
    """Another snapshot is in use than the one that the next was to follow."""


@dataclass(frozen=True, slots=True)
class Use:
    """A snapshot that was put in use.

    Attributes:
        digest: The snapshot's.
        at: ISO 8601 in UTC.
        action: By what.
    """

    digest: str
    at: str
    action: str


def extended(uses: Sequence[Use], use: Use) -> list[Use]:
    """A history with one more entry; a build that found what is in use brings its entry up to date."""
    if not uses or uses[-1].digest != use.digest:
        return [*uses, use]
    return [*uses[:-1], use] if use.action == "build" else list(uses)


def check_follows(uses: Sequence[Use], digest: str | None) -> None:
    """Makes sure that a snapshot is in use; None is any.

    Raises:
        Overtaken: Another is.
    """
    if digest is not None and [use.digest for use in uses[-1:]] != [digest]:
        raise Overtaken


def trail(uses: Sequence[Use]) -> list[str]:
    """The snapshots that rollbacks lead back along, the one in use last: a rollback takes its own step off again."""
    found: list[str] = []
    for use in uses:
        if use.action == "rollback" and use.digest in found:
            while found[-1] != use.digest:
                found.pop()
        elif not found or found[-1] != use.digest:
            found.append(use.digest)
    return found


def confirmed_at(uses: Sequence[Use], digest: str) -> str | None:
    """When a snapshot was last put in use, or found by a build to be what it should be; None when it is not in use."""
    return uses[-1].at if uses and uses[-1].digest == digest and uses[-1].action == "build" else None


def now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
