"""Numbers and categories that do not change, of many kinds, and how often a test says that they do."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test
from tests.drift.unchanged import REPETITIONS

Draw = Callable[[np.random.Generator, int], NDArray[Any]]

NUMBERS: dict[str, Draw] = {
    "normal": lambda random, n: random.normal(size=n),
    "heavy tails": lambda random, n: random.standard_cauchy(size=n),
    "nearly all 0": lambda random, n: random.binomial(1, 0.05, size=n).astype(float),
    "four values": lambda random, n: random.choice([0.0, 1.0, 2.0, 30.0], p=[0.6, 0.2, 0.15, 0.05], size=n),
    "repeated": lambda random, n: random.normal(size=12)[random.integers(12, size=n)],
}
CATEGORIES: dict[str, Draw] = {
    "three": lambda random, n: random.choice(["en", "es", "pt"], p=[0.7, 0.25, 0.05], size=n),
    "many rare": lambda random, n: random.zipf(1.5, size=n).clip(max=10_000).astype(str),
}


def false_alarms(test: str, draw: Draw, *, n: int = 50, groups: int | None = None) -> int:
    """How many of 200 quiet pairs of windows are called changed at 5 %.

    Args:
        test: By name.
        draw: Some values; they are dealt to the windows.
        n: Rows of either window.
        groups: Into how many of each window the rows fall, nearly all rows of one being equal; None for rows that stand
            alone.
    """
    alarms = 0
    for seed in range(REPETITIONS):
        random = np.random.default_rng([seed, 12])
        rows, names = draw(random, 2 * n), random.integers(groups or 1, size=(2, n))
        if groups:
            common = draw(random, 2 * groups)
            own = np.concatenate([names[0], names[1] + groups])
            rows = np.where(random.random(2 * n) < 0.9, common[own], rows)
        make = Samples.of_numbers if find_test(test).of == "numbers" else Samples.of_categories
        labels = (names[0].tolist(), names[1].tolist()) if groups else None
        samples = make(rows[:n].tolist(), rows[n:].tolist(), groups=labels)
        alarms += find_test(test).run(samples, relabellings=39, seed=seed).p <= 0.05
    return alarms
