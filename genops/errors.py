"""Every error that genops raises on purpose, each with the exit code it ends a command with.

A message says what is wrong, where (file and line when there is one) and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any


class ExitCode(IntEnum):
    """Exit codes of the ``genops`` command (documented in ``docs/errors.md``)."""

    OK = 0
    BAD_VERDICT = 1
    USAGE = 2
    UNDECIDED = 3
    UNFINISHED = 4
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: the path as the user knows it and, when known, line and column from 1."""

    path: Path | str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [str(self.path)]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


class GenopsError(Exception):
    """The parent of all deliberate errors.

    Args:
        message: What is wrong, in one sentence.
        at: Where it is, when it is in a file.
        hint: What to do about it.

    Attributes:
        path: Position in a run, when it came up in one (``each[3]/answer``).
        run: Id of that run, when it is on record.
    """

    exit_code: ExitCode = ExitCode.UNFINISHED

    def __init__(self, message: str, *, at: Location | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint
        self.path = ""
        self.run = ""

    def __str__(self) -> str:
        text = f"{self.at}: {self.message}" if self.at else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class UsageError(GenopsError):
    """Wrong usage or a broken file: nothing was run."""

    exit_code = ExitCode.USAGE


class DefinitionError(UsageError):
    """A prompt, chain, examples or settings file that cannot be what it claims to be."""


class InputError(UsageError):
    """A value that does not fit the declared inputs."""


class ReferenceNotFound(UsageError):
    """A reference that resolves to nothing; the message lists the nearest names."""


class LockMismatch(UsageError):
    """Files and lock disagree, or the lock cannot be read."""


class BadVerdict(GenopsError):
    """The work was done and its verdict is bad (replay differs, gate failed, findings)."""

    exit_code = ExitCode.BAD_VERDICT


class Undecided(GenopsError):
    """The work was done and there is too little data to say."""

    exit_code = ExitCode.UNDECIDED


class Unfinished(GenopsError):
    """The work could not be finished; what was done is kept."""

    exit_code = ExitCode.UNFINISHED


class StoreError(Unfinished):
    """The store cannot be opened, read or written."""


class StoreUnavailable(StoreError):
    """The store cannot be opened, read or written for now: its disk is full, or it is locked, read-only or away."""


class SnapshotError(Unfinished):
    """An index snapshot that is missing, incomplete or not what its manifest says."""


class StepError(Unfinished):
    """A step of a run failed."""


class StepTimeout(StepError):
    """A step did not finish within its ``timeout``."""


class OutputInvalid(StepError):
    """A model's answer did not fit the declared output after the bounded re-asks."""


class BudgetExceeded(StepError):
    """A bound on turns, rounds, tokens or cost was reached before the work was done."""


class ToolError(StepError):
    """A tool raised, or returned what cannot be recorded."""


class ArgumentsInvalid(ToolError):
    """A tool was given arguments that do not fit its parameters, and was not called."""


class GuardError(StepError):
    """A ``guard`` step stopped a value."""


class HttpFailed(StepError):
    """An ``http`` step got no answer, or one with a status that was not expected."""


class ReplayDiffers(BadVerdict):
    """A replay asked for something else than the recorded run did."""


class ModelError(Unfinished):
    """A model call failed.

    Attributes:
        retryable: Whether the same request may succeed later (429, 5xx, timeouts, broken streams).
        retry_after: Seconds the server asked to wait, when it did.
        status: HTTP status, when there was one.
        attempts: All attempts that failed, this one last: ``{"error", "message", "delay"}``.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        at: Location | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, at=at, hint=hint)
        self.status = status
        self.retry_after = retry_after
        self.attempts: list[dict[str, Any]] = []


class ModelRefused(ModelError):
    """A 4xx that will not heal: a wrong request, key or model name."""


class RateLimited(ModelError):
    """The provider answered 429."""

    retryable = True


class ServerFailed(ModelError):
    """The provider answered 5xx, or with something that is not an answer."""

    retryable = True


class ServerUnreachable(ModelError):
    """No connection could be made, or it was lost before an answer began."""

    retryable = True


class NotServed(ModelError):
    """No server of a model that genops serves lives."""


class ModelTimeout(ModelError):
    """No complete answer came within the time limit."""

    retryable = True


class StreamBroken(ModelError):
    """The answer began and did not end."""

    retryable = True


def nearest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """A hint that lists the known names nearest to ``name``, for error messages.

    Returns:
        ``"did you mean a, b?"``, or ``"known: a, b, …"`` when nothing is near, or ``"there are none"``.
    """
    names = sorted(set(known))
    if not names:
        return "there are none"
    close = difflib.get_close_matches(name, names, n=limit, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(close)}?"
    shown = ", ".join(names[:10])
    return f"known: {shown}{', …' if len(names) > 10 else ''}"
