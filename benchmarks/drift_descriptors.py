"""Tests of numbers, categories and descriptors of texts: how often they err, what they see, and how long they take.

``python -m benchmarks.drift_descriptors`` prints the grids (minutes); ``--quick`` with a tenth of the runs. The texts
are the paragraphs of ``docs/``.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.report import Row, table
from genops.drift.descriptor import Reference, find_descriptor
from genops.drift.descriptor_changes import descriptor_changes
from genops.drift.samples import Samples
from genops.drift.two_sample import find_test
from genops.plugins import registry

ALPHA = 0.05
SIZES = (50, 200, 1_000)
RELABELLINGS = 199
NUMBERS = ("kolmogorov_smirnov", "cramer_von_mises", "population_stability")
CATEGORIES = ("chi_square", "category_stability")
SPANISH = (
    "¿Cómo puedo cambiar mi contraseña? He probado el enlace del correo dos veces y no pasa nada.",
    "La factura del mes pasado tiene una dirección equivocada.",
    "¿Es posible cambiar la fecha de entrega de un pedido que ya está pagado?",
)
REFUSAL = "I'm sorry, but I can't help with that request."
Draw = Callable[[np.random.Generator, int], NDArray[Any]]
QUIET: dict[str, dict[str, Draw]] = {
    "numbers": {
        "normal": lambda random, n: random.normal(size=n),
        "heavy tails": lambda random, n: random.standard_cauchy(size=n),
        "discrete": lambda random, n: random.choice([0.0, 1.0, 2.0, 30.0], p=[0.6, 0.2, 0.15, 0.05], size=n),
        "repeated": lambda random, n: random.normal(size=max(4, n // 4))[random.integers(max(4, n // 4), size=n)],
    },
    "categories": {
        "three": lambda random, n: random.choice(["a", "b", "c"], p=[0.7, 0.25, 0.05], size=n),
        "many rare": lambda random, n: random.zipf(1.5, size=n).clip(max=10_000).astype(str),
    },
}
CHANGES: dict[str, Callable[[np.random.Generator, NDArray[np.float64]], NDArray[np.float64]]] = {
    "shift by 0.3": lambda random, x: x + 0.3,
    "scale by 1.5": lambda random, x: 1.5 * x,
    "10 % at 3 and above": lambda random, x: np.where(random.random(len(x)) < 0.1, 3 + np.abs(x), x),
}


def paragraphs() -> list[str]:
    """The paragraphs of the documentation that are a sentence or more."""
    files = sorted(Path("docs").glob("*.md"))
    parts = [part.strip() for file in files for part in file.read_text(encoding="utf-8").split("\n\n")]
    return [part for part in parts if len(part) > 40 and not part.startswith(("#", "|"))]


def level(runs: int) -> list[str]:
    """The rate of false alarms of each test, by kind of data and size."""
    lines = [
        "| test | data | groups | " + " | ".join(f"n = {n}" for n in SIZES) + " |",
        "| --- " * (3 + len(SIZES)) + "|",
    ]
    for of, tests in (("numbers", NUMBERS), ("categories", CATEGORIES)):
        for test in tests:
            for kind, draw in QUIET[of].items():
                for grouped in (False, True):
                    rates = [np.mean([_alarm(test, draw, n, seed, grouped) for seed in range(runs)]) for n in SIZES]
                    told = " | ".join(f"{rate:.3f}" for rate in rates)
                    lines.append(f"| `{test}` | {kind} | {'of 5 rows' if grouped else ''} | {told} |")
    return lines


def _alarm(test: str, draw: Draw, n: int, seed: int, grouped: bool) -> bool:
    random = np.random.default_rng([seed, n])
    rows, groups = draw(random, 2 * n), None
    if grouped:
        own = np.arange(2 * n) // 5
        rows = np.where(random.random(2 * n) < 0.9, draw(random, 2 * n)[own], rows)
        groups = own[:n].tolist(), own[n:].tolist()
    make = Samples.of_numbers if find_test(test).of == "numbers" else Samples.of_categories
    samples = make(rows[:n].tolist(), rows[n:].tolist(), groups=groups)
    return find_test(test).run(samples, relabellings=RELABELLINGS, seed=seed).p <= ALPHA


def power(runs: int, n: int = 200) -> list[str]:
    """The rate at which each test of numbers sees a change, and the mean separation that it tells."""
    lines = ["| test | " + " | ".join(CHANGES) + " |", "| --- " * (1 + len(CHANGES)) + "|"]
    for test in NUMBERS:
        cells = []
        for change in CHANGES.values():
            found = []
            for seed in range(runs):
                random = np.random.default_rng([seed, 3])
                samples = Samples.of_numbers(random.normal(size=n), change(random, random.normal(size=n)))
                found.append(find_test(test).run(samples, relabellings=RELABELLINGS, seed=seed))
            seen = np.mean([one.p <= ALPHA for one in found])
            cells.append(f"{seen:.2f} ({np.mean([one.separation.estimate for one in found]):.2f})")
        lines.append(f"| `{test}` | {' | '.join(cells)} |")
    return lines


def texts_told(runs: int, n: int = 200) -> list[str]:
    """How often any descriptor of real texts is called changed, and which one, where some texts are other ones."""
    pool = paragraphs()
    lines = ["| change of n = 200 texts | any descriptor | most often first |", "| --- | --- | --- |"]
    for what, share, other in (
        ("none", 0.0, ""),
        ("5 % Spanish", 0.05, SPANISH[0]),
        ("10 % Spanish", 0.1, SPANISH[0]),
        ("5 % refusals", 0.05, REFUSAL),
        ("10 % refusals", 0.1, REFUSAL),
    ):
        firsts: dict[str, int] = {}
        for seed in range(runs):
            random = np.random.default_rng([seed, 5])
            picked = [pool[row] for row in random.integers(len(pool), size=2 * n)]
            changed = int(share * n)
            current = picked[n : 2 * n - changed] + [other] * changed
            found = descriptor_changes(picked[:n], current, relabellings=999, seed=seed, alpha=ALPHA)
            if found.changes[0].significant:
                name = found.changes[0].descriptor
                firsts[name] = firsts.get(name, 0) + 1
        order = sorted(firsts, key=lambda name: -firsts[name])[:3]
        told = ", ".join(f"`{name}`" for name in order) if share else ""
        lines.append(f"| {what} | {sum(firsts.values()) / runs:.2f} | {told} |")
    return lines


def run(count: int = 10_000) -> list[Row]:
    """Times and memory."""
    rows, pool = [], paragraphs()
    texts = [f"{pool[row % len(pool)]} {row}" for row in range(count)]
    reference = Reference.of(pool)
    for name in registry.names("descriptor"):
        made = find_descriptor(name)
        made.describe(texts[:10], reference)
        took = _seconds(lambda made=made: made.describe(texts, reference))
        rows.append(Row(f"`{name}` of {count:,} paragraphs", f"{took:.2f} s", f"{1e6 * took / count:.0f} µs a text"))
    took = _seconds(lambda: descriptor_changes(texts[: count // 2], texts[count // 2 :]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(Row(f"all of them, {count // 2:,} against {count // 2:,}", f"{took:.1f} s", f"{peak:.0f} MiB in all"))
    random = np.random.default_rng(0)
    samples = Samples.of_numbers(*random.normal(size=(2, count // 2)))
    ours = _seconds(lambda: find_test("kolmogorov_smirnov").run(samples, relabellings=999))
    theirs = 999 / 20 * _seconds(lambda: _loop(samples.values, samples.reference, 20))
    rows.append(
        Row("Kolmogorov-Smirnov, 999 relabellings", f"{ours:.2f} s", f"scipy in a loop {theirs:.1f} s", ours / theirs)
    )
    return rows


def _loop(values: NDArray[np.float64], reference: int, times: int) -> None:
    random = np.random.default_rng(0)
    for _ in range(times):
        drawn = random.permutation(values)
        stats.ks_2samp(drawn[:reference], drawn[reference:], method="asymp")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs; figures mean little")
    runs = 100 if parser.parse_args().quick else 1_000
    sys.stdout.write(table(run()))
    for lines in (level(runs), power(runs // 2), texts_told(runs // 5)):
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
