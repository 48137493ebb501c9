"""Many runs of one chain: bounded concurrency, flat memory, resumable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import orjson

from genops.artifacts import encode, json_form, normalise
from genops.durable import replacing
from genops.errors import GenopsError, InputError, Location
from genops.executor.chain import Chain
from genops.executor.engine import RunOptions, run_chain
from genops.models.loop_thread import on_loop

_ROW = 'one line holds one object: {"question": "…"}'


@dataclass(slots=True)
class Progress:
    """How far a batch has come: rows given, done well, failed, and taken over from an earlier attempt."""

    ok: int = 0
    failed: int = 0
    resumed: int = 0

    @property
    def done(self) -> int:
        """Rows that need no more work."""
        return self.ok + self.failed + self.resumed


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inputs: its number from 1 and its values."""

    number: int
    inputs: dict[str, Any]

    @property
    def key(self) -> str:
        """What ``--resume`` knows the row by: its number and its content."""
        return f"{self.number}:{encode(normalise(self.inputs)).digest[:16]}"


def read_rows(path: Path, name: str = "") -> Iterator[Row]:
    """Rows of a JSONL file, one JSON object a line; blank lines are passed over.

    Args:
        path: Of the file.
        name: What errors call it, when its path means nothing to the user.

    Raises:
        InputError: A line is not a JSON object; with the line.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                values = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"not JSON: {error}", at=Location(name or path, number), hint=_ROW) from None
            if not isinstance(values, dict):
                raise InputError("a row is a JSON object of inputs", at=Location(name or path, number), hint=_ROW)
            yield Row(number, values)


def finished(path: Path) -> set[str]:
    """Keys of the rows that an earlier attempt has finished well; a torn last line counts as not finished."""
    if not path.is_file():
        return set()
    with path.open("rb") as lines:
        return {key for line in lines if (key := _key_of(line))}


def drop_unfinished(path: Path) -> set[str]:
    """Takes the torn and failed lines of an earlier attempt out of its output, so that their rows are run again.

    Returns:
        Keys of the rows that stay (see :func:`finished`).
    """
    keys = finished(path)
    if not path.is_file():
        return keys
    with replacing(path) as kept, path.open("rb") as lines, kept.open("wb") as out:
        out.writelines(line for line in lines if _key_of(line) is not None)
    return keys


async def run_batch(
    chain: Chain,
    rows: Iterable[Row],
    out: TextIO,
    *,
    concurrency: int = 16,
    options: RunOptions | None = None,
    done: frozenset[str] | set[str] = frozenset(),
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Runs a chain for every row and writes one JSON line for each as it ends.

    A line is ``{"key", "row", "run", "output", "error"}``. A failed row is a line with an error and ends nothing else.

    Args:
        chain: What is run.
        rows: Read one by one, as places come free.
        out: Where lines go; flushed line by line.
        concurrency: Runs under way at once.
        options: For every run.
        done: Keys of rows to pass over.
        on_progress: Told after each row.

    Raises:
        StoreError: The store cannot be opened; no row was begun.
    """
    _ = chain.project.store
    settings = replace(options or RunOptions(), mode="batch", reference=chain.reference)
    progress = Progress()
    source = iter(rows)

    async def work() -> None:
        for row in source:
            if row.key in done:
                progress.resumed += 1
            else:
                line = await _one(chain, row, settings)
                out.write(json.dumps(line, separators=(",", ":")) + "\n")
                out.flush()
                if line["error"] is None:
                    progress.ok += 1
                else:
                    progress.failed += 1
            if on_progress is not None:
                on_progress(progress)

    async def pool() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())

    try:
        await on_loop(pool())
    except* GenopsError as errors:
        raise errors.exceptions[0] from None
    return progress


def _key_of(line: bytes) -> str | None:
    """The key of a row that was finished well, by its whole line."""
    try:
        done = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    fine = isinstance(done, dict) and done.get("error") is None and line.endswith(b"\n")
    key = done.get("key") if fine else None
    return key if isinstance(key, str) else None


async def _one(chain: Chain, row: Row, options: RunOptions) -> dict[str, Any]:
    line: dict[str, Any] = {"key": row.key, "row": row.number, "run": None, "output": None, "error": None}
    try:
        result = await run_chain(chain.project, chain.closure, row.inputs, options)
        line["run"] = result.id
        line["output"] = json_form(result.output)
    except Exception as error:  # a bug in one row's tools or step kinds is no reason to lose the others
        line["run"] = getattr(error, "run", None) or None
        line["error"] = {"type": type(error).__name__, "message": getattr(error, "message", str(error))}
        line["error"]["path"] = getattr(error, "path", "")
    return line
