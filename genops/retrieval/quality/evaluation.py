"""How well ranked documents answer judged queries, and whether one ranking does it better than another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from genops.errors import InputError
from genops.retrieval.quality.report import Comparison, Difference, Loss, Report
from genops.stats import bootstrap_interval, paired_permutation_test

if TYPE_CHECKING:
    from ir_measures.measures import Measure

Run: TypeAlias = Mapping[str, Mapping[str, float]]
Qrels: TypeAlias = Mapping[str, Mapping[str, int]]
DEPTHS = (10, 100)
LARGEST_LOSSES = 10


def document_scores(hits: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The score of each document among hits, which are passages: that of its best one.

    Args:
        hits: The document's id and the score of each.
    """
    best: dict[str, float] = {}
    for document, score in hits:
        best[document] = max(score, best.get(document, score))
    return best


def evaluate(run: Run, qrels: Qrels, ks: Sequence[int] = DEPTHS) -> Report:
    """nDCG@k, recall@k and MRR@k for every ``k``, computed by ``ir_measures``.

    nDCG takes a document's grade as its gain and log2(1 + rank) as its discount (Järvelin and Kekäläinen, Cumulated
    gain-based evaluation of IR techniques, 2002); recall is the share of the relevant documents among the first ``k``;
    MRR is the mean of 1 / rank of the first relevant one. Documents of equal score rank by id.

    Args:
        run: Score by document id, by query id. A query that is missing found nothing.
        qrels: Grade by document id, by query id. Queries without a relevant document cannot be measured and are left
            out.
        ks: Depths.

    Raises:
        InputError: No query has a relevant document, or a depth is below 1.
    """
    if not ks or min(ks) < 1:
        raise InputError(f"depths are 1 or more, not {list(ks)}")
    measurable = {query: dict(grades) for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    if not measurable:
        raise InputError("no query has a relevant document", hint="relevant documents have a grade above 0")
    names = _measures(ks)
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(sorted(measurable), 0.0) for name in names.values()}
    ranked = {query: _ranked(run.get(query, {}), max(ks)) for query in measurable}

    from ir_measures import iter_calc

    for measured in iter_calc(list(names), measurable, ranked):
        values[names[measured.measure]][measured.query_id] = float(measured.value)
    return Report(values, _notes(ranked, qrels, measurable))


def compare(before: Report, after: Report) -> Comparison:
    """The paired differences between two reports of the same queries, metric by metric.

    Raises:
        InputError: The reports are of different queries or metrics.
    """
    if before.values.keys() != after.values.keys() or before.queries != after.queries:
        raise InputError("the reports are of different queries or metrics, which cannot be compared in pairs")
    return Comparison(
        {name: _difference(values, after.values[name]) for name, values in before.values.items()}, len(before.queries)
    )


def _difference(before: Mapping[str, float], after: Mapping[str, float]) -> Difference:
    gains = {query: after[query] - value for query, value in before.items()}
    worst = sorted((gain, query) for query, gain in gains.items() if gain < 0)[:LARGEST_LOSSES]
    differences = list(gains.values())
    return Difference(
        before=sum(before.values()) / len(before),
        after=sum(after.values()) / len(after),
        gain=bootstrap_interval(differences),
        test=paired_permutation_test(differences),
        better=sum(gain > 0 for gain in differences),
        worse=sum(gain < 0 for gain in differences),
        losses=[Loss(query, before[query], after[query]) for _, query in worst],
    )


def _measures(ks: Sequence[int]) -> dict[Measure, str]:
    from ir_measures import RR, R, nDCG

    named = {"nDCG": nDCG, "recall": R, "MRR": RR}
    return {measure @ k: f"{name}@{k}" for k in sorted(set(ks)) for name, measure in named.items()}


def _ranked(scores: Mapping[str, float], depth: int) -> dict[str, float]:
    """The first documents with scores that tell nothing but their order, so that every measure breaks ties alike."""
    first = sorted(scores, key=lambda document: (-scores[document], document))[:depth]
    return {document: float(depth - rank) for rank, document in enumerate(first)}


def _notes(ranked: Run, qrels: Qrels, measurable: Qrels) -> list[str]:
    notes = []
    if unmeasurable := len(qrels) - len(measurable):
        notes.append(f"queries without a relevant document, left out: {unmeasurable:,}")
    if empty := sum(not documents for documents in ranked.values()):
        notes.append(f"queries that found nothing, counted as 0: {empty:,}")
    found = {document for documents in ranked.values() for document in documents}
    judged = {document for grades in measurable.values() for document in grades}
    if found and not found & judged:
        notes.append(
            f"no document that was found is a judged one: do ids such as {min(found)!r} and {min(judged)!r} "
            "name documents in the same way?"
        )
    return notes
