"""What sways a judge beside the text: its place, its length, and chance."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import replace

from genops.evals.judges.labels import Judged, Labels
from genops.evals.judges.words import FIRST, SECOND
from genops.stats import ClusteredCounts, Interval, cluster_mean_interval, proportion_interval


def position_flips(rows: Sequence[Judged], level: float = 0.95) -> Interval | None:
    """The share of cases whose verdict changes with the order; None where no case was asked in both."""
    asked = [row for row in rows if row.both_orders and None not in row.verdicts]
    return share([float(row.flips) for row in asked], asked, level)


def first_preference(rows: Sequence[Judged], level: float = 0.95) -> Interval | None:
    """How much more often the text that stands first is preferred: from -1, always the second, to 1, always the first.

    A steady judge is at 0 whatever it prefers, as every text stands first once.
    """
    asked = [row for row in rows if row.both_orders and None not in row.verdicts]
    leans = [(_lean(row.verdict) - _lean(row.swapped)) / 2 for row in asked]
    if not asked:
        return None
    found = cluster_mean_interval(leans, [row.cluster for row in asked], level=level).within(-1.0, 1.0)
    return _of_always(found, asked, level) if found.bounds is None and abs(found.estimate) == 1 else found


def length_preference(labels: Labels, rows: Sequence[Judged], level: float = 0.95) -> Interval | None:
    """How much more than people the judge favours length.

    Of pairs: how much more often it prefers the longer text than people do, from -1 to 1, over pairs of unequal
    lengths. Of single texts: how much its label rises above people's with each standard deviation of length.

    Returns:
        None where lengths or human labels are missing, or the labels have no numbers.
    """
    values = _of_pairs(labels, rows) if labels.kind == "pair" else _of_texts(labels, rows)
    if len(values) < 2:
        return None
    found = cluster_mean_interval([value for _, value in values], [row.cluster for row, _ in values], level=level)
    return found.within(-1.0, 1.0) if labels.kind == "pair" else found


def longer_shares(labels: Labels, rows: Sequence[Judged]) -> tuple[float, float] | None:
    """How often the longer text of a pair is preferred: by the judge, and by people."""
    both = [found for row in rows if (found := _longer(labels, row)) is not None]
    if labels.kind != "pair" or not both:
        return None
    return statistics.fmean(judge for judge, _ in both), statistics.fmean(human for _, human in both)


def self_consistency(rows: Sequence[Judged], level: float = 0.95) -> Interval | None:
    """How often a judge that is asked again says the same; None where no case was asked again."""
    values, asked = [], []
    for row in rows:
        said = [word for word in (row.verdict, *row.again) if word is not None]
        pairs = list(itertools.combinations(said, 2))
        if pairs:
            values.append(statistics.fmean(one == other for one, other in pairs))
            asked.append(row)
    return share(values, asked, level)


def share(values: Sequence[float], rows: Sequence[Judged], level: float = 0.95) -> Interval | None:
    """The mean of shares with its interval: of a proportion where each is 0 or 1."""
    if not values:
        return None
    clusters = [row.cluster for row in rows]
    if not set(values) <= {0.0, 1.0}:
        return cluster_mean_interval(values, clusters, level=level).within(0.0, 1.0)
    if len(set(clusters)) == len(clusters):
        return proportion_interval(int(sum(values)), len(values), level)
    return ClusteredCounts.by_cluster([value == 1.0 for value in values], clusters).interval(level)


def _of_always(found: Interval, rows: Sequence[Judged], level: float) -> Interval:
    """The interval of a preference that no case departs from: they do not vary, and how many they are tells it."""
    certain = share([1.0] * len(rows), rows, level)
    if certain is None or certain.bounds is None:
        return found
    nearest = 2 * certain.bounds[0] - 1
    return replace(certain, estimate=found.estimate, bounds=(nearest, 1.0) if found.estimate > 0 else (-1.0, -nearest))


def _lean(word: str | None) -> float:
    """1 for the first text of a pair as the file has it, -1 for the second, else 0."""
    return 1.0 if word in FIRST else -1.0 if word in SECOND else 0.0


def _of_pairs(labels: Labels, rows: Sequence[Judged]) -> list[tuple[Judged, float]]:
    found = [(row, _longer(labels, row)) for row in rows]
    return [(row, both[0] - both[1]) for row, both in found if both is not None]


def _longer(labels: Labels, row: Judged) -> tuple[float, float] | None:
    """How far judge and person prefer the longer text of a pair, 0 to 1 each."""
    if len(row.lengths) != 2 or row.lengths[0] == row.lengths[1] or row.human is None:
        return None
    said = [labels.value(word) for word in row.verdicts if word is not None]
    known = [value for value in said if value is not None]
    human = labels.value(row.human)
    if not known or human is None:
        return None
    judge = statistics.fmean(known)
    return (judge, human) if row.lengths[0] > row.lengths[1] else (1 - judge, 1 - human)


def _of_texts(labels: Labels, rows: Sequence[Judged]) -> list[tuple[Judged, float]]:
    found = []
    for row in rows:
        judge = None if row.verdict is None else labels.value(row.verdict)
        human = None if row.human is None else labels.value(row.human)
        if judge is not None and human is not None and len(row.lengths) == 1:
            found.append((row, judge - human))
    lengths = [row.lengths[0] for row, _ in found]
    spread = statistics.pstdev(lengths) if lengths else 0.0
    if spread == 0:
        return []
    middle = statistics.fmean(lengths)
    return [(row, (row.lengths[0] - middle) / spread * difference) for row, difference in found]
