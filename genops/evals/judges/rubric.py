"""``rubric``: a judge places the text on a scale whose every level is described."""

from __future__ import annotations

from typing import Any

from genops.errors import DefinitionError
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import facts, question_of, quoted
from genops.evals.judging import UnusableAnswer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

LEVELS = {
    1: "The criterion is clearly not met.",
    2: "Hardly met: there are serious shortcomings.",
    3: "Met in part: as much speaks for it as against it.",
    4: "Mostly met: the shortcomings are small.",
    5: "Fully met: nothing is left to wish for.",
}


@scorer("rubric")
@asks("genops/rubric")
async def rubric(
    output: str,
    criterion: str,
    *,
    sample: Sample,
    context: ScoringContext,
    levels: dict[int, str] = LEVELS,
    question: str | None = None,
    reference: str = "",
    model: str | None = None,
    prompt: str = "genops/rubric",
) -> Score:
    """A judge's place for the text on an anchored scale, as a share of it: 0 is the lowest level, 1 the highest.

    Args:
        output: The text that is judged.
        criterion: What is judged.
        sample: Whose case says what was asked.
        context: Asks the model.
        levels: What each number of the scale means; at least two.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.
        model: Alias of the judge.
        prompt: The template that asks; a project's own ``prompts/genops/rubric.prompt`` takes its place too.

    Raises:
        Unscored: The judge gives no verdict, or one that is no level.
        DefinitionError: The scale has fewer than two levels.
    """
    if len(levels) < 2:
        raise DefinitionError("`levels` of a rubric: a scale has at least two")
    inputs: dict[str, Any] = {
        "criterion": criterion,
        "levels": [{"score": number, "description": text} for number, text in sorted(levels.items())],
        "output": output,
        "question": question_of(sample, question),
        "reference": reference,
    }
    answer = await context.ask(prompt, inputs, model=model)
    verdict: Any = answer.value
    raw = verdict["score"]
    if raw not in levels:
        raise UnusableAnswer(f"the judge gave {raw}, which is no level of the scale")
    low, high = min(levels), max(levels)
    return Score(
        (raw - low) / (high - low),
        label=str(raw),
        explanation=verdict["reasoning"],
        evidence=quoted(verdict["quotes"], {"output": output}),
        metadata=facts(answer, raw=raw),
    )
