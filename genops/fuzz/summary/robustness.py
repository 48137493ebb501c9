"""What robustness comes to: how often answers change under each relation, beside how often they do by themselves.

A rate is of the tries that could be compared; a failure of the chain is a change. What could not be scored, what there
was nothing to change in and what met a failing infrastructure are counted apart. Intervals are clustered by case.
"""

from __future__ import annotations

from dataclasses import dataclass

from genops.evals.summary import Measure
from genops.fuzz.summary.outcomes import ChangeOutcomes
from genops.fuzz.summary.verdict import Standing


@dataclass(frozen=True, slots=True)
class ChangeRate:
    """How often the answer changed under one relation.

    Attributes:
        relation: Which; ``unchanged`` for no change at all.
        outcomes: What became of its tries.
        rate: Of changed answers.
        excess: By how much that is more than without a change, over the same cases.
        at_most: What the campaign allows ``excess`` to be; None where it says nothing.
        standing: Where that leaves it; None where nothing is said.
    """

    relation: str
    outcomes: ChangeOutcomes
    rate: Measure
    excess: Measure
    at_most: float | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class PromptSensitivity:
    """How often the output of a prompt's step was the first of the trace to change.

    Attributes:
        step: Position of the step, items and rounds together.
        prompt: Name of its template.
        rate: Share of the tries with a change that could be scored.
        without: The same without a change.
    """

    step: str
    prompt: str
    rate: Measure
    without: Measure


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """An example of an answer that changed.

    Attributes:
        relation: Under which change.
        case: Id of the case.
        outcome: ``changed`` or ``crashed``.
        mutators: That made the change; empty where passages were changed.
        before: Id of the run of the unchanged case.
        after: Id of the run with the change.
        answer: To the unchanged case, the beginning of what is compared of it.
        became: The same with the change, or how the chain failed.
        step: Position of the step that was the first to change; empty where none of a prompt did.
        prompt: Name of its template.
    """

    relation: str
    case: str
    outcome: str
    mutators: str
    before: str
    after: str
    answer: str
    became: str
    step: str
    prompt: str


@dataclass(frozen=True, slots=True)
class RobustnessSummary:
    """The robustness part of a campaign.

    Attributes:
        standing: Where it stands as a whole, whatever is allowed of each relation.
        planned: Tries that it is to have.
        made: Tries that it has.
        cases: That were asked.
        unanswered: Cases without an answer that others could be compared with, as the chain failed.
        failed: Cases that could not be asked, as the infrastructure failed.
        baseline: Without a change: how much the chain's answers vary by themselves.
        relations: In the order of the campaign.
        prompts: The most sensitive first.
        examples: Of changed answers, a few of each relation.
    """

    standing: Standing
    planned: int
    made: int
    cases: int
    unanswered: int
    failed: int
    baseline: ChangeRate
    relations: tuple[ChangeRate, ...]
    prompts: tuple[PromptSensitivity, ...]
    examples: tuple[ChangedAnswer, ...]

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Its own, and those of its relations that have one."""
        return (self.standing, *(one.standing for one in self.relations if one.standing is not None))

    @property
    def allowed(self) -> tuple[Standing, ...]:
        """The same where the campaign allows a figure of any relation; empty where it informs."""
        return self.standings if len(self.standings) > 1 else ()
