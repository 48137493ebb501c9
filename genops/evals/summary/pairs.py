"""What verdicts on pairs of answers say: ratings of the variants, and win rates freed from length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genops.evals.summary.arms import count_reason
from genops.evals.summary.measure import Measure, mean_measure
from genops.store.records.evaluations import SampleRecord


@dataclass(slots=True)
class PairTally:
    """Verdicts as columns.

    Attributes:
        cases: Number of the case of each verdict.
        first: The variant whose answer came later.
        second: The other one.
        outcomes: 1 where the first is the better one, 0.5 for a tie.
        lengths: Characters of the first answer.
        other_lengths: Characters of the second.
        agree: Whether both orders gave one verdict.
        reasons: Why verdicts could not be told, with counts.
    """

    cases: list[int] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    outcomes: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    other_lengths: list[int] = field(default_factory=list)
    agree: list[bool] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def unscored(self) -> int:
        """How many verdicts could not be told."""
        return sum(self.reasons.values())

    def add(self, sample: SampleRecord) -> None:
        """Takes the verdicts of a sample."""
        for verdict in sample.pairs:
            if "outcome" not in verdict:
                count_reason(self.reasons, str(verdict["unscored"]))
                continue
            self.cases.append(sample.case_number)
            self.first.append(verdict["first"])
            self.second.append(verdict["second"])
            self.outcomes.append(verdict["outcome"])
            self.lengths.append(verdict["length"])
            self.other_lengths.append(verdict["other_length"])
            self.agree.append(verdict["orders_agree"])


@dataclass(frozen=True, slots=True)
class Rated:
    """A variant among those that it was compared with.

    Attributes:
        variant: Its name.
        strength: Logarithm of its odds against a variant of average strength (Bradley and Terry).
        wins: Comparisons that it won.
        ties: Comparisons that nobody won, or whose orders disagree.
        losses: Comparisons that it lost.
    """

    variant: str
    strength: Measure
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True, slots=True)
class WinRate:
    """One variant against another.

    Attributes:
        variant: The one.
        against: The other.
        raw: How often it wins, ties counted half.
        length_controlled: The same, had both answered at one length; None for fewer than two verdicts.
    """

    variant: str
    against: str
    raw: Measure
    length_controlled: Measure | None


@dataclass(frozen=True, slots=True)
class PairSummary:
    """Everything about the pairs of an evaluation.

    Attributes:
        verdicts: How many there are.
        unscored: How many could not be told.
        orders_agree: How often both orders gave one verdict.
        ratings: Of the variants, the strongest first.
        win_rates: Of every two variants.
    """

    verdicts: int
    unscored: int
    orders_agree: Measure
    ratings: tuple[Rated, ...]
    win_rates: tuple[WinRate, ...]


def pair_summary(tally: PairTally, clusters: Mapping[int, Any]) -> PairSummary | None:
    """What the verdicts say; None where there are none.

    Args:
        tally: The verdicts.
        clusters: Of the cases, by their number: verdicts on one cluster are not independent.
    """
    if not tally.outcomes:
        return None
    from genops.stats.ratings import bradley_terry

    groups = [clusters.get(case, case) for case in tally.cases]
    ratings = bradley_terry(tally.first, tally.second, tally.outcomes, groups)
    return PairSummary(
        len(tally.outcomes),
        tally.unscored,
        _share([float(agree) for agree in tally.agree], groups),
        tuple(
            Rated(str(one.name), Measure.of(one.strength, "log-odds"), one.wins, one.ties, one.losses)
            for one in ratings
        ),
        tuple(_win_rates(tally, groups, [str(one.name) for one in ratings])),
    )


def _share(outcomes: list[float], groups: list[Any]) -> Measure:
    """The mean of outcomes from 0 to 1; those of one group are not independent."""
    from genops.stats.clusters import cluster_codes

    codes, count = cluster_codes(groups, len(groups))
    clusters = codes if count < len(groups) else None
    return mean_measure(np.array(outcomes), "share of verdicts", clusters, ends=(0.0, 1.0))


def _win_rates(tally: PairTally, groups: list[Any], names: list[str]) -> list[WinRate]:
    from genops.stats.length_control import length_controlled_win_rate

    found = []
    pairs = list(zip(tally.first, tally.second, strict=True))
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            rows = [(n, pair == (other, one)) for n, pair in enumerate(pairs) if {*pair} == {one, other}]
            if not rows:
                continue
            outcomes = [1 - tally.outcomes[n] if turned else tally.outcomes[n] for n, turned in rows]
            lengths = [tally.other_lengths[n] if turned else tally.lengths[n] for n, turned in rows]
            others = [tally.lengths[n] if turned else tally.other_lengths[n] for n, turned in rows]
            own = [groups[n] for n, _ in rows]
            controlled = length_controlled_win_rate(outcomes, lengths, others, own) if len(rows) > 1 else None
            measured = Measure.of(controlled.win_rate, "share of verdicts") if controlled is not None else None
            found.append(WinRate(one, other, _share(outcomes, own), measured))
    return found
