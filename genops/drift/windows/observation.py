"""What a source gives for each run, sample, case or line, before anything of it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

UNITS = {"run.seconds": "s", "run.cost": "USD", "run.input_tokens": "tokens", "run.output_tokens": "tokens"}
"""Of what every run is known by, by the path that reads it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One run, sample, case or line.

    Attributes:
        id: Of the run or case, or the number of the line.
        variables: What expressions can read: ``inputs``, ``output``, ``steps``, …
        group: What it is not independent of: its session, cluster or document; empty where it stands alone.
        time: Nanoseconds since the epoch; None where it has none.
        run: Id of its run; empty where it has none.
        lock: Digest of the run's lock; empty where it has none.
        segments: What it can be told apart by, by name: the version of the chain, a variant.
        embedder: Name of the embedder of its vectors; empty where it is not known.
        missing: Why there may be nothing to read, for what is left out: ``the run failed``.
    """

    id: str
    variables: Mapping[str, Any]
    group: str = ""
    time: int | None = None
    run: str = ""
    lock: str = ""
    segments: Mapping[str, str] = field(default_factory=dict)
    embedder: str = ""
    missing: str = ""


class Wants(Protocol):
    """What of an observation will be read, so that no more is fetched."""

    def reads(self, root: str) -> bool:
        """Whether an expression reads a variable."""
        ...
