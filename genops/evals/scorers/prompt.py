"""``prompt``: what a model makes of the sample, by a template of the project."""

from __future__ import annotations

from typing import Any

from genops.artifacts import Value
from genops.evals.judges.verdicts import facts
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.given_score import score_given


@scorer("prompt")
async def prompt(
    output: Value,
    prompt: str,
    *,
    inputs: dict[str, Any] | None = None,
    model: str | None = None,
    context: ScoringContext,
) -> Score:
    """The score that a template's answer gives, from 0 to 1.

    The template declares its output: a number, or an object with ``value`` and, if it likes, ``label`` and
    ``explanation``.

    Args:
        output: What is scored.
        prompt: Reference of the template.
        inputs: The template's inputs; default ``output`` alone.
        model: Alias to ask; default the template's, then the suite's ``judge``.
        context: Asks.

    Raises:
        Unscored: There is no answer, or it is no score.
    """
    answer = await context.ask(prompt, {"output": output} if inputs is None else inputs, model=model)
    return score_given(answer.value, facts(answer))
