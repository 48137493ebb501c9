"""What reports draw: rows in a plane, the change over time, and how numbers are spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from genops.drift.leading import Question
from genops.drift.looks.families import Asked
from genops.drift.looks.rows import Rows
from genops.drift.shown import text_of
from genops.drift.summary import Histograms, Point, SeriesPoint
from genops.evals.summary import Histogram, Measure
from genops.stats import cluster_mean_interval

POINTS = 600
"""Rows of a window that are drawn."""
_TEXT = 160
_STRETCHES = 24
_LEAST_ROWS = 5
_HISTOGRAMS = 6
_TAIL = 0.005


def points(rows: Rows, concepts: Mapping[int, int], seed: int) -> tuple[Point, ...]:
    """Rows in the plane of the two directions in which they differ most (principal components of both windows).

    Args:
        rows: Of both windows; those without vectors are not drawn.
        concepts: Number of the new concept of current rows that are of one; these rows are always drawn.
        seed: Of the choice of rows, where there are more than are drawn.
    """
    if rows.vectors is None:
        return ()
    placed = _plane(np.concatenate(rows.vectors).astype(np.float64))
    random = np.random.default_rng([seed, 3])
    found = []
    for window, start, current in ((rows.reference, 0, False), (rows.current, len(rows.reference), True)):
        drawn = set(random.permutation(len(window))[:POINTS].tolist())
        own = concepts if current else {}
        for row in sorted(drawn | set(own)):
            x, y = placed[start + row].tolist()
            found.append(Point(x, y, current, own.get(row), text_of(window, row, _TEXT)))
    return tuple(found)


def _plane(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row in the first two principal components, of shape (n, 2)."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    plane = centred @ directions[:, -2:][:, ::-1]
    return plane if plane.shape[1] == 2 else np.column_stack([plane, np.zeros(len(plane))])


def series(question: Question) -> tuple[SeriesPoint, ...]:
    """The mean witness over time, in stretches of about equally many rows; none where rows have no time."""
    found: list[SeriesPoint] = []
    before, after = question.windows
    for window, start in ((before, 0), (after, len(before))):
        if window.times is None:
            continue
        order = np.argsort(window.times, kind="stable")
        stretches = max(1, min(_STRETCHES, len(order) // _LEAST_ROWS))
        for part in np.array_split(order, stretches):
            groups = [window.groups[row] for row in part]
            mean = cluster_mean_interval(question.shares[start + part], groups)
            middle = int(np.median(window.times[part]))
            found.append(SeriesPoint(middle, len(part), start > 0, Measure.of(mean, "share", (0.0, 1.0))))
    return tuple(sorted(found, key=lambda point: point.at))


def histograms(asked: Asked) -> tuple[Histograms, ...]:
    """How the numbers of a state, or of the descriptors that changed most, are spread in both windows.

    Bins are those of the middle 99% of both; what lies beyond is in the outermost.
    """
    if asked.rows.kind == "number":
        own = asked.rows.samples
        return (_histograms("values", asked.rows.unit, own.values[: own.reference], own.values[own.reference :]),)
    if asked.descriptors is None:
        return ()
    numbers = [change for change in asked.descriptors.changes if change.samples.of == "numbers"][:_HISTOGRAMS]
    return tuple(
        _histograms(
            change.descriptor,
            change.unit,
            change.samples.values[: change.samples.reference],
            change.samples.values[change.samples.reference :],
        )
        for change in numbers
    )


def _histograms(name: str, unit: str, before: NDArray[np.float64], after: NDArray[np.float64]) -> Histograms:
    both = np.concatenate([before, after])
    low, high = np.quantile(both, [_TAIL, 1 - _TAIL]).tolist()
    if not high > low:
        low, high = float(both.min()), float(both.max())
    spread = [Histogram.of(np.clip(values, low, high), (low, high)) for values in (before, after)]
    assert spread[0] is not None
    assert spread[1] is not None
    return Histograms(name, unit, spread[0], spread[1])
