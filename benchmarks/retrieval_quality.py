"""Which fusion of words and vectors answers judged queries best: chosen on SciFact's train queries, judged on its test.

``python -m benchmarks.retrieval_quality --data FOLDER``, where FOLDER holds a collection in the layout of BEIR
(``corpus.jsonl``, ``queries.jsonl``, ``qrels/train.tsv``, ``qrels/test.tsv``). The first run embeds the corpus, which
takes minutes; ``--cache FOLDER`` keeps the vectors for the next.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genops.errors import GenopsError
from genops.retrieval import Document, chunk_document, default_embedder, embed_texts
from genops.retrieval.chunk import embedded_text
from genops.retrieval.dense import open_dense, write_dense
from genops.retrieval.lexical import BM25, Analyzer, Postings
from genops.retrieval.quality import Report, Run, compare, document_scores, evaluate, read_beir
from genops.settings import Settings

DATA = "GENOPS_SCIFACT"
CHUNK_TOKENS, OVERLAP_TOKENS = 200, 40
CANDIDATES = 200
SPLITS = ("train", "test")
WEIGHTS = [round(0.1 * step, 1) for step in range(1, 10)]
LEXICAL = [(k1, b) for k1 in (0.9, 1.2, 1.5) for b in (0.4, 0.75)]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """The passages that are among the best of either ranker for one query, with the scores of both rankers for each.

    Attributes:
        rows: Of the passages.
        cosine: From the vectors.
        words: BM25.
        bound: What no BM25 score of the query reaches.
        dense_rank: From 1; infinite where the vectors' list does not hold it.
        words_rank: The same for the words' list.
    """

    rows: NDArray[np.int64]
    cosine: Floats
    words: Floats
    bound: float
    dense_rank: Floats
    words_rank: Floats


Fusion = Callable[[Candidates, float], Floats]


def reciprocal_ranks(k: int) -> Fusion:
    """Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet (2009); weighted."""
    return lambda found, weight: weight / (k + found.dense_rank) + (1 - weight) / (k + found.words_rank)


def mean_of(dense: Callable[[Floats], Floats], words: Callable[[Floats], Floats] | None = None) -> Fusion:
    """A weighted mean of the cosine and of BM25, each normalised; BM25 by its bound unless said otherwise."""

    def fused(found: Candidates, weight: float) -> Floats:
        lexical = words(found.words) if words else found.words / max(found.bound, 1e-9)
        return weight * dense(found.cosine) + (1 - weight) * lexical

    return fused


def share_of_best(scores: Floats) -> Floats:
    return scores / max(float(scores.max()), 1e-9)


def between_extremes(scores: Floats) -> Floats:
    return (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)


def standardised(scores: Floats) -> Floats:
    return (scores - scores.mean()) / max(float(scores.std()), 1e-9)


FUSIONS: dict[str, Fusion] = {
    "ranks, k = 10": reciprocal_ranks(10),
    "ranks, k = 60": reciprocal_ranks(60),
    "cosine from 0, BM25 / bound": mean_of(lambda cosine: np.maximum(cosine, 0)),
    "(1 + cosine) / 2, BM25 / bound": mean_of(lambda cosine: (1 + cosine) / 2),
    "TM2C2": mean_of(lambda cosine: share_of_best(1 + cosine), share_of_best),
    "min-max": mean_of(between_extremes, between_extremes),
    "z": mean_of(standardised, standardised),
}
CHOSEN = "cosine from 0, BM25 / bound"
PLAIN = (reciprocal_ranks(60), 0.5)
HALVES: tuple[Fusion, Fusion] = (lambda found, _: found.cosine, lambda found, _: found.words)


class Passages:
    """A corpus cut into passages, with the vectors of passages and queries, and their words."""

    def __init__(self, data: Path, cache: Path) -> None:
        self.judged = {split: read_beir(data, data / "qrels" / f"{split}.tsv", data) for split in SPLITS}
        embedder = default_embedder(Settings(root=data))
        self.owners: list[str] = []
        texts: list[str] = []
        for document in documents(data / "corpus.jsonl"):
            for chunk in chunk_document(document, embedder, "auto", CHUNK_TOKENS, OVERLAP_TOKENS):
                self.owners.append(document.id)
                texts.append(embedded_text(document, chunk))
        self.queries = {query: text for judged in self.judged.values() for query, text in judged.queries.items()}
        self.order = {query: row for row, query in enumerate(self.queries)}

        def vectors(what: str, wanted: Sequence[str]) -> NDArray[np.float32]:
            identity = json.dumps([embedder.identity(), *wanted], sort_keys=True)
            kept = cache / f"{what}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.npy"
            if not kept.exists():
                blocks = range(0, len(wanted), 256)
                found = []
                for start in blocks:
                    sys.stderr.write(f"\rembedding {what}: {start:,} of {len(wanted):,}")
                    found.append(embed_texts(embedder, wanted[start : start + 256]))
                sys.stderr.write("\n")
                np.save(kept, np.concatenate(found))
            return np.load(kept)

        passages = vectors("passages", texts)
        self.query_vectors = vectors("queries", list(self.queries.values()))
        with tempfile.TemporaryDirectory() as folder:
            write_dense(Path(folder), passages, "flat")
            self.dense = open_dense(Path(folder), "flat", *passages.shape)
        self.analyzer = Analyzer.of("en")
        self.postings = Postings.of(texts, self.analyzer)

    def candidates(self, k1: float, b: float, depth: int = CANDIDATES) -> dict[str, Candidates]:
        """What the two rankers hand on to fusion, by query."""
        scorer = BM25([self.postings], np.ones(self.postings.rows, dtype=bool), k1, b)
        _, nearest = self.dense.search(self.query_vectors, depth)
        return {
            query: self._candidates(row, scorer, self.analyzer.tokens(self.queries[query]), nearest[row], depth)
            for query, row in self.order.items()
        }

    def _candidates(
        self, row: int, scorer: BM25, tokens: list[str], nearest: NDArray[np.int64], depth: int
    ) -> Candidates:
        words = scorer.scores(tokens)
        worded = np.argsort(-words, kind="stable")[:depth]
        worded = worded[words[worded] > 0]
        rows = np.union1d(nearest, worded)
        return Candidates(
            rows,
            (self.dense.vectors(rows) @ self.query_vectors[row]).astype(np.float64),
            words[rows].astype(np.float64),
            scorer.bound(tokens),
            ranks(rows, nearest),
            ranks(rows, worded),
        )

    def run(self, candidates: Mapping[str, Candidates], split: str, fusion: Fusion, weight: float) -> Run:
        """Documents with scores, for the queries of a split: a document's score is that of its best passage."""
        ranked = {}
        for query in self.judged[split].queries:
            found = candidates[query]
            scores = fusion(found, weight)
            owners = (self.owners[row] for row in found.rows)
            ranked[query] = document_scores(zip(owners, scores.tolist(), strict=True))
        return ranked

    def report(self, candidates: Mapping[str, Candidates], split: str, fusion: Fusion, weight: float) -> Report:
        """Every metric of a split, query by query."""
        return evaluate(self.run(candidates, split, fusion, weight), self.judged[split].qrels, [10, 100])

    def curve(self, candidates: Mapping[str, Candidates], fusion: Fusion) -> dict[float, float]:
        """Mean nDCG@10 of the train queries by weight."""
        return {weight: self.mean(candidates, "train", fusion, weight) for weight in WEIGHTS}

    def mean(self, candidates: Mapping[str, Candidates], split: str, fusion: Fusion, weight: float) -> float:
        """Mean nDCG@10 of a split."""
        return evaluate(self.run(candidates, split, fusion, weight), self.judged[split].qrels, [10]).mean("nDCG@10")


def documents(corpus: Path) -> Iterator[Document]:
    with corpus.open(encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            if record["text"].strip():
                yield Document(record["_id"], corpus.name, record["text"], title=" ".join(record["title"].split()))


def ranks(rows: NDArray[np.int64], best_first: NDArray[np.int64]) -> Floats:
    places = {row: float(place) for place, row in enumerate(best_first.tolist(), 1)}
    return np.array([places.get(row, np.inf) for row in rows.tolist()])


def study(data: Path, cache: Path) -> Iterator[str]:
    """The tables, as they are ready."""
    passages = Passages(data, cache)
    sizes = {split: len(passages.judged[split].queries) for split in SPLITS}
    yield (
        f"{len(set(passages.owners)):,} documents in {len(passages.owners):,} passages, {sizes['train']:,} train and "
        f"{sizes['test']:,} test queries. Metrics are means from 0 to 1; gains have a 95% bootstrap interval and a "
        "paired permutation p. A weight is that of the vectors; words have the rest.\n"
    )
    found = {parameters: passages.candidates(*parameters) for parameters in LEXICAL}
    curves = {parameters: passages.curve(found[parameters], FUSIONS[CHOSEN]) for parameters in LEXICAL}
    yield f"\n### BM25's parameters under {CHOSEN}: nDCG@10 of the train queries by weight\n\n"
    yield markdown(
        ["k1, b", *map(str, WEIGHTS)],
        [[f"{k1}, {b}", *(f"{mean:.4f}" for mean in curve.values())] for (k1, b), curve in curves.items()],
    )
    best = max(LEXICAL, key=lambda parameters: max(curves[parameters].values()))
    yield f"\n### Fusions, with k1 = {best[0]} and b = {best[1]}, each with the best weight of the train queries\n\n"
    yield fusions(passages, found[best])


def fusions(passages: Passages, found: Mapping[str, Candidates]) -> str:
    plain = passages.report(found, "test", *PLAIN)
    sides = {"vectors alone": (HALVES[0], 1.0), "words alone": (HALVES[1], 0.0), "plain ranks, k = 60": PLAIN}
    rows, judged = [], {}
    for name, (fusion, weight) in sides.items():
        report = judged[name] = passages.report(found, "test", fusion, weight)
        rows.append([name, "", f"{passages.mean(found, 'train', fusion, weight):.4f}", "", *figures(plain, report)])
    for name, fusion in FUSIONS.items():
        curve = passages.curve(found, fusion)
        weight = max(curve, key=lambda weight: curve[weight])
        report = judged[name] = passages.report(found, "test", fusion, weight)
        rows.append([name, str(weight), f"{curve[weight]:.4f}", lost(curve, weight), *figures(plain, report)])
    head = ["", "weight", "train nDCG@10", "lost at weight ±0.1, ±0.2", "test nDCG@10", "test recall@100"]
    text = markdown([*head, "gain over plain ranks, test nDCG@10"], rows)
    for name in sides:
        text += f"\nFrom {name} to {CHOSEN}, test queries:\n{compare(judged[name], judged[CHOSEN]).table()}\n"
    return text


def figures(plain: Report, report: Report) -> list[str]:
    """Test metrics, and the gain over plain reciprocal ranks."""
    gain = compare(plain, report).differences["nDCG@10"]
    bounds = gain.gain.bounds
    told = f"{gain.gain.estimate:+.4f} ({bounds[0]:+.4f} to {bounds[1]:+.4f}), p {gain.test.p:.4f}" if bounds else ""
    return [f"{report.mean('nDCG@10'):.4f}", f"{report.mean('recall@100'):.4f}", told]


def lost(curve: Mapping[float, float], best: float) -> str:
    """The larger of the losses on both sides of a weight, 0.1 and 0.2 away from it."""
    losses = []
    for apart in (0.1, 0.2):
        beside = [curve[weight] for weight in (round(best - apart, 1), round(best + apart, 1)) if weight in curve]
        losses.append(f"{curve[best] - min(beside):.4f}")
    return ", ".join(losses)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get(DATA), help=f"the collection (default: ${DATA})")
    parser.add_argument("--cache", type=Path, help="where vectors are kept from run to run")
    options = parser.parse_args()
    if options.data is None or not (options.data / "corpus.jsonl").is_file():
        parser.exit(2, f"no collection at {options.data}: name the folder of SciFact in BEIR's layout with --data\n")
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        cache.mkdir(parents=True, exist_ok=True)
        try:
            for text in study(options.data, cache):
                sys.stdout.write(text)
                sys.stdout.flush()
        except GenopsError as error:
            parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
