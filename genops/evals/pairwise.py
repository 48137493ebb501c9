"""``pairwise:`` of a suite: the variants' answers to one case, judged two by two, in both orders."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from genops.evals.judges.scorers.pairwise import PROMPT


class Pairwise(BaseModel):
    """How answers are compared.

    Attributes:
        criterion: What makes one the better.
        question: What both answer, an expression over the sample; default the case's inputs.
        reference: What is known of the right answer, an expression over the sample.
        against: Name of the variant that all others are compared with; None for every two.
        model: Alias of the judge; default the suite's.
        prompt: The template that asks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    criterion: str = ""
    question: str | None = None
    reference: str = ""
    against: str | None = None
    model: str | None = None
    prompt: str = PROMPT

    def wants(self, one: str, other: str) -> bool:
        """Whether two variants are compared."""
        return self.against is None or self.against in (one, other)

    def questions(self) -> list[tuple[str, str | None]]:
        """What the judge is asked: template and model, for the manifest."""
        return [(self.prompt, self.model)]

    def body(self) -> dict[str, Any]:
        """What shapes the verdicts, beside the template and the model."""
        return self.model_dump(exclude={"prompt", "model"})
