"""What people say of a campaign's tries, read from a file.

A row is a JSON object: ``run`` (the id of the try's run), ``objective``, ``label`` (true for a breach), ``note`` where
the person has one. ``{"run": …, "undo": true}`` takes back the label that stands above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location
from genops.syntax import json_lines, read_text

_HINT = 'write {"run": "…", "objective": "…", "label": true}; `genops fuzz label` does'


@dataclass(frozen=True, slots=True)
class TryLabel:
    """What a person says of a try.

    Attributes:
        run: Id of its run.
        objective: What was attacked for.
        breach: Whether it got there.
        at: Where the label stands.
    """

    run: str
    objective: str
    breach: bool
    at: Location


def read_labels(*paths: Path) -> dict[str, TryLabel]:
    """The labels of files, as if they were one, by run, in their order.

    Raises:
        DefinitionError: A file is missing, a row is none, or two contradict each other; with the line.
    """
    found: dict[str, TryLabel] = {}
    for at, row in (record for path in paths for record in json_lines(read_text(path, "labels file"), path)):
        run = row.get("run")
        if not isinstance(run, str) or not run:
            raise DefinitionError("the label has no `run`", at=at, hint=_HINT)
        if row.get("undo") is True:
            found.pop(run, None)
            continue
        label = _label(run, row, at)
        before = found.setdefault(run, label)
        if (before.objective, before.breach) != (label.objective, label.breach):
            raise DefinitionError(f"run {run[:12]} is {_words(label)} here and {_words(before)} at {before.at}", at=at)
    return found


def _label(run: str, row: Mapping[str, Any], at: Location) -> TryLabel:
    objective, breach = row.get("objective"), row.get("label")
    if not isinstance(objective, str) or not objective:
        raise DefinitionError("the label has no `objective`", at=at, hint=_HINT)
    if not isinstance(breach, bool):
        raise DefinitionError("`label` is true or false", at=at, hint=_HINT)
    return TryLabel(run, objective, breach, at)


def _words(label: TryLabel) -> str:
    return f"{'a breach' if label.breach else 'no breach'} of {label.objective!r}"
