"""Windows between which nothing has changed, and how often a test says otherwise."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test

Draw = Callable[[np.random.Generator, int], NDArray[Any]]
REPETITIONS = 200


def repeated(random: np.random.Generator, n: int) -> NDArray[Any]:
    few = random.normal(size=(max(4, n // 4), 6))
    return few[random.integers(len(few), size=n)]


KINDS: dict[str, Draw] = {
    "normal": lambda random, n: random.normal(size=(n, 6)),
    "heavy tails": lambda random, n: random.standard_t(1.5, size=(n, 6)),
    "discrete": lambda random, n: random.integers(3, size=(n, 3)),
    "repeated": repeated,
}


def false_alarms(
    test: str,
    draw: Draw,
    *,
    n: int = 50,
    groups: int | None = None,
    settings: Mapping[str, Any] | None = None,
    repetitions: int = REPETITIONS,
) -> int:
    """How many of so many quiet pairs of windows are called changed at 5 %.

    Args:
        test: By name.
        draw: Some rows, all of one kind; they are dealt to the windows.
        n: Rows of either window.
        groups: Into how many of each window the rows fall, with something of their own each; None for rows that stand
            alone.
        settings: Of the test.
        repetitions: Pairs of windows.
    """
    alarms = 0
    for seed in range(repetitions):
        random = np.random.default_rng([seed, 11])
        rows, names = draw(random, 2 * n), random.integers(groups or 1, size=(2, n))
        if groups:
            for window, own in zip((rows[:n], rows[n:]), names, strict=True):
                window += 2 * random.normal(size=(groups, rows.shape[1]))[own]
        samples = Samples.of_vectors(
            rows[:n], rows[n:], groups=(names[0].tolist(), names[1].tolist()) if groups else None
        )
        alarms += find_test(test).run(samples, settings, relabellings=39, seed=seed).p <= 0.05
    return alarms


def most(repetitions: int = REPETITIONS) -> int:
    """False alarms that a test of level 5 % has in fewer than one of ten thousand such counts."""
    return int(stats.binom.isf(1e-4, repetitions, 0.05))
