"""What an alarm goes with: the rows, words, topics and parts that changed, since when, and what else changed then.

Rows, parts, times and components are those of the leading question (:mod:`genops.drift.leading`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genops.drift.circumstances import Circumstances, circumstances
from genops.drift.concepts import Concept
from genops.drift.leading import Question, leading
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
    look = leading(state.looks)
    question = None if look is None else Question.of(look, asked)
    around = Circumstances() if question is None else circumstances(question, spec, store)
    concepts = _new_concepts(state, asked)
    marked = {row: number for number, concept in enumerate(concepts) for row in concept.rows}
    return replace(
        state,
        leading="" if look is None else look.name,
        words=_words(asked, spec),
        topics=_topics(asked),
        concepts=tuple(_concept(concept, asked.rows.current) for concept in concepts),
        examples=_telling(question, current=True),
        gone=_telling(question, current=False),
        since=around.since,
        segments=around.segments,
        components=around.components,
        cause=around.cause,
        series=series(question or Question.of(state.looks[0], asked)),  # of the rows themselves where nothing alarms
        points=points(asked.rows, marked, spec.seed),
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


def _telling(question: Question | None, *, current: bool) -> tuple[Example, ...]:
    """The rows that speak most for their side, each text once."""
    if question is None:
        return ()
    split = question.samples.reference
    window, own = question.windows[current], slice(split, None) if current else slice(split)
    standing, shares, told = question.standing[own], question.shares[own], question.told[own]
    found: dict[str, Example] = {}
    for row in np.argsort(-standing if current else standing, kind="stable")[: EXAMPLES * 10].tolist():
        one = example(window, row, float(shares[row]), told[row] if told else "")
        found.setdefault(one.text or one.id, one)
        if len(found) == EXAMPLES:
            break
    return tuple(found.values())
