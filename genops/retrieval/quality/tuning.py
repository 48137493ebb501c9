"""Choosing a configuration of search on some judged queries, and telling its gain on the others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from genops.artifacts import Json
from genops.errors import InputError
from genops.retrieval.quality.evaluation import DEPTHS, Qrels, Run, compare, evaluate
from genops.retrieval.quality.report import Comparison

Configuration: TypeAlias = Mapping[str, Any]
Search: TypeAlias = Callable[[Configuration, Sequence[str]], Run]
METRIC = "nDCG@10"
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration that was tried.

    Attributes:
        configuration: What was changed.
        mean: Its mean nDCG@10 over the queries that it was chosen by.
    """

    configuration: Configuration
    mean: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """What tuning found.

    Attributes:
        best: The configuration to take.
        default: What it was compared with.
        trials: All that were tried, best first; the default is among them.
        train_queries: Queries that the choice was made by.
        comparison: From ``default`` to ``best`` over the other queries, which played no part in the choice.
    """

    best: Configuration
    default: Configuration
    trials: Sequence[Trial]
    train_queries: int
    comparison: Comparison

    def to_json(self) -> dict[str, Json]:
        """All of it."""
        return {
            "best": dict(self.best),
            "default": dict(self.default),
            "tried": len(self.trials),
            "train_queries": self.train_queries,
            "trials": [{"configuration": dict(trial.configuration), METRIC: trial.mean} for trial in self.trials],
            "comparison": self.comparison.to_json(),
        }

    def table(self, shown: int = 5) -> str:
        """The best trials, and the gain on the queries that were kept apart."""
        lines = [f"{len(self.trials):,} configurations tried on {self.train_queries:,} queries; best mean {METRIC}:"]
        lines += [f"{trial.mean:.3f}  {_written(trial.configuration)}" for trial in self.trials[:shown]]
        if self.best == self.default:
            lines += ["", "nothing that was tried is better than the default"]
        else:
            lines += ["", f"from {_written(self.default)} to {_written(self.best)} on the other queries:"]
            lines.append(self.comparison.table())
        return "\n".join(lines)


def split_queries(queries: Iterable[str], seed: int = 0, share: float = 0.5) -> tuple[list[str], list[str]]:
    """Parts queries in two, by the hashes of their ids: the same ids and seed give the same parts everywhere.

    Args:
        queries: Their ids.
        seed: Another seed, other parts.
        share: How many of them go into the first part (0 to 1).

    Raises:
        InputError: There are fewer than two.
    """
    shuffled = sorted(set(queries), key=lambda query: hashlib.sha256(f"{seed}:{query}".encode()).digest())
    if len(shuffled) < 2:
        raise InputError("tuning needs two judged queries or more: one part to choose by, one to judge by")
    first = min(max(round(share * len(shuffled)), 1), len(shuffled) - 1)
    return sorted(shuffled[:first]), sorted(shuffled[first:])


def tune(
    search: Search,
    qrels: Qrels,
    grid: Sequence[Configuration],
    default: Configuration,
    *,
    seed: int = 0,
    share: float = 0.5,
) -> Tuning:
    """Tries configurations on one part of the queries, takes the best, and tells its gain on the other part.

    Args:
        search: Searches with a configuration for queries, given by their ids.
        qrels: Grade by document id, by query id.
        grid: The configurations. Among equals the one nearest to the beginning is taken, the default before all.
        default: What is used without tuning.
        seed: Of the split.
        share: Of the queries that the choice is made by.

    Raises:
        InputError: There are fewer than two queries with a relevant document.
    """
    relevant = {query: grades for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    train, test = split_queries(relevant, seed, share)
    configurations = [default, *(configuration for configuration in grid if configuration != default)]
    by_train = {query: relevant[query] for query in train}
    trials = [Trial(tried, _mean(search(tried, train), by_train)) for tried in configurations]
    trials.sort(key=lambda trial: -trial.mean)
    best = trials[0].configuration
    by_test = {query: relevant[query] for query in test}
    before, after = (evaluate(search(chosen, test), by_test, DEPTHS) for chosen in (default, best))
    return Tuning(best, default, trials, len(train), compare(before, after))


def _mean(run: Run, qrels: Qrels) -> float:
    return evaluate(run, qrels, [_DEPTH]).mean(METRIC)


def _written(configuration: Configuration) -> str:
    return ", ".join(f"{name} {value}" for name, value in configuration.items()) or "the default"
