"""``decision_tree``: yes-or-no questions in a tree; the answers lead to the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from genops.artifacts import Value
from genops.evals.judges.questions import asks
from genops.evals.judges.scorers.closed_qa import FITS
from genops.evals.judges.verdicts import facts, question_of, quoted
from genops.evals.judging import Answer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Leaf(BaseModel):
    """Where a path ends.

    Attributes:
        score: From 0 to 1.
        label: A word for it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: Share
    label: str = ""


def _kind(value: object) -> str:
    """What follows is meant to be: a question, a leaf, or its bare score."""
    if isinstance(value, BaseModel):
        return "leaf" if isinstance(value, Leaf) else "question"
    if isinstance(value, Mapping):
        return "leaf" if "score" in value else "question"
    return "score"


Branch: TypeAlias = Annotated[
    "Annotated[Fork, Tag('question')] | Annotated[Leaf, Tag('leaf')] | Annotated[Share, Tag('score')]",
    Discriminator(_kind),
]


class Fork(BaseModel):
    """A question of the tree.

    Attributes:
        question: About the text, to be answered by yes or no.
        yes: What follows on yes: a score, ``{score, label}``, or another question.
        no: What follows on no.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    yes: Branch
    no: Branch


@scorer("decision_tree")
@asks("genops/closed_qa")
async def decision_tree(
    output: str,
    tree: Fork,
    *,
    sample: Sample,
    context: ScoringContext,
    question: str | None = None,
    reference: str = "",
    model: str | None = None,
) -> Score:
    """The score at the end of the path that a judge's answers take through a tree of yes-or-no questions.

    Args:
        output: The text that is judged.
        tree: The first question, and what follows on ``yes`` and on ``no``.
        sample: Whose case says what was asked.
        context: Asks the model.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict on a question of the path.
    """
    known = {"output": output, "question": question_of(sample, question), "reference": reference}
    path: list[Value] = []
    answers: list[Answer] = []
    evidence: list[Evidence] = []
    node: Fork | Leaf | float = tree
    while isinstance(node, Fork):
        asked = {**known, "criterion": node.question}
        answer = await context.ask("genops/closed_qa", asked, model=model, fits=FITS)
        verdict: Any = answer.value
        said = verdict["verdict"]
        answers.append(answer)
        path.append({"question": node.question, "answer": said, "reasoning": verdict["reasoning"]})
        evidence += quoted(verdict["quotes"], {"output": output}, f"{node.question} {said}")
        node = node.yes if said == "yes" else node.no
    leaf = node if isinstance(node, Leaf) else Leaf(score=node)
    return Score(
        leaf.score,
        label=leaf.label,
        explanation=" → ".join(f"{step['question']!s} {step['answer']!s}" for step in path if isinstance(step, dict)),
        evidence=tuple(evidence),
        metadata=facts(*answers, path=path),
    )
