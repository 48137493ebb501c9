"""What a campaign attacks, before any attack: the chain as it is, and the harmless cases that carry attacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genops.evals.datasets import Dataset
from genops.executor import Closure, Project
from genops.fuzz.campaign import Campaign
from genops.fuzz.robustness.plan import asked_cases
from genops.fuzz.runner.contract import standing_at
from genops.fuzz.target import HarmlessCases, StepEntry, draw_cases, planted_closure, target_of


@dataclass(frozen=True)
class Harmless:
    """The chain and its cases.

    Attributes:
        campaign: The definition.
        closure: Of the chain.
        dataset: The harmless cases.
        numbers: Of those that carry attacks.
    """

    campaign: Campaign
    closure: Closure
    dataset: Dataset
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, campaign: Campaign, project: Project) -> Harmless:
        """Opens them.

        Raises:
            UsageError: There is no such chain or dataset, or no case in it that the chain takes.
        """
        with standing_at(campaign.file, "chain"):
            closure = planted_closure(project, campaign.chain)
        tries = campaign.tries
        with standing_at(campaign.file, "dataset"):
            dataset = campaign.dataset.open(project.settings, campaign.folder, closure.root.inputs)
            meant = campaign.dataset.numbers(dataset)
        most = max(tries.sweep, tries.search, tries.strategy)
        return cls(campaign, closure, dataset, tuple(draw_cases(meant, most, campaign.seed)))

    async def entry(self, project: Project, spend: Callable[[float | None, int], None]) -> StepEntry | None:
        """The step that attacks enter at, and what it is given in a run of each case; None for the chain's inputs.

        Args:
            project: Where the cases are run.
            spend: Told the US dollars and tokens of each new run.

        Raises:
            UsageError: There is no such step, no case comes to it, or the chain fails in one.
            Unfinished: The infrastructure failed.
        """
        campaign = self.campaign
        if campaign.step is None:
            return None
        numbers = {*self.numbers, *asked_cases(campaign, self.dataset)}
        cases = (self.dataset[number] for number in sorted(numbers))
        with standing_at(campaign.file, "step"):
            return await StepEntry.recorded(
                project, self.closure, cases, campaign.step, spend, campaign.timeout, campaign.concurrency
            )

    def entered(self, entry: StepEntry | None) -> Closure:
        """The chain as attacks enter it."""
        return self.closure if entry is None else entry.into(self.closure)

    def carriers(self, entry: StepEntry | None) -> tuple[HarmlessCases, tuple[str, ...]]:
        """The cases that carry attacks, and the inputs that these are written into.

        Args:
            entry: The step that they enter at; it has the named fields alone.

        Raises:
            UsageError: A named field is none that an attacker could write, or there is none.
        """
        campaign = self.campaign
        with standing_at(campaign.file, "step"):
            cases = HarmlessCases(self.dataset, self.numbers, entry)
        if entry is not None:
            return cases, entry.names
        with standing_at(campaign.file, "attack" if campaign.attack else "chain"):
            target = target_of(self.closure, self.closure.root.inputs.validate(cases.first), campaign.attack)
        return cases, target.fields
