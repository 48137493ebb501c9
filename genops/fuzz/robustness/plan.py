"""The robustness part of a campaign, resolved: the cases, the relations, and every try by its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from genops.artifacts import digest_of
from genops.errors import UsageError
from genops.evals.case import Case
from genops.evals.datasets import Dataset
from genops.evals.judges.asking import Questions
from genops.executor import Project
from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.campaign import Campaign
from genops.fuzz.mutator import Attacker
from genops.fuzz.objective import Target
from genops.fuzz.robustness.answer import Asking
from genops.fuzz.robustness.rearranged import rearranged_closure
from genops.fuzz.robustness.relation import PassageRelation, Relation, TextRelation, find_relation
from genops.fuzz.robustness.spec import RobustnessSpec
from genops.fuzz.runner.attacker import ModelAttacker
from genops.fuzz.target import target_of
from genops.plugins import registry
from genops.syntax import Expression

_DRAWS = 8
"""How often a change is drawn anew where it changed nothing."""


@dataclass(frozen=True)
class RobustnessPlan:
    """The robustness part of a campaign, ready to run.

    Attributes:
        campaign: The definition.
        spec: Its part.
        project: Where it runs.
        asking: Asks the chain.
        relations: That must not change an answer.
        target: What is known of the chain.
        dataset: The harmless cases.
        numbers: Of the cases that are asked.
        attacker: The model that helps; None for none.
    """

    campaign: Campaign
    spec: RobustnessSpec
    project: Project
    asking: Asking
    relations: tuple[Relation, ...]
    target: Target
    dataset: Dataset
    numbers: tuple[int, ...]
    attacker: Attacker | None

    @classmethod
    def make(cls, campaign: Campaign, project: Project) -> RobustnessPlan:
        """Resolves the part.

        Raises:
            UsageError: There is none, something that it refers to is not there, or a relation needs what the chain
                does not have.
        """
        spec = campaign.robustness
        if spec is None:
            raise UsageError(f"the campaign {campaign.name!r} has no `robustness:`", hint="robustness: true")
        closure = rearranged_closure(project, campaign.chain)
        dataset = campaign.dataset.open(project.settings, campaign.folder, closure.root.inputs)
        meant = [int(number) for number in campaign.dataset.numbers(dataset)]
        drawn = Random(f"robustness {campaign.seed}").sample(meant, min(spec.cases, len(meant)))
        inputs = closure.root.inputs.validate(dataset[meant[0]].inputs)
        target = target_of(closure, inputs, campaign.attack)
        of = campaign.of if campaign.of is not None else Expression("{{ output }}")
        questions = Questions(project, model=campaign.judge, memo=False)
        return cls(
            campaign,
            spec,
            project,
            Asking(project, closure, of, spec.same, questions, campaign.timeout),
            _usable(spec, target, campaign.attacker),
            target,
            dataset,
            tuple(sorted(drawn)),
            ModelAttacker(project, campaign.attacker) if campaign.attacker else None,
        )

    @property
    def width(self) -> int:
        """Tries of one case: unchanged twice, and the changes."""
        return 2 + len(self.relations) * self.spec.changes

    @property
    def size(self) -> int:
        """How many tries there are."""
        return len(self.numbers) * self.width

    def changes(self) -> Iterator[tuple[Relation | None, int]]:
        """The tries of a case after the first, by their places: its relation, None for no change, and its number."""
        yield None, 0
        for relation in self.relations:
            for number in range(self.spec.changes):
                yield relation, number

    def seed(self, relation: Relation, case: Case, number: int) -> str:
        """Of the chance of one change."""
        return f"{relation.name} {case.id} {number} {self.campaign.seed}"

    async def changed(
        self, relation: TextRelation, case: Case, number: int
    ) -> tuple[dict[str, Any], tuple[Mutation, ...]]:
        """The inputs of a case after a change, and what was done; nothing where there is nothing to change.

        Raises:
            GenopsError: The attacker gives no usable answer.
        """
        rng = Random(self.seed(relation, case, number))
        for _ in range(_DRAWS):
            mutation = Mutation(rng.choice(relation.mutators), rng.randrange(2**32))
            inputs = dict(case.inputs)
            for name in self.target.fields:
                if isinstance(inputs.get(name), str):
                    inputs[name] = await mutated(str(inputs[name]), (mutation,), self.attacker)
            if inputs != case.inputs:
                return inputs, (mutation,)
        return dict(case.inputs), ()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Everything that the tries follow from."""
        campaign = self.campaign
        of = campaign.file.data.get("of") if isinstance(campaign.file.data, dict) else None
        return {
            "phase": "robustness",
            "chain": campaign.chain,
            "lock": self.asking.closure.lock.digest,
            "dataset": {"name": self.dataset.name, "digest": self.dataset.digest},
            "cases": list(self.numbers),
            "relations": [relation.name for relation in self.relations],
            "changes": self.spec.changes,
            "same": self.spec.same.digest if self.spec.same else None,
            "of": of,
            "attack": list(campaign.attack),
            "seed": campaign.seed,
            "attacker": campaign.attacker,
            "judge": campaign.judge,
        }

    @cached_property
    def digest(self) -> str:
        """Of the manifest."""
        return digest_of(self.manifest)


def _usable(spec: RobustnessSpec, target: Target, attacker: str | None) -> tuple[Relation, ...]:
    """The relations that are named, or every one that can be used."""
    if spec.relations is None:
        every = [find_relation(name) for name in registry.names("relation")]
        return tuple(one for one in every if (attacker or not one.asks) and _fits(one, target))
    for relation in spec.relations:
        if not _fits(relation, target):
            raise UsageError(
                f"the relation {relation.name!r} changes passages, and the chain {target.chain!r} retrieves none",
                hint="leave it out of `relations`",
            )
    return spec.relations


def _fits(relation: Relation, target: Target) -> bool:
    return not isinstance(relation, PassageRelation) or bool(target.retrieves)
