"""References to windows: ``dataset:…``, ``eval:…``, ``traces:chain=…,since=7d``, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from genops.drift.windows.observation import Observation, Wants
from genops.errors import UsageError, nearest
from genops.settings import Settings

if TYPE_CHECKING:
    from genops.store import Store

_SCHEMES = ("dataset", "eval", "traces", "file")
_FORMS = "dataset:NAME, eval:ID, traces:chain=NAME,since=7d, or a file (.jsonl, .csv, .parquet, .npy)"


@dataclass(frozen=True, slots=True)
class Sources:
    """What sources read from.

    Attributes:
        settings: The project's.
        store: The project's.
        folder: That files are relative to.
    """

    settings: Settings
    store: Store
    folder: Path


class Source(Protocol):
    """Where a window comes from.

    Attributes:
        name: As people wrote it.
    """

    @property
    def name(self) -> str:
        """As people wrote it."""
        ...

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Everything in it, one by one.

        Args:
            sources: What it reads from.
            wants: What of each will be read.

        Raises:
            GenopsError: It cannot be read.
        """
        ...


def parse_source(reference: Any) -> Source:
    """The source that a reference names: text, a mapping of one scheme as a spec has it, or the rows themselves.

    Raises:
        UsageError: It names none.
    """
    if isinstance(reference, str):
        scheme, colon, rest = reference.partition(":")
        if colon and scheme in _SCHEMES:
            return _made(scheme, _pairs(rest) if scheme == "traces" else rest)
        if _names_file(reference):
            return _made("file", reference)
        near = nearest(scheme, _SCHEMES) if colon else ""
        raise UsageError(f"{reference!r} names no window", hint=f"{f'{near}; ' if near else ''}a window is {_FORMS}")
    if isinstance(reference, (list, tuple)) or hasattr(reference, "ndim"):
        from genops.drift.windows.given import GivenSource

        return GivenSource.of(reference)
    if isinstance(reference, Mapping) and len(reference) == 1 and next(iter(reference)) in _SCHEMES:
        scheme, value = next(iter(reference.items()))
        return _made(str(scheme), value)
    raise UsageError(f"{reference!r} names no window", hint=f"a window is {_FORMS}")


def _names_file(reference: str) -> bool:
    from genops.drift.windows.files import FILES

    return any(Path(path).suffix.lower() in FILES for path in (reference, reference.rpartition("#")[0]))


def _made(scheme: str, value: Any) -> Source:
    match scheme:
        case "dataset":
            from genops.drift.windows.dataset import DatasetSource

            return DatasetSource.of(value)
        case "eval":
            from genops.drift.windows.evaluation import EvaluationSource

            return EvaluationSource.of(value)
        case "traces":
            from genops.drift.windows.traces import TraceSource

            return TraceSource.of(value)
        case _:
            from genops.drift.windows.files import FileSource

            return FileSource.of(value)


def _pairs(text: str) -> dict[str, str]:
    """``chain=answer,since=7d`` as a mapping; a lone name is the chain."""
    pairs: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals and pairs:
            raise UsageError(f"traces: {part!r} is no key=value", hint="traces:chain=NAME,since=7d,status=ok")
        pairs |= {key.strip(): value.strip()} if equals else {"chain": key.strip()}
    return pairs
