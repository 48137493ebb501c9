"""A campaign, resolved: its target prepared for every objective, and the digest of all that its tries follow from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from genops.artifacts import Value, digest_of, encode, source_digest
from genops.errors import Unfinished
from genops.evals.datasets import Dataset
from genops.executor import Project
from genops.fuzz.adapters import Borrowings, borrow
from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.campaign import Campaign
from genops.fuzz.mutator import find_mutator, lending
from genops.fuzz.objective import Objective, Seed
from genops.fuzz.robustness.plan import RobustnessPlan
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.attacker import ModelAttacker
from genops.fuzz.runner.contract import standing_at
from genops.fuzz.runner.harmless import Harmless
from genops.fuzz.runner.placing import check_turns
from genops.fuzz.runner.progress import FuzzProgress, Spent
from genops.fuzz.search import Choice
from genops.fuzz.target import StepEntry
from genops.models import resolve_model
from genops.plugins import Kind, registry
from genops.store.records.campaigns import TryRecord


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign, ready to run.

    Attributes:
        campaign: The definition.
        project: Where it runs.
        arenas: One for each objective.
        dataset: The harmless cases.
        attacker: The model that helps; None for none.
        robustness: What changes must not change an answer; None for none.
        borrowed: What it has from others.
        entry: The step that attacks enter at; None for the chain's inputs.
        baselines: For each objective and chain that a rule of the gate compares with.
        spent: What harmless runs took, which see what a step is given.
    """

    campaign: Campaign
    project: Project
    arenas: tuple[Arena, ...]
    dataset: Dataset
    attacker: ModelAttacker | None
    robustness: RobustnessPlan | None
    borrowed: Borrowings = field(default_factory=Borrowings)
    entry: StepEntry | None = None
    baselines: Mapping[tuple[str, str], Arena] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)

    @classmethod
    async def prepare(cls, campaign: Campaign, project: Project) -> CampaignPlan:
        """Resolves a campaign, and sees in a run what the step is given that it attacks, where it names one.

        Args:
            campaign: The definition.
            project: Where it runs.

        Raises:
            UsageError: Something that it refers to is not there, or an objective cannot be tried on the chain.
            PeerFailed: Another tool failed.
            Unfinished: The chain fails before it is attacked.
        """
        entry, used = None, FuzzProgress(0)

        def spend(cost: float | None, tokens: int) -> None:
            used.spend(cost, tokens)
            if used.over(campaign.budget):
                what = f"{used.stopped} by harmless runs, before any attack"
                raise Unfinished(what, hint="raise it, and run the campaign again: these runs are kept")

        if campaign.step is not None:
            harmless = await asyncio.to_thread(Harmless.of, campaign, project)
            entry = await harmless.entry(project, spend)
        made = await asyncio.to_thread(cls.make, campaign, project, None, entry)
        return replace(made, spent=Spent(used.cost, used.tokens, used.seconds))

    @classmethod
    def make(
        cls,
        campaign: Campaign,
        project: Project,
        borrowed: Borrowings | None = None,
        entry: StepEntry | None = None,
    ) -> CampaignPlan:
        """Resolves a campaign.

        Args:
            campaign: The definition.
            project: Where it runs.
            borrowed: What it has from others; default what it names is fetched.
            entry: The step that attacks enter at, where the campaign names one (:meth:`prepare` sees what it is given).

        Raises:
            UsageError: Something that it refers to is not there, or an objective cannot be tried on the chain.
            PeerFailed: Another tool failed.
        """
        assert entry is not None or campaign.step is None
        file = campaign.file
        harmless = Harmless.of(campaign, project)
        for key in ("attacker", "judge"):
            if (alias := getattr(campaign, key)) is not None:
                with standing_at(file, key):
                    resolve_model(project.settings, alias)
        if borrowed is None:
            tries = campaign.tries
            most = max(tries.sweep, tries.search, tries.strategy)
            settings, folder = project.settings, campaign.folder
            borrowed = borrow(campaign.seeds, campaign.converters, settings, folder, campaign.seed, most)

        def prepared(objective: Objective, chain: str) -> Arena:
            return Arena.prepare(
                project,
                chain,
                objective,
                cases.first,
                fields=fields,
                cases=cases,
                of=campaign.of,
                seed=campaign.seed,
                judge=campaign.judge,
                timeout=campaign.timeout,
                conversation=campaign.conversation,
                entry=entry,
                own=objective.name not in campaign.seeds or campaign.seeds[objective.name].own,
                borrowed=borrowed.texts.get(objective.name, ()),
                added=campaign.detectors.get(objective.name, ()),
            )

        if entry is not None:
            with standing_at(file, "attack"):
                entry = entry.only(campaign.attack)
        cases, fields = harmless.carriers(entry)
        if campaign.conversation:
            with standing_at(file, "conversation"):
                check_turns(harmless.entered(entry), cases.first, campaign.conversation)
        if campaign.regions is not None:
            with standing_at(file, "regions"):
                campaign.regions.manifest(project.settings)
        arenas = []
        for place, objective in enumerate(campaign.objectives):
            with standing_at(file, "objectives", place):
                arenas.append(prepared(objective, campaign.chain))
                arenas[-1].seeds(campaign.seed)
                _ = arenas[-1].judged_by
        named = {objective.name: objective for objective in campaign.objectives}
        compared = ((rule.metric, rule.baseline) for rule in campaign.rules if rule.baseline)
        with standing_at(file, "gate"):
            baselines = {(metric, chain): prepared(named[metric], chain) for metric, chain in compared}
        attacker = ModelAttacker(project, campaign.attacker) if campaign.attacker else None
        robustness = None
        if campaign.robustness is not None:
            spec, dataset = campaign.robustness, harmless.dataset
            with standing_at(file, "robustness"):
                robustness = RobustnessPlan.make(campaign, spec, project, dataset, attacker, entry)
        return cls(campaign, project, tuple(arenas), harmless.dataset, attacker, robustness, borrowed, entry, baselines)

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The mutators that attacks are made of."""
        own = [Choice.of(use.name, [dict(use.settings)]) for use in self.campaign.mutators]
        with lending(self.borrowed.mutators):
            return (*own, *(Choice.of(name) for name in self.borrowed.mutators))

    def choices_of(self, objective: Objective) -> tuple[Choice, ...]:
        """The mutators that attacks of an objective are made of.

        For one whose seeds must keep their meaning these are the ones that keep it, as far as the campaign has any.
        """
        if not objective.keeps_meaning:
            return self.choices
        with lending(self.borrowed.mutators):
            kept = tuple(choice for choice in self.choices if find_mutator(choice.mutator).keeps_meaning)
        return kept or self.choices

    @property
    def size(self) -> int:
        """How many tries a whole campaign makes at most, those that shorten findings not counted."""
        return self.attacks + (self.robustness.size if self.robustness else 0)

    @property
    def attacks(self) -> int:
        """How many of these are attacks: their numbers come first."""
        return len(self.arenas) * self.each

    @property
    def each(self) -> int:
        """How many it makes at most for one objective."""
        return self._led + len(self.references) * self.campaign.tries.sweep

    @property
    def _led(self) -> int:
        """How many of these are at the chain itself: their numbers come first."""
        tries = self.campaign.tries
        return tries.sweep + tries.search + self.strategy

    @property
    def strategy(self) -> int:
        """How many of these strategies make, at most."""
        return self.campaign.tries.strategy if self.campaign.strategies else 0

    @cached_property
    def references(self) -> tuple[str, ...]:
        """The chains that the gate compares with."""
        return tuple(dict.fromkeys(chain for _, chain in self.baselines))

    def beside(self, arena: Arena, number: int = 0) -> list[tuple[int, Arena]]:
        """Where an attack of a sweep is tried too, as the gate compares what comes of both.

        Args:
            arena: Of the objective.
            number: Of the try.
        """
        skipped = self._led
        sweep, name = self.campaign.tries.sweep, arena.objective.name
        return [
            (number + skipped + place * sweep, self.baselines[name, chain])
            for place, chain in enumerate(self.references)
            if (name, chain) in self.baselines
        ]

    def tried_on(self, made: TryRecord) -> tuple[str, int]:
        """The chain that a try of a sweep was made on, and the number of its attack; no chain for other tries."""
        if made.phase == "sweep":
            return self.campaign.chain, made.number
        if made.phase != "baseline":
            return "", made.number
        block, place = divmod(made.number, self.each)
        chain, place = divmod(place - self._led, self.campaign.tries.sweep)
        return self.references[chain], block * self.each + place

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Everything that the tries follow from."""
        campaign = self.campaign
        return {
            "chain": campaign.chain,
            "step": self.entry.manifest if self.entry is not None else None,
            "objectives": [
                {
                    "name": arena.objective.name,
                    "lock": arena.closure.lock.digest,
                    "seeds": encode(_texts(arena.seeds(campaign.seed))).digest,
                    "detectors": [use.digest for use in arena.detectors],
                    "judged_by": arena.judged_by,
                    "poison": arena.objective.poison,
                }
                for arena in self.arenas
            ],
            "mutators": [
                *({"name": use.name, "settings": dict(use.settings)} for use in campaign.mutators),
                *({"name": use.name, "settings": dict(use.settings)} for use in campaign.converters),
            ],
            "borrowed": dict(self.borrowed.versions),
            "strategies": [{"name": made.name, "settings": asdict(made)} for made in campaign.strategies],
            "conversation": campaign.conversation,
            "dataset": {"name": self.dataset.name, "digest": self.dataset.digest, "cases": self._carrying},
            "attack": list(campaign.attack),
            "depth": campaign.depth,
            "tries": campaign.tries.model_dump(),
            "regions": campaign.regions and campaign.regions.manifest(self.project.settings),
            "seed": campaign.seed,
            "attacker": campaign.attacker,
            "judge": campaign.judge,
            "of": campaign.file.data.get("of"),
            "robustness": self.robustness.manifest if self.robustness else None,
            "code": self._code,
            "gate": None if campaign.gate is None else campaign.gate.body(),
            "baselines": [
                {"name": name, "chain": chain, "lock": arena.closure.lock.digest}
                for (name, chain), arena in self.baselines.items()
            ],
        }

    @property
    def _carrying(self) -> list[str]:
        """Ids of the cases that carry attacks."""
        return list(self.arenas[0].placing.carriers.cases) if self.arenas else []

    @property
    def _code(self) -> dict[str, list[str]]:
        """Digests of the packages that objectives, mutators and detectors of other people come from."""
        used: list[tuple[Kind, str]] = [("objective", arena.objective.name) for arena in self.arenas]
        used += [("mutator", use.name) for use in self.campaign.mutators]
        used += [("scorer", use.scorer.name) for arena in self.arenas for use in arena.detectors]
        return {
            f"{kind} {name}": [source_digest(registry.get(kind, name), package) for package in packages]
            for kind, name in used
            if (packages := registry.packages(kind, name))
        }

    @cached_property
    def digest(self) -> str:
        """Of the manifest."""
        return digest_of(self.manifest)

    async def text(self, seed: Seed, mutations: tuple[Mutation, ...]) -> str:
        """The text of an attack.

        Raises:
            GenopsError: The attacker gives no usable answer.
        """
        return await mutated(seed.text, mutations, self.attacker)


def _texts(seeds: list[Seed]) -> list[Value]:
    return [[seed.id, seed.text, seed.surface, seed.around, list(seed.triggers)] for seed in seeds]
