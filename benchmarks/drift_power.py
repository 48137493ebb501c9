"""How often a change of real text is found, and how often quiet changes stay quiet.

Windows of 200 rows each, embedded by MiniLM. The reference is drawn from SciFact's abstracts (``--scifact FOLDER``, in
BEIR's layout), the current window from other abstracts, with a share of something else among them:

* claims (SciFact's queries): another kind of input about the same subjects;
* this project's documentation: a new topic;
* the abstracts as another prompt template would have them answered: a sentence before and one after each;
* the abstracts with their sentences in another order and other words for some: the same said otherwise, of which the
  mix of topics must stay quiet.

Another language is the Linux manual in Spanish beside the same pages in English (``--manuals FOLDER``: what Debian's
packages ``manpages`` and ``manpages-es`` put into ``/usr/share/man``; ``apt-get download`` and ``dpkg -x`` will do).

Each power is the share of ``--runs`` checks that alarm at alpha 0.05, for each test, with its binomial interval. Run it
with ``python -m benchmarks.drift_power --scifact FOLDER --manuals FOLDER``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.drift_level import ALPHA, batches_of, paragraphs
from genops.drift.samples import Samples
from genops.drift.topics import compare_topics
from genops.drift.two_sample import find_test
from genops.stats import clopper_pearson_interval

RELABELLINGS = 199
N, POOL = 200, 1_200
MIXED, WHOLE = (0.05, 0.1, 0.2), (1.0,)
TOPICS = "topics"
COLUMNS = ("mmd_fuse", "mmd_agg", "mmd", "lsdd", "classifier", "novelty", "centroid", TOPICS)
_OTHER_WORDS = {"showed": "demonstrated", "increase": "rise", "decrease": "fall", "patients": "people", "study": "work"}
_MARK = re.compile(r"\\f(?:\[[^\]]*\]|\(..|.)|\\[&%/,|^]|\\s[-+]?\d")


@dataclass(frozen=True, slots=True)
class Change:
    """What changes, in vectors.

    Attributes:
        name: In words.
        own: Rows that both windows are drawn from.
        other: Rows that come into the second one.
        shares: Of the second window that they make up.
    """

    name: str
    own: NDArray[np.float32]
    other: NDArray[np.float32]
    shares: tuple[float, ...]


def main() -> None:
    """Prints the powers as Markdown."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--scifact", type=Path, required=True)
    asked.add_argument("--manuals", type=Path, required=True)
    asked.add_argument("--runs", type=int, default=200)
    given = asked.parse_args()
    _changes.extend(changes(given.scifact, given.manuals))
    print(f"| change | share | {' | '.join(COLUMNS)} |\n| --- | ---: |{' ---: |' * len(COLUMNS)}", flush=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:  # forked: each has the vectors
        for place, change in enumerate(_changes):
            for share in change.shares:
                cells = []
                for test in COLUMNS:
                    batches = [(place, share, test, seeds) for seeds in batches_of(given.runs)]
                    found = clopper_pearson_interval(sum(pool.map(alarmed, batches)), given.runs)
                    assert found.bounds is not None
                    cells.append(f"{found.estimate:.2f} [{found.bounds[0]:.2f}, {found.bounds[1]:.2f}]")
                print(f"| {change.name} | {share:.0%} | {' | '.join(cells)} |", flush=True)


def changes(scifact: Path, manuals: Path) -> Iterator[Change]:
    """Everything that changes."""
    abstracts = [text[:600] for text in corpus(scifact, "corpus.jsonl")[:POOL]]
    own = embedded(abstracts)
    answers = [f"Sure! Here is the answer. {text} Let me know if that helps." for text in abstracts]
    yield Change("nothing", own, own, (0.0,))
    yield Change("claims", own, embedded(corpus(scifact, "queries.jsonl")), MIXED + WHOLE)
    yield Change("a new topic", own, embedded(list(paragraphs())), MIXED)
    pages = manuals / "man7", manuals / "es" / "man7"
    names = sorted({path.name for path in pages[0].glob("*.gz")} & {path.name for path in pages[1].glob("*.gz")})
    english, spanish = (embedded(list(parts_of(folder, names))) for folder in pages)
    yield Change("another language", english, spanish, MIXED + WHOLE)
    yield Change("another prompt template", own, embedded(answers), MIXED + WHOLE)
    yield Change("the same said otherwise", own, embedded([reworded(text) for text in abstracts]), WHOLE)


def alarmed(batch: tuple[int, float, str, range]) -> int:
    """How many of some checks alarm."""
    place, share, test, seeds = batch
    change = _changes[place]
    with threadpool_limits(1):
        return sum(p_of(test, mixed(change, share, seed), seed) <= ALPHA for seed in seeds)


def p_of(test: str, samples: Samples, seed: int) -> float:
    """The p-value of a test, or of the mix of topics."""
    if test == TOPICS:
        return compare_topics(samples, relabellings=RELABELLINGS, seed=seed).p
    return find_test(test).run(samples, relabellings=RELABELLINGS, seed=seed).p


def mixed(change: Change, share: float, seed: int) -> Samples:
    """Two windows of N rows, no row in both, the second with a share of what is new."""
    random = np.random.default_rng(seed)
    places = random.permutation(len(change.own))
    new = random.permutation(len(change.other))
    if change.own is not change.other and len(change.own) == len(change.other):
        new = new[np.isin(new, places[:N], invert=True)]  # no text stands beside its own rewording
    new = new[: round(share * N)]
    return Samples.of_vectors(
        change.own[places[:N]], np.concatenate([change.own[places[N : 2 * N - len(new)]], change.other[new]])
    )


def corpus(folder: Path, name: str) -> list[str]:
    """The texts of a file of BEIR's layout."""
    return [json.loads(line)["text"] for line in (folder / name).read_text("utf-8").splitlines()]


def parts_of(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """Paragraphs of prose of manual pages, without their markup."""
    for name in names:
        part: list[str] = []
        with gzip.open(folder / name, "rt", encoding="utf-8") as page:
            for line in [*page, ".PP"]:
                if line.startswith((".B", ".I", ".R")):
                    part.append(line.partition(" ")[2].replace('"', ""))
                elif not line.startswith((".", "'")) and line.strip():
                    part.append(line)
                elif part:
                    text = " ".join(_MARK.sub("", " ".join(part)).replace("\\-", "-").split())
                    part = []
                    letters = sum(character.isalpha() or character.isspace() for character in text)
                    if 80 < len(text) < 400 and letters > 0.85 * len(text):
                        yield text


def reworded(text: str) -> str:
    """The same sentences in another order, some words by their synonyms."""
    sentences = re.split(r"(?<=\.)\s+", text)
    turned = " ".join([*sentences[1:], sentences[0]])
    return re.sub(r"\b[a-z]+\b", lambda word: _OTHER_WORDS.get(word[0], word[0]), turned)


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors by MiniLM of as many as the pool holds, evenly from the whole."""
    from genops.retrieval.embedders.minilm import MiniLM

    kept = [texts[place] for place in np.linspace(0, len(texts) - 1, min(POOL, len(texts))).astype(int)]
    return MiniLM().encode(kept, "passage")


_changes: list[Change] = []

if __name__ == "__main__":
    main()
