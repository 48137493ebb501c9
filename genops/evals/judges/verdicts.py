"""What judge scorers share: the question of a sample, quotes as evidence, and the facts of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from genops.artifacts import Value
from genops.evals.judging import Answer
from genops.evals.sample import Sample
from genops.evals.score import Evidence
from genops.evals.scorer import as_text

TEXT: Value = {"type": "string"}
TEXTS: Value = {"type": "array", "items": TEXT}
_QUESTIONS = ("question", "query", "input", "prompt", "message")


def question_of(sample: Sample, question: str | None) -> str:
    """What the judged text answers: as set, else the case's ``question`` (``query``, ``input`` …) or its only input.

    Where the inputs do not say which of them it is, all of them as JSON.
    """
    if question is not None:
        return question
    inputs = sample.case.inputs
    name = next((name for name in _QUESTIONS if name in inputs), None)
    if name is None and len(inputs) == 1:
        name = next(iter(inputs))
    return as_text(dict(inputs) if name is None else inputs[name])


def facts(*answers: Answer, **more: Value) -> dict[str, Value]:
    """Metadata of a judged score: the template's digest, who was asked, the runs that asked, and what it cost."""
    costs = [answer.cost for answer in answers]
    prompts: list[Value] = [*sorted({answer.prompt for answer in answers})]
    models: list[Value] = [*sorted({answer.model for answer in answers})]
    return {
        "prompts": prompts,
        "models": models,
        "runs": [answer.run for answer in answers],
        "cost": None if None in costs else sum(cost for cost in costs if cost is not None),
        "input_tokens": sum(answer.input_tokens for answer in answers),
        "output_tokens": sum(answer.output_tokens for answer in answers),
        **more,
    }


def quoted(quotes: Iterable[str], sources: Mapping[str, str], note: str = "") -> tuple[Evidence, ...]:
    """Quotes of a judge as evidence: each with its span in the first source that holds it.

    What no source holds is no evidence, and is left out.
    """
    found = (evidence_of(quote, sources, note) for quote in dict.fromkeys(quotes))
    return tuple(evidence for evidence in found if evidence is not None)


def evidence_of(quote: str, sources: Mapping[str, str], note: str = "") -> Evidence | None:
    """A quote with its span, spaces compared as one; None when no source holds it."""
    words = quote.split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    for source, text in sources.items():
        match = pattern.search(text)
        if match is not None:
            return Evidence(match.group(), source, match.span(), note)
    return None


def having(**properties: Value) -> dict[str, Value]:
    """The schema of an object that has all of these properties: what a scorer reads, whose template may be another's.

    Args:
        properties: The schema of each.
    """
    return {"type": "object", "properties": properties, "required": [*properties]}


def one_each(rows: str, key: str, numbers: Sequence[int], **read: Value) -> dict[str, Value]:
    """The schema of an answer whose ``rows`` have one verdict for each numbered thing, and none for another.

    Args:
        rows: Property of the answer that holds the verdicts.
        key: Property of a verdict that holds the number.
        numbers: Of the things.
        read: The schema of what else is read of a verdict, by property.
    """
    each: list[Value] = [
        {
            "contains": {
                "properties": {key: {"const": number}},
                "required": [key],
                "description": f"`{key}` {number}",
            },
            "maxContains": 1,
        }
        for number in numbers
    ]
    verdict: dict[str, Value] = {key: {"enum": [*numbers]}, **read}
    verdicts: dict[str, Value] = {"type": "array", "items": having(**verdict), "allOf": each}
    return having(**{rows: verdicts})


def in_order(rows: Iterable[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """A judge's verdicts on numbered things, by their numbers."""
    return sorted(rows, key=lambda row: int(row[key]))
