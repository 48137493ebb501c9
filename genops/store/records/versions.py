"""Published versions and the moves of labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A published version.

    Attributes:
        kind: ``prompt`` or ``chain``.
        name: What was published.
        number: From 1, without gaps; never reused.
        digest: Of the component itself.
        lock: Digest of the lock over its whole closure.
        message: Why.
        author: Who.
        created: Nanoseconds since the epoch.
    """

    kind: str
    name: str
    number: int
    digest: str
    lock: str
    message: str
    author: str
    created: int


@dataclass(frozen=True, slots=True)
class LabelMove:
    """A label that was pointed to a version.

    Attributes:
        number: Position in the history of all labels.
        version: What it points to since then.
        message: Why.
        author: Who.
        rollback: Whether it went back in the label's own history.
        created: Nanoseconds since the epoch.
    """

    number: int
    kind: str
    name: str
    label: str
    version: int
    message: str
    author: str
    rollback: bool
    created: int
