"""What a judge's question gives back, and how it fails to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genops.artifacts import Value
from genops.evals.score import Unscored


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer to a judge's question.

    Attributes:
        value: Text, or what the template's output schema makes of it.
        run: Id of the run that asked, which names its trace.
        prompt: Digest of the template.
        model: Alias that answered.
        cost: US dollars; None when a price is unknown.
        input_tokens: Of all calls, re-asked ones included.
        output_tokens: Of all calls, re-asked ones included.
        logprobs: As the provider gave them with the answer; empty where it gives none.
    """

    value: Value
    run: str
    prompt: str
    model: str
    cost: float | None = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    logprobs: Mapping[str, Value] = field(default_factory=dict)


class NotAnswered(Unscored):
    """A judge's question that got no verdict.

    Attributes:
        used: What was asked and paid for all the same; its value is None. None where nothing was asked.
    """

    used: Answer | None = None


class NoAnswer(NotAnswered):
    """Who judges, a model or an endpoint, could not be reached or did not answer: the infrastructure failed."""


class UnusableAnswer(NotAnswered):
    """The judge answered, and its answer is no verdict, after the bounded re-asks."""
