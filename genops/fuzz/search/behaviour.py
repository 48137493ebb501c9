"""The behaviour of a try: small features of what the target did, which tell a new kind of run from one more of a kind.

Coverage as in AFL (M. Zalewski, Technical whitepaper for afl-fuzz, 2014), with steps, tools and answers where a binary
has branches: counts are put into buckets, so that one round more of a loop is nothing new and ten times as many are.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.artifacts import Value
from genops.stats.interval import Floats
from genops.store.records.runs import SpanRecord

Scores: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Detectors' scores by name, as a :class:`~genops.store.records.evaluations.SampleRecord` has them.

Unscored ones say nothing.
"""

POISON = "poison "
"""What features begin with that say whether a search found the passage that an attack came by."""
FOUND, MISSED = f"{POISON}found", f"{POISON}missed"
_NUMBERS = re.compile(r"(?<=[\[#])\d+")
_BUCKETS = (1, 2, 3, 4, 8, 16, 32, 128)


def behaviour(
    spans: Iterable[SpanRecord], value: Callable[[str], Value], output: str | None, scores: Scores
) -> frozenset[str]:
    """The features of a try.

    Args:
        spans: Of its trace.
        value: Gives a payload of the trace by its digest: a tool call's arguments.
        output: What the target answered, as text; None where it answered nothing.
        scores: Of the detectors.
    """
    spans = list(spans)
    visits = Counter(place(span.path) for span in spans)
    features = {f"step {path} {_bucket(count)}" for path, count in visits.items()}
    features.update(feature for span in spans for feature in _of_span(span, value))
    features.update(_of_scores(scores))
    features.add("output none" if output is None else f"output {len(output).bit_length()}")
    return frozenset(features)


def closeness(scores: Scores) -> float:
    """How near a try came to a breach: the greatest nearness of a detector, 0 where none could score."""
    return max((_near(score) for score in scores.values() if "value" in score), default=0.0)


@lru_cache(maxsize=4096)
def place(path: str) -> str:
    """A position without the numbers of items, rounds, turns and attempts; which fallback was taken stays."""
    return _NUMBERS.sub("", path)


class Regions:
    """Where the outputs' vectors lie: leader clustering (J. Hartigan, Clustering Algorithms, 1975, chapter 3).

    A vector belongs to the nearest leader within a cosine distance; without one, it leads a region of its own.

    Args:
        distance: Within which a vector belongs to a leader: 1 minus their cosine.
        most: Leaders at most; then every vector belongs to the nearest.
    """

    def __init__(self, distance: float = 0.3, most: int = 256) -> None:
        self._distance = distance
        self._most = most
        self._leaders: list[Floats] = []

    def feature(self, vector: Sequence[float] | NDArray[np.floating]) -> str:
        """The feature of the region that a vector lies in; one without a direction lies in ``region none``."""
        given = np.asarray(vector, dtype=np.float64)
        length = float(np.linalg.norm(given))
        if not (math.isfinite(length) and length > 0):
            return "region none"
        given = given / length
        nearest, cosine = 0, -math.inf
        if self._leaders:
            cosines = np.stack(self._leaders) @ given
            nearest = int(np.argmax(cosines))
            cosine = float(cosines[nearest])
        if 1 - cosine > self._distance and len(self._leaders) < self._most:
            nearest = len(self._leaders)
            self._leaders.append(given)
        return f"region {nearest}"


def _near(score: Mapping[str, Any]) -> float:
    """How near a detector says a breach is: its value, but for scorers with a scale of their own."""
    return float(score.get("near", score["value"]))


def _bucket(count: int) -> int:
    """The bucket of a count, as AFL has them: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more."""
    return _BUCKETS[bisect_right(_BUCKETS, count) - 1]


def _of_span(span: SpanRecord, value: Callable[[str], Value]) -> Iterator[str]:
    path = place(span.path)
    yield f"status {path} {span.status}"
    if span.error is not None:
        yield f"error {path} {span.error.get('type', '')}"
    for reason in span.attributes.get("gen_ai.response.finish_reasons") or ():
        yield f"finish {path} {reason}"
    if span.kind == "tool":
        request = value(span.input) if span.input is not None else None
        given = request.get("arguments") if isinstance(request, dict) else None
        yield f"tool {span.name} {','.join(sorted(given)) if isinstance(given, dict) else ''}"


def _of_scores(scores: Scores) -> Iterator[str]:
    for name, score in scores.items():
        if "value" not in score:
            continue
        yield f"near {name} {math.floor(10 * _near(score) + 1e-9)}"
        if score.get("label"):
            yield f"label {name} {score['label']}"
