"""``pairwise``: which of two texts is the better one, asked in both orders."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from genops.artifacts import Value
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, facts, having, question_of
from genops.evals.judging import Answer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

Winner: TypeAlias = Literal["a", "b", "tie"]
PROMPT = "genops/pairwise"
_WORTH: dict[Winner, float] = {"a": 1.0, "tie": 0.5, "b": 0.0}
_LABELS: dict[Winner, str] = {"a": "win", "tie": "tie", "b": "loss"}
_FITS = having(verdict={"enum": ["first", "second", "tie"]}, reasoning=TEXT)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts compared in both orders.

    Attributes:
        winner: The better one where both orders say so, else ``tie``.
        forward: The verdict where ``a`` stands first.
        swapped: The verdict where ``b`` stands first, of the same texts.
        explanation: The judge's reasons, of both orders.
        answers: What it answered, forward and swapped.
    """

    winner: Winner
    forward: Winner
    swapped: Winner
    explanation: str
    answers: tuple[Answer, Answer]

    @property
    def agree(self) -> bool:
        """Whether the verdict stays when the texts change places."""
        return self.forward == self.swapped


async def compare(
    context: ScoringContext,
    prompt: str,
    a: str,
    b: str,
    *,
    question: str = "",
    criterion: str = "",
    reference: str = "",
    model: str | None = None,
) -> Comparison:
    """Asks a judge which of two texts is the better one, in both orders; a verdict that an order turns is a tie.

    Args:
        context: Asks the model.
        prompt: The template: one that takes what ``genops/pairwise`` takes, and gives what that gives.
        a: The one text.
        b: The other.
        question: What both answer.
        criterion: What makes one the better.
        reference: What is known of the right answer.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict in one of the orders.
    """
    about = {"question": question, "criterion": criterion, "reference": reference}
    forward, swapped = await asyncio.gather(
        context.ask(prompt, {**about, "first": a, "second": b}, model=model, fits=_FITS),
        context.ask(prompt, {**about, "first": b, "second": a}, model=model, fits=_FITS),
    )
    one, other = _winner(forward, "a", "b"), _winner(swapped, "b", "a")
    reasons = [str(_fields(answer)["reasoning"]) for answer in (forward, swapped)]
    return Comparison(one if one == other else "tie", one, other, "\n".join(reasons), (forward, swapped))


@scorer("pairwise")
@asks(PROMPT)
async def pairwise(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    criterion: str = "",
    reference: str = "",
    question: str | None = None,
    model: str | None = None,
    prompt: str = PROMPT,
) -> Score:
    """Whether a judge finds the text better than another one: 1, or 0 for worse, 0.5 for a tie.

    Both orders are asked; where they disagree, it is a tie.

    Args:
        output: The text that is judged.
        expected: The text that it is compared with.
        sample: Whose case says what was asked.
        context: Asks the model.
        criterion: What makes one the better.
        reference: What is known of the right answer.
        question: What both texts answer; default the case's question.
        model: Alias of the judge.
        prompt: The template that asks.

    Raises:
        Unscored: The judge gives no verdict in one of the orders.
    """
    asked = question_of(sample, question)
    found = await compare(
        context, prompt, output, expected, question=asked, criterion=criterion, reference=reference, model=model
    )
    orders: dict[str, Value] = {
        "forward": _LABELS[found.forward],
        "swapped": _LABELS[found.swapped],
        "orders_agree": found.agree,
    }
    return Score(
        _WORTH[found.winner],
        label=_LABELS[found.winner],
        explanation=found.explanation if found.agree else f"the orders disagree\n{found.explanation}",
        metadata=facts(*found.answers, **orders),
    )


def _winner(answer: Answer, first: Winner, second: Winner) -> Winner:
    verdicts: dict[str, Winner] = {"first": first, "second": second, "tie": "tie"}
    return verdicts[_fields(answer)["verdict"]]


def _fields(answer: Answer) -> dict[str, Any]:
    value: Any = answer.value
    return dict(value)
