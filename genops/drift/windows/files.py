"""Files of rows or vectors as observations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.drift.windows.observation import Observation, Wants
from genops.drift.windows.reference import Sources
from genops.errors import InputError, Location, UsageError, nearest
from genops.evals.datasets.sources.row import Row
from genops.syntax.moment import moment

FILES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".npy")
"""What the name of a file of rows ends in."""
_GROUPS = ("group", "session", "cluster", "document")
_TIMES = ("time", "timestamp", "started")


@dataclass(frozen=True, slots=True)
class FileSource:
    """Lines of JSON Lines, CSV or Parquet, whose fields are variables, or the vectors of a ``.npy`` file.

    The field ``group``, ``session``, ``cluster`` or ``document`` groups rows; ``time``, ``timestamp`` or ``started``
    is ISO 8601. ``vectors.npy#NAME`` names the embedder of its vectors, as a line's ``embedder`` does.

    Attributes:
        written: The path as people wrote it.
        embedder: Of its vectors; empty where it is not known.
    """

    written: str
    embedder: str = ""

    @classmethod
    def of(cls, value: Any) -> FileSource:
        """The source of a path.

        Raises:
            UsageError: It is none.
        """
        if not isinstance(value, str) or not value:
            raise UsageError("file: which one?", hint="a path that ends in .jsonl, .csv, .parquet or .npy")
        path, _, embedder = value.rpartition("#")
        return cls(path, embedder) if Path(path).suffix.lower() in FILES else cls(value)

    @property
    def name(self) -> str:
        """As people wrote it."""
        return f"{self.written}#{self.embedder}" if self.embedder else self.written

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Every line or vector."""
        path = sources.folder / self.written
        if not path.is_file():
            path = sources.settings.root / self.written
        if not path.is_file():
            beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
            raise InputError(
                "there is no such file",
                at=Location(self.written),
                hint=nearest(path.name, beside) if beside else None,
            )
        if path.suffix.lower() == ".npy":
            yield from _vectors(path, self.embedder)
            return
        for number, row in enumerate(_rows(path, sources), start=1):
            yield _observation(row, number, self.embedder)


def _rows(path: Path, sources: Sources) -> Iterator[Row]:
    match path.suffix.lower():
        case ".parquet":
            from genops.evals.datasets.sources.parquet import parquet_rows

            return parquet_rows(path)
        case ".csv" | ".tsv":
            from genops.evals.datasets.sources.csv import csv_rows

            return csv_rows(path, None, "utf-8", sources.settings.limits.payload_bytes)
        case ".jsonl" | ".ndjson":
            from genops.evals.datasets.sources.jsonl import jsonl_rows

            return jsonl_rows(path, "utf-8", sources.settings.limits.payload_bytes)
        case other:
            raise UsageError(f"{path.name}: what {other or 'this'} is, its name does not say")


def _observation(row: Row, number: int, embedder: str) -> Observation:
    values = row.values
    group = next((str(values[name]) for name in _GROUPS if values.get(name)), "")
    raw = next((values[name] for name in _TIMES if values.get(name)), None)
    try:
        time = None if raw is None else raw if isinstance(raw, int) else moment(str(raw), "`time`")
    except UsageError as error:
        raise row.error(error.message, error.hint) from None
    own = embedder or str(values.get("embedder") or "")
    return Observation(id=str(values.get("id", number)), variables=values, group=group, time=time, embedder=own)


def _vectors(path: Path, embedder: str) -> Iterator[Observation]:
    import numpy as np

    try:
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"no array of numbers: {error}", at=Location(path)) from None
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        what = f"of shape {vectors.shape} and type {vectors.dtype}"
        raise InputError(f"an array {what}, where rows of numbers are wanted", at=Location(path), hint="shape (n, d)")
    for number, vector in enumerate(vectors, start=1):
        with np.errstate(over="ignore"):  # what is no float32 becomes infinite, and is left out and counted
            plain = np.asarray(vector, dtype=np.float32)
        yield Observation(id=str(number), variables={"vector": plain}, embedder=embedder)
