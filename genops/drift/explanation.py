"""What an alarm goes with: the rows, words, topics and parts that changed, since when, and what else changed then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genops.drift.looks.families import Asked
from genops.drift.spec import DriftSpec
from genops.drift.summary import Example, StateSummary
from genops.drift.windows import Window
from genops.store import Store

EXAMPLES = 8
SHOWN = 400
"""Characters of a row that are shown."""


def explained(state: StateSummary, asked: Asked, spec: DriftSpec, store: Store) -> StateSummary:
    """A state's summary with what tells what changed.

    Args:
        state: With its verdict.
        asked: What its verdict rests on.
        spec: The check.
        store: Holds the locks of runs.
    """
    rows, witness = asked.rows, asked.values.witness
    split = len(rows.reference)
    return replace(
        state,
        examples=_telling(rows.current, witness[split:], most=True),
        gone=_telling(rows.reference, witness[:split], most=False),
    )


def example(window: Window, row: int, witness: float | None = None) -> Example:
    """A row of a window as it is shown."""
    value = window.values[row]
    text = value if isinstance(value, str) else "" if window.kind == "vector" else f"{value:g}"
    run = window.runs[row] if window.runs else ""
    return Example(window.ids[row], run, text[:SHOWN], witness)


def _telling(window: Window, witness: np.ndarray, *, most: bool) -> tuple[Example, ...]:
    """The rows that speak most for their side, each text once."""
    order = np.argsort(-witness if most else witness, kind="stable")
    found: dict[str, Example] = {}
    for row in order[: EXAMPLES * 10]:
        one = example(window, int(row), float(witness[row]))
        found.setdefault(one.text or one.id, one)
        if len(found) == EXAMPLES:
            break
    return tuple(found.values())
