"""The robustness part of a campaign, resolved: the cases, the relations, and every try by its number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Any

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
from genops.fuzz.robustness.rearranged import Rearranging, rearranged_closure
from genops.fuzz.robustness.relation import SOURCE, UNCHANGED, PassageRelation, Relation, TextRelation, find_relation
from genops.fuzz.robustness.spec import RobustnessSpec
from genops.fuzz.target import HarmlessCases, StepEntry, target_of
from genops.plugins import registry
from genops.syntax import Expression

_DRAWS = 8
"""How often a change is drawn anew where it changed nothing."""


@dataclass(frozen=True, slots=True)
class Form:
    """A case as it is asked in one try.

    Attributes:
        name: Of the relation, or what stands in its place.
        relation: That changes it; None for the case as it is.
        number: Among the changes of this relation.
    """

    name: str
    relation: Relation | None = None
    number: int = 0

    @property
    def surface(self) -> str:
        """Where it is changed."""
        return "passage" if isinstance(self.relation, PassageRelation) else "input"


@dataclass(frozen=True)
class RobustnessPlan:
    """The robustness part of a campaign, ready to run.

    Attributes:
        campaign: The definition.
        spec: Its part.
        asking: Asks the chain.
        relations: That must not change an answer.
        target: What is known of the chain.
        dataset: The harmless cases.
        numbers: Of the cases that are asked.
        attacker: The model that helps; None for none.
        entry: The step whose fields are changed; None for the chain's inputs.
    """

    campaign: Campaign
    spec: RobustnessSpec
    asking: Asking
    relations: tuple[Relation, ...]
    target: Target
    dataset: Dataset
    numbers: tuple[int, ...]
    attacker: Attacker | None
    entry: StepEntry | None = None

    @classmethod
    def make(
        cls,
        campaign: Campaign,
        spec: RobustnessSpec,
        project: Project,
        dataset: Dataset,
        attacker: Attacker | None,
        entry: StepEntry | None = None,
    ) -> RobustnessPlan:
        """Resolves the part.

        Args:
            campaign: The definition.
            spec: Its part.
            project: Where it runs.
            dataset: The harmless cases.
            attacker: The model that helps; None for none.
            entry: The step whose fields are changed, and what it is given in each case; None for the chain's inputs.

        Raises:
            UsageError: Something that it refers to is not there, or a relation needs what the chain does not have.
        """
        closure, fields = rearranged_closure(project, campaign.chain), campaign.attack
        if entry is not None:
            closure, fields = entry.into(closure), entry.names
        cases = HarmlessCases(dataset, asked_cases(campaign, dataset), entry)
        target = target_of(closure, closure.root.inputs.validate(cases.first), fields)
        of = campaign.of if campaign.of is not None else Expression("{{ output }}")
        questions = Questions(project, model=campaign.judge, memo=False)
        return cls(
            campaign,
            spec,
            Asking(project, closure, of, spec.same, questions, campaign.timeout),
            _usable(spec, target, campaign.attacker),
            target,
            dataset,
            cases.numbers,
            attacker,
            entry,
        )

    @property
    def forms(self) -> list[Form]:
        """The tries of one case, in their order."""
        changed = [Form(one.name, one, number) for one in self.relations for number in range(self.spec.changes)]
        return [Form(SOURCE), Form(UNCHANGED), *changed]

    @property
    def size(self) -> int:
        """How many tries there are."""
        return len(self.numbers) * len(self.forms)

    def case(self, number: int) -> Case:
        """A case as it is asked: at a step, with what that is given in it."""
        case = self.dataset[number]
        return replace(case, inputs={**case.inputs, **self.entry.inputs(case.id)}) if self.entry is not None else case

    def seed(self, form: Form, case: Case) -> str:
        """Of the chance of one change."""
        return f"{form.name} {case.id} {form.number} {self.campaign.seed}"

    async def changed(self, form: Form, case: Case) -> tuple[dict[str, Any], tuple[Mutation, ...]]:
        """The inputs of a case in another form, and what was done; nothing where there is nothing to change in them.

        Raises:
            GenopsError: The attacker gives no usable answer.
        """
        if not isinstance(form.relation, TextRelation):
            return dict(case.inputs), ()
        rng = Random(self.seed(form, case))
        for _ in range(_DRAWS):
            mutation = Mutation(rng.choice(form.relation.mutators), rng.randrange(2**32))
            inputs = dict(case.inputs)
            for name in self.target.fields:
                if isinstance(inputs.get(name), str):
                    inputs[name] = await mutated(str(inputs[name]), (mutation,), self.attacker)
            if inputs != case.inputs:
                return inputs, (mutation,)
        return dict(case.inputs), ()

    def rearranging(self, form: Form, case: Case) -> Rearranging | None:
        """What is done to the searches of a run; None for nothing."""
        if not isinstance(form.relation, PassageRelation):
            return None
        return Rearranging(form.relation, self.seed(form, case))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the tries follow from, beside what the whole campaign does."""
        return {
            "lock": self.asking.closure.lock.digest,
            "cases": list(self.numbers),
            "relations": [relation.name for relation in self.relations],
            "changes": self.spec.changes,
            "same": self.spec.same.digest if self.spec.same else None,
        }

    @property
    def about(self) -> dict[str, Any]:
        """What a summary needs to know."""
        names = [relation.name for relation in self.relations]
        allowed = {name: share for name in names if (share := self.spec.at_most(name)) is not None}
        return {"relations": names, "tries": self.size, "at_most": allowed}


def asked_cases(campaign: Campaign, dataset: Dataset) -> list[int]:
    """Numbers of the cases that a campaign asks to see whether answers change, drawn at random, ascending."""
    if campaign.robustness is None:
        return []
    meant = [int(number) for number in campaign.dataset.numbers(dataset)]
    drawn = Random(f"robustness {campaign.seed}").sample(meant, min(campaign.robustness.cases, len(meant)))
    return sorted(drawn)


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
