"""How well hybrid search answers judged queries by the defaults: chosen on SciFact's train queries, judged on its test.

``python -m benchmarks.retrieval_quality --data FOLDER``, where FOLDER holds a collection in the layout of BEIR
(``corpus.jsonl``, ``queries.jsonl``, ``qrels/train.tsv``, ``qrels/test.tsv``). The collection is built as an index by
the defaults and searched as ``genops index eval`` searches it; the fusions that genops does not have are computed over
the candidates of the same search. The first run embeds the corpus, which takes minutes; ``--cache FOLDER`` keeps the
index for the next.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genops.errors import GenopsError
from genops.index_settings import IndexSettings, SearchSettings, search_settings
from genops.retrieval import Document, build_index, embed_texts, open_index
from genops.retrieval.experiment import run_of
from genops.retrieval.quality import Report, Run, compare, document_scores, evaluate, read_beir
from genops.retrieval.search.rankers import by_both
from genops.retrieval.search.ranking import Ranker, Ranking
from genops.settings import Settings

DATA = "GENOPS_SCIFACT"
INDEX = "collection"
SPLITS = ("train", "test")
DEPTHS = (10, 100)
WEIGHTS = [round(0.1 * step, 1) for step in range(1, 10)]
LEXICAL = [(k1, b) for k1 in (0.9, 1.2, 1.5) for b in (0.4, 0.75)]
Floats = NDArray[np.float64]
Fusion = Callable[[Ranker, Ranker, float], Floats]
"""From what both rankers say of the same candidates, and the weight of the vectors, to a score for each."""


def reciprocal_ranks(k: int) -> Fusion:
    """Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet (2009); weighted."""

    def fused(dense: Ranker, words: Ranker, weight: float) -> Floats:
        return weight * share_of_rank(dense, k) + (1 - weight) * share_of_rank(words, k)

    return fused


def share_of_rank(ranker: Ranker, k: int) -> Floats:
    return np.where(ranker.ranks > 0, 1 / (k + ranker.ranks), 0.0)


def mean_of(cosines: Callable[[Floats], Floats], words: Callable[[Floats], Floats] | None = None) -> Fusion:
    """A weighted mean of the cosine and of BM25, each normalised; BM25 by its bound unless said otherwise."""

    def fused(dense: Ranker, lexical: Ranker, weight: float) -> Floats:
        worded = words(lexical.raw.astype(np.float64)) if words else lexical.scores
        return weight * cosines(dense.raw.astype(np.float64)) + (1 - weight) * worded

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
SEARCHES: dict[str, dict[str, str]] = {
    "the default": {},
    "plain reciprocal ranks": {"fusion": "rrf"},
    "vectors alone": {"mode": "dense"},
    "words alone": {"mode": "bm25"},
}
"""What a search can be told in place of the default."""


class Collection:
    """Judged queries, and their documents as an index by the defaults."""

    def __init__(self, data: Path, cache: Path) -> None:
        self.judged = {split: read_beir(data, data / "qrels" / f"{split}.tsv", data) for split in SPLITS}
        settings = Settings(root=cache, indexes={INDEX: IndexSettings()})
        build_index(settings, INDEX, documents(data / "corpus.jsonl"), progress=progress)
        self.index = open_index(settings, INDEX)
        self._owners = [document.id for document, _ in self.index.corpus.passages(self.index.corpus.living())]
        self._queries = {query: text for judged in self.judged.values() for query, text in judged.queries.items()}
        self._vectors = embed_texts(self.index.embedder, list(self._queries.values()), "query")

    def searched(self, split: str, how: SearchSettings) -> Report:
        """What the index itself finds for the queries of a split."""
        judged = self.judged[split]
        documents = {document for grades in judged.qrels.values() for document in grades}
        return evaluate(run_of(self.index, judged.queries, documents, how), judged.qrels, DEPTHS)

    def found_in(self, k: int) -> Report:
        """What one search of each test query for so many passages finds, by the defaults."""
        judged = self.judged["test"]
        hits = {query: self.index.search(text, k) for query, text in judged.queries.items()}
        run = {query: document_scores((hit.document, hit.score) for hit in found) for query, found in hits.items()}
        return evaluate(run, judged.qrels, DEPTHS)

    def candidates(self, k1: float, b: float) -> dict[str, Ranking]:
        """What the two rankers hand on to fusion, by query, to the depth of :func:`run_of`."""
        corpus, how = self.index.corpus, self.index.settings
        depth = 2 * how.candidates
        nearest = corpus.dense(self._vectors, depth, None)
        return {
            query: by_both(corpus, corpus.words(text, k1, b), vector, best, depth, None, how)
            for (query, text), vector, best in zip(self._queries.items(), self._vectors, nearest, strict=True)
        }

    def report(self, found: Mapping[str, Ranking], split: str, fusion: Fusion, weight: float) -> Report:
        """Every metric of a split, query by query, were the candidates fused like this."""
        judged = self.judged[split]
        run: Run = {query: self._fused(found[query], fusion, weight) for query in judged.queries}
        return evaluate(run, judged.qrels, DEPTHS)

    def _fused(self, found: Ranking, fusion: Fusion, weight: float) -> dict[str, float]:
        scores = fusion(found.rankers["dense"], found.rankers["bm25"], weight)
        owners = (self._owners[row] for row in found.rows)
        return document_scores(zip(owners, scores.tolist(), strict=True))

    def curve(self, found: Mapping[str, Ranking], fusion: Fusion) -> dict[float, float]:
        """Mean nDCG@10 of the train queries by weight."""
        return {weight: self.report(found, "train", fusion, weight).mean("nDCG@10") for weight in WEIGHTS}


def progress(done: int, total: int) -> None:
    if total:
        sys.stderr.write(f"\rembedded {done:,} of {total:,}{'' if done < total else chr(10)}")


def documents(corpus: Path) -> Iterator[Document]:
    with corpus.open(encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            if record["text"].strip():
                yield Document(record["_id"], corpus.name, record["text"], title=" ".join(record["title"].split()))


def study(data: Path, cache: Path) -> Iterator[str]:
    """The tables, as they are ready."""
    collection = Collection(data, cache)
    sizes = {split: len(judged.queries) for split, judged in collection.judged.items()}
    manifest = collection.index.snapshot_in_use.manifest
    yield (
        f"{manifest.documents:,} documents in {manifest.chunks:,} passages, {sizes['train']:,} train and "
        f"{sizes['test']:,} test queries. Metrics are means from 0 to 1; gains have a 95% bootstrap interval and a "
        "paired permutation p. A weight is that of the vectors; words have the rest.\n"
    )
    reports = {split: searches(collection, split) for split in SPLITS}
    yield f"\n### What the index finds, searched as the settings can say\n\n{found_by(reports)}"
    means = (f"{k} passages {collection.found_in(k).mean('nDCG@10'):.4f}" for k in (10, 20, 100))
    yield f"\nTest nDCG@10 of the documents in one search of the default: {', '.join(means)}.\n"
    default = collection.index.settings
    ours = (default.k1, default.b)
    found = {parameters: collection.candidates(*parameters) for parameters in {*LEXICAL, ours}}
    yield f"\n### BM25's parameters under {CHOSEN}: nDCG@10 of the train queries by weight\n\n"
    rows = []
    for k1, b in sorted(found):
        curve = collection.curve(found[k1, b], FUSIONS[CHOSEN])
        rows.append([f"{k1}, {b}", *(f"{mean:.4f}" for mean in curve.values())])
    yield markdown(["k1, b", *map(str, WEIGHTS)], rows)
    yield f"\n### Fusions, with k1 = {ours[0]} and b = {ours[1]}, each with the best weight of the train queries\n\n"
    yield fusions(collection, found[ours], default.dense_weight, reports["test"]["plain reciprocal ranks"])


def searches(collection: Collection, split: str) -> dict[str, Report]:
    own = collection.index.settings
    return {name: collection.searched(split, search_settings(own, changes)) for name, changes in SEARCHES.items()}


def found_by(reports: Mapping[str, Mapping[str, Report]]) -> str:
    test = reports["test"]
    rows = []
    for name, report in test.items():
        means = [reports["train"][name].mean("nDCG@10"), report.mean("nDCG@10"), report.mean("recall@100")]
        gain = "" if name == "the default" else gained(report, test["the default"])
        rows.append([name, *(f"{mean:.4f}" for mean in means), gain])
    head = ["", "train nDCG@10", "test nDCG@10", "test recall@100", "gain of the default over it, test nDCG@10"]
    return markdown(head, rows)


def fusions(collection: Collection, found: Mapping[str, Ranking], default_weight: float, plain: Report) -> str:
    rows = []
    for name, fusion in FUSIONS.items():
        curve = collection.curve(found, fusion)
        best = max(curve, key=lambda weight: curve[weight])
        chosen = {best: name} | ({default_weight: f"**{name}: the default**"} if name == CHOSEN else {})
        for weight, title in chosen.items():
            train, test = (collection.report(found, split, fusion, weight) for split in SPLITS)
            means = [f"{report.mean('nDCG@10'):.4f}" for report in (train, test)]
            rows.append([title, str(weight), means[0], lost(curve, weight), means[1], gained(plain, test)])
    head = ["", "weight", "train nDCG@10", "lost at weight ±0.1, ±0.2", "test nDCG@10"]
    return markdown([*head, "gain over plain reciprocal ranks, test nDCG@10"], rows)


def gained(before: Report, after: Report) -> str:
    """The gain in nDCG@10, with its interval and p."""
    gain = compare(before, after).differences["nDCG@10"]
    bounds = gain.gain.bounds
    return f"{gain.gain.estimate:+.4f} ({bounds[0]:+.4f} to {bounds[1]:+.4f}), p {gain.test.p:.4f}" if bounds else ""


def lost(curve: Mapping[float, float], best: float) -> str:
    """The larger of the losses on both sides of a weight, 0.1 and 0.2 away from it."""
    losses = []
    for apart in (0.1, 0.2):
        beside = [curve[weight] for weight in (round(best - apart, 1), round(best + apart, 1)) if weight in curve]
        losses.append(f"{curve[best] - min(beside):.4f}" if beside and best in curve else "")
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
