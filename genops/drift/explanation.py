"""What an alarm goes with: the rows, words, topics and parts that changed, since when, and what else changed then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genops.drift.circumstances import Circumstances, circumstances
from genops.drift.concepts import Concept
from genops.drift.looks.families import Asked
from genops.drift.pictures import histograms, points, series
from genops.drift.shown import example
from genops.drift.spec import DriftSpec
from genops.drift.summary import ConceptFact, Example, StateSummary, TermFact, TopicFact
from genops.drift.vocabulary import compare_vocabulary
from genops.drift.windows import Window
from genops.evals.summary import Measure
from genops.store import Store

EXAMPLES = 8
_WORDS = 15


def explained(state: StateSummary, asked: Asked, spec: DriftSpec, store: Store) -> StateSummary:
    """A state's summary with what tells what changed.

    Args:
        state: With its verdict.
        asked: What its verdict rests on.
        spec: The check.
        store: Holds the locks of runs.
    """
    rows, witness = asked.rows, asked.values.witness
    split = len(rows.reference)
    concepts = _new_concepts(state, asked)
    told = any(look.p is not None for look in state.looks if look.family == "values")  # by the witness, all of it
    around = circumstances(asked, spec, store) if state.verdict == "drift" and told else Circumstances()
    marked = {row: number for number, concept in enumerate(concepts) for row in concept.rows}
    return replace(
        state,
        words=_words(asked, spec),
        topics=_topics(asked),
        concepts=tuple(_concept(concept, rows.current) for concept in concepts),
        examples=_telling(rows.current, witness[split:], most=True),
        gone=_telling(rows.reference, witness[:split], most=False),
        since=around.since,
        segments=around.segments,
        components=around.components,
        cause=around.cause,
        series=series(rows, witness),
        points=points(rows, marked, spec.seed),
        histograms=histograms(asked),
    )


def _words(asked: Asked, spec: DriftSpec) -> tuple[TermFact, ...]:
    rows = asked.rows
    if rows.kind != "text" or not spec.vocabulary:
        return ()
    found = compare_vocabulary(
        rows.reference.values,
        rows.current.values,
        rows.groups,
        rows.contexts,
        most=_WORDS,
        alpha=1.0,  # each is shown with its p-value
        seed=spec.seed,
    )
    return tuple(
        TermFact(
            change.term,
            change.new,
            change.rates[0],
            change.rates[1],
            change.counts,
            change.z,
            change.p,
            tuple(example(rows.current if change.z > 0 else rows.reference, row) for row in change.examples),
        )
        for change in found.changes
    )


def _topics(asked: Asked) -> tuple[TopicFact, ...]:
    if asked.topics is None:
        return ()
    rows = asked.rows
    return tuple(
        TopicFact(
            ", ".join(topic.telling) or f"topic {topic.number + 1}",
            Measure.of(topic.before, "share"),
            Measure.of(topic.now, "share"),
            Measure.of(topic.change, "share"),
            (
                *(example(rows.reference, row) for row in topic.examples_before),
                *(example(rows.current, row) for row in topic.examples_now),
            ),
        )
        for topic in asked.topics.topics
    )


def _new_concepts(state: StateSummary, asked: Asked) -> tuple[Concept, ...]:
    """What is new, where that is not what chance brings too."""
    sure = any(look.alarm for look in state.looks if look.family == "concepts")
    return asked.concepts.concepts if sure and asked.concepts is not None else ()


def _concept(concept: Concept, window: Window) -> ConceptFact:
    return ConceptFact(
        ", ".join(concept.telling) or "(unnamed)",
        len(concept.rows),
        Measure.of(concept.before, "share"),
        Measure.of(concept.now, "share"),
        tuple(example(window, row) for row in concept.examples),
    )


def _telling(window: Window, witness: NDArray[np.float64], *, most: bool) -> tuple[Example, ...]:
    """The rows that speak most for their side, each text once."""
    order = np.argsort(-witness if most else witness, kind="stable")
    found: dict[str, Example] = {}
    for row in order[: EXAMPLES * 10]:
        one = example(window, int(row), float(witness[row]))
        found.setdefault(one.text or one.id, one)
        if len(found) == EXAMPLES:
            break
    return tuple(found.values())
