"""What a preflight finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genops.errors import GenopsError

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: What kind of thing (``shard_missing``); listed in ``docs/sizing.md``.
        severity: With an ``error`` the server would not start or not answer rightly; a ``warning`` may be meant so.
        message: What is so, in one sentence.
        hint: What to do about it; may be empty.
    """

    code: str
    severity: Severity
    message: str
    hint: str = ""


def error(code: str, message: str, hint: str = "") -> Finding:
    """A finding with which the server would fail."""
    return Finding(code, "error", message, hint)


def warning(code: str, message: str, hint: str = "") -> Finding:
    """A finding that may be meant so."""
    return Finding(code, "warning", message, hint)


def note(code: str, message: str, hint: str = "") -> Finding:
    """Something to know."""
    return Finding(code, "note", message, hint)


def of_error(code: str, raised: GenopsError) -> Finding:
    """An error of reading as a finding."""
    return error(code, f"{raised.at}: {raised.message}" if raised.at else raised.message, raised.hint or "")
