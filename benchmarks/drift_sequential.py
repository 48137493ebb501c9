"""The detector that looks after every item: its speed, how often it alarms on quiet streams, how soon on changed ones.

Speed is in processor time of one core, the least of some rounds, for given vectors of 384 dimensions in batches of
1,000 and for numbers; a state of a detector that saw many items stands beside one that saw few. Quiet streams are drawn
from the distribution of their reference, a new reference for every stream: normal, heavy-tailed and discrete vectors,
and MiniLM's vectors of the paragraphs of the documentation, drawn with replacement from all of them. Delays are of
streams that are quiet for 2,100 items and then changed: medians over streams, each with a reference of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from benchmarks.report import Row, table
from genops.drift.sequential import Baseline, Detector

DIMENSION, LIMIT, QUIET, LONGEST = 384, 20.0, 2_100, 8_000
DOCS = Path(__file__).parents[1] / "docs"
Draw = Callable[[np.random.Generator, int], np.ndarray]

MADE: dict[str, Draw] = {
    "normal, 10 dimensions": lambda random, n: random.standard_normal((n, 10)),
    "Student's t of 2 degrees, 5 dimensions": lambda random, n: random.standard_t(2, (n, 5)),
    "3 numbers of 0, 1 or 2": lambda random, n: random.integers(3, size=(n, 3)).astype(float),
}


def paragraphs() -> tuple[np.ndarray, np.ndarray]:
    """MiniLM's vectors of the documentation's paragraphs, and which of them are of the command line's page."""
    from genops.retrieval.embedders.minilm import MiniLM

    texts, own = [], []
    for path in sorted(DOCS.glob("*.md")):
        for text in path.read_text().split("\n\n"):
            if len(text) > 80:
                texts.append(text[:400])
                own.append(path.stem == "cli")
    return np.asarray(MiniLM().encode(texts)), np.array(own)


def drawn_from(pool: np.ndarray) -> Draw:
    return lambda random, n: pool[random.integers(len(pool), size=n)]


def speed(items: int = 20_000, rounds: int = 5) -> Iterator[Row]:
    """Microseconds an item, of vectors and of numbers."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((2_000 + items, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = random.random(2_000 + items)
    for what, baseline, stream in (
        (f"vectors of {DIMENSION} dimensions", Baseline.of_vectors(vectors[:2_000]), vectors[2_000:]),
        ("scores, by their mean", Baseline.of_numbers(numbers[:2_000], ends=(0, 1)), numbers[2_000:]),
        ("latencies, by their rank", Baseline.of_numbers(numbers[:2_000]), numbers[2_000:]),
    ):
        detector = Detector(baseline)
        spent = min(_spent(detector, stream) for _ in range(rounds)) / len(stream) * 1e6
        shown = f"{spent:.1f} µs an item, {1e6 / spent:,.0f} a second"
        yield Row(f"{what}: a detector", shown, f"{LIMIT:g} µs, {1e6 / LIMIT:,.0f} a second", spent / LIMIT, 1.0)
        young = Detector(baseline)
        young.update(stream[:1_000])
        sizes = [len(json.dumps(one.state())) for one in (detector, young)]
        seen = f"{detector.items:,} items", f"{young.items:,} items"
        yield Row(
            f"{what}: bytes of its state after {seen[0]}",
            f"{sizes[0]:,}",
            f"after {seen[1]} {sizes[1]:,}",
            sizes[0] / sizes[1],
            1.05,
        )


def _spent(detector: Detector, stream: np.ndarray) -> float:
    with threadpool_limits(1):
        begin = time.process_time()
        for first in range(0, len(stream), 1_000):
            detector.update(stream[first : first + 1_000])
        return time.process_time() - begin


def quiet(what: str, draw: Draw, reference: int, streams: int, length: int, run_length: float) -> Row:
    """The share of quiet streams that alarm, beside the most that was promised and the binomial error of the count."""
    alarmed = 0
    for seed in range(streams):
        random = np.random.default_rng([seed, reference])
        detector = Detector(Baseline.of_vectors(draw(random, reference), seed=seed), run_length)
        alarmed += bool(detector.update(draw(random, length)))
    promised = length / run_length + detector.baseline.error
    most = float(stats.binom.ppf(0.99, streams, promised)) / streams
    return Row(
        f"{what}, reference {reference:,}: of {streams} quiet streams of {length:,} items, one in {run_length:,.0f}",
        f"{alarmed / streams:.3f} alarm",
        f"{promised:.3f} promised",
        alarmed / streams / most,
        1.0,
    )


def given(streams: int, length: int, run_length: float) -> Row:
    """The same with a mean that is known, where no allowance makes alarms rarer than was promised."""
    alarmed = 0
    for seed in range(streams):
        random = np.random.default_rng(seed)
        alarmed += bool(Detector(Baseline.given(0.05, 0.05), run_length).update((random.random(length) < 0.05) * 1.0))
    promised = length / run_length
    most = float(stats.binom.ppf(0.99, streams, promised)) / streams
    return Row(
        f"a known rate: of {streams} quiet streams of {length:,} items, one in {run_length:,.0f}",
        f"{alarmed / streams:.3f} alarm",
        f"{promised:.3f} promised",
        alarmed / streams / most,
        1.0,
    )


def delay(what: str, draws: tuple[Draw, Draw], reference: int, streams: int, share: float, smallest: float) -> Row:
    """Items from the change to the alarm, where a share of the items is drawn by the second of ``draws``."""
    draw, changed = draws
    delays, onsets = [], []
    for seed in range(streams):
        random = np.random.default_rng([seed, reference, 1])
        detector = Detector(Baseline.of_vectors(draw(random, reference), smallest=smallest, seed=seed))
        detector.update(draw(random, QUIET))
        stream, kind = draw(random, LONGEST), random.random(LONGEST) < share
        stream[kind] = changed(random, int(kind.sum()))
        alarms = [alarm for alarm in detector.update(stream) if alarm.item >= QUIET]
        delays.append(alarms[0].item - QUIET if alarms else np.inf)
        onsets += [abs(alarms[0].since - QUIET)] if alarms else []
    median = float(np.median(delays))
    shown = f"{median:,.0f} items" if np.isfinite(median) else f"more than {LONGEST:,} items"
    found = f"{np.isfinite(delays).sum()} of {len(delays)} found"
    off = f", onset off by {np.median(onsets):,.0f}" if onsets else ""
    against = f"reference {reference:,}, smallest effect {smallest:g}"
    return Row(f"{what}, {share:.0%} of the items, {against}: to the alarm", shown, found + off)


def delays(streams: int, vectors: np.ndarray, cli: np.ndarray) -> Iterator[Row]:
    """How soon changes are found, without a smallest effect and with that of a watch."""
    normal = MADE["normal, 10 dimensions"]
    rest, page = drawn_from(vectors[~cli]), drawn_from(vectors[cli])
    changes = [
        (f"normal, moved by {size:g} deviations", (normal, _moved(normal, size)), 1.0) for size in (0.25, 0.5, 1)
    ]
    paragraphs = "paragraphs of a page that the reference has none of"
    changes += [(paragraphs, (rest, page), share) for share in (0.05, 0.1, 0.2, 1.0)]
    for what, draws, share in changes:
        for reference in (500, 2_000):
            for smallest in (0.0, 0.1):
                yield delay(what, draws, reference, streams, share, smallest)


def run(share: int = 1) -> list[Row]:
    """All figures, or one part in ``share`` of the streams."""
    rows = [*speed(20_000 // share)]
    vectors, cli = paragraphs()
    kinds = MADE | {"paragraphs of the documentation": drawn_from(vectors)}
    rows.append(given(1_000 // share, 2_000, 2_000 * 2))
    for what, draw in kinds.items():
        rows += [quiet(what, draw, reference, max(10, 200 // share), 1_000, 2_000) for reference in (500, 2_000)]
    rows.append(quiet("normal, 10 dimensions", MADE["normal, 10 dimensions"], 2_000, max(10, 50 // share), 10_000, 1e5))
    rows += delays(max(4, 20 // share), vectors, cli)
    return rows


def _moved(draw: Draw, by: float) -> Draw:
    return lambda random, n: draw(random, n) + by / np.sqrt(10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="a part of the streams: 10 for a tenth")
    sys.stdout.write(table(run(parser.parse_args().share)))
