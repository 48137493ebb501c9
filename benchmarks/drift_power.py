"""How often drift is found in real text, and how often quiet changes stay quiet.

Windows are drawn from SciFact (``--scifact FOLDER``, in BEIR's layout): abstracts are the reference, and the current
window is other abstracts with a share of something else among them: claims in place of abstracts (a new kind of input),
this project's documentation (a new topic), abstracts in another language (their words replaced by those of a Spanish
lexicon of function words), abstracts with their sentences in another order and small changes of wording (the same
topics said otherwise), and answers under another prompt template (a sentence before and after each). Each power is the
share of ``--runs`` checks that alarm at alpha 0.05, for each test, with its binomial interval. Run it with
``python -m benchmarks.drift_power --scifact FOLDER``.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.drift_level import paragraphs
from genops.drift.samples import Samples
from genops.drift.topics import compare_topics
from genops.drift.two_sample import find_test
from genops.stats import clopper_pearson_interval

ALPHA, RELABELLINGS = 0.05, 199
N, POOL = 200, 1_200
SHARES = (0.0, 0.05, 0.1, 0.2)
VECTOR_TESTS = ("mmd_fuse", "mmd_agg", "classifier", "novelty", "centroid", "lsdd")
_SPANISH = {
    "the": "el",
    "of": "de",
    "and": "y",
    "in": "en",
    "to": "a",
    "a": "un",
    "with": "con",
    "for": "para",
    "that": "que",
    "is": "es",
    "was": "fue",
    "were": "fueron",
    "by": "por",
    "as": "como",
    "on": "sobre",
    "from": "desde",
    "or": "o",
    "are": "son",
    "not": "no",
    "this": "este",
    "these": "estos",
    "which": "cual",
    "we": "nosotros",
}
_OTHER_WORDS = {"showed": "demonstrated", "increase": "rise", "decrease": "fall", "patients": "people", "study": "work"}


def main() -> None:
    """Prints the powers as Markdown."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--scifact", type=Path, required=True)
    asked.add_argument("--runs", type=int, default=100)
    given = asked.parse_args()
    abstracts, claims = corpus(given.scifact, "corpus.jsonl", "text"), corpus(given.scifact, "queries.jsonl", "text")
    abstracts = [text[:600] for text in abstracts[:POOL]]
    others: dict[str, list[str]] = {
        "a new kind of input (claims)": claims,
        "a new topic (documentation)": list(paragraphs()),
        "another language": [in_spanish(text) for text in abstracts],
        "another prompt's outputs": [
            f"Sure! Here is the answer. {text} Let me know if that helps." for text in abstracts
        ],
        "the same said otherwise": [reworded(text) for text in abstracts],
    }
    own = embedded(abstracts)
    columns = [*VECTOR_TESTS, "topics"]
    print(f"| change | share | {' | '.join(columns)} |\n| --- | --- |{' --- |' * len(columns)}", flush=True)
    for what, texts in others.items():
        vectors = embedded(texts)
        for share in SHARES[1:] if what != "the same said otherwise" else (1.0,):
            print_row(what, share, own, vectors, columns, given.runs)
    print_row("nothing", 0.0, own, own, columns, given.runs)


def print_row(
    what: str, share: float, own: NDArray[np.float32], other: NDArray[np.float32], columns: Sequence[str], runs: int
) -> None:
    """One change at one share, by every test."""
    cells = []
    for name in columns:
        test = asks_topics if name == "topics" else asks(name)
        found = sum(test(mixed(own, other, share, seed), seed) for seed in range(runs))
        interval = clopper_pearson_interval(found, runs)
        assert interval.bounds is not None
        cells.append(f"{interval.estimate:.2f} [{interval.bounds[0]:.2f}, {interval.bounds[1]:.2f}]")
    print(f"| {what} | {share:.0%} | {' | '.join(cells)} |", flush=True)


def asks(name: str) -> Callable[[Samples, int], bool]:
    """Whether a test alarms."""
    return lambda samples, seed: find_test(name).run(samples, relabellings=RELABELLINGS, seed=seed).p <= ALPHA


def asks_topics(samples: Samples, seed: int) -> bool:
    """Whether the mix of topics alarms."""
    return compare_topics(samples, relabellings=RELABELLINGS, seed=seed).p <= ALPHA


def mixed(own: NDArray[np.float32], other: NDArray[np.float32], share: float, seed: int) -> Samples:
    """Two windows of N rows of ``own``, the second with a share of ``other``."""
    random = np.random.default_rng(seed)
    rows = own[random.permutation(len(own))[: 2 * N]]
    new = other[random.permutation(len(other))[: round(share * N)]]
    return Samples.of_vectors(rows[:N], np.concatenate([rows[N : 2 * N - len(new)], new]))


def corpus(folder: Path, name: str, field: str) -> list[str]:
    """One field of a file of BEIR's layout."""
    return [json.loads(line)[field] for line in (folder / name).read_text("utf-8").splitlines()]


def in_spanish(text: str) -> str:
    """A text with the function words of another language."""
    return re.sub(r"\b[A-Za-z]+\b", lambda word: _SPANISH.get(word[0].lower(), word[0]), text)


def reworded(text: str) -> str:
    """The same sentences in another order, some words by their synonyms."""
    sentences = re.split(r"(?<=\.)\s+", text)
    turned = " ".join([*sentences[1:], sentences[0]])
    return re.sub(r"\b[a-z]+\b", lambda word: _OTHER_WORDS.get(word[0], word[0]), turned)


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors by MiniLM."""
    from genops.retrieval.embedders.minilm import MiniLM

    return MiniLM().encode(list(texts)[:POOL], "passage")


if __name__ == "__main__":
    with threadpool_limits(2):
        main()
