"""A plan: a suite resolved against a project, with everything that its scores follow from under one digest."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from random import Random
from typing import Any

from genops.artifacts import digest_of, source_digest
from genops.errors import DefinitionError, UsageError
from genops.evals.case import Case
from genops.evals.cohort import Cohort
from genops.evals.datasets import Dataset, Selection
from genops.evals.judges.asking import Questions
from genops.evals.judges.questions import questions_of
from genops.evals.own_scorers import OwnScorers, case_uses, own_scorers
from genops.evals.rules import order_seed
from genops.evals.suite import Suite
from genops.evals.trace_names import NameCheck
from genops.evals.use import ScorerUse
from genops.evals.variants import Variant, VariantSpec
from genops.executor import Project
from genops.plugins import registry
from genops.store.batch import clean


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to be made.

    Attributes:
        number: Its position in the evaluation.
        case_number: Position of the case in the dataset.
        variant: What answers.
        repeat: From 0.
    """

    number: int
    case_number: int
    variant: Variant
    repeat: int


@dataclass(frozen=True)
class Plan:
    """What an evaluation does.

    Attributes:
        suite: Its definition.
        project: Where it runs.
        dataset: The cases.
        variants: Those of the suite, then the baselines that only the gate asks for.
        baselines: By the reference in a rule, the variant that it is.
        questions: What judges ask.
        own: What the cases' own scorers are made of.
        cohort: The cases that are asked.
        given_seed: Of the order in which clusters are run; None for the one that follows from the digest.
    """

    suite: Suite
    project: Project
    dataset: Dataset
    variants: tuple[Variant, ...]
    baselines: dict[str, Variant]
    questions: Questions
    own: OwnScorers
    cohort: Cohort
    given_seed: int | None = None

    @classmethod
    def make(
        cls,
        suite: Suite,
        project: Project,
        *,
        selection: Selection | None = None,
        only: frozenset[str] | None = None,
        seed: int | None = None,
        memo: bool = True,
    ) -> Plan:
        """Resolves a suite.

        Args:
            suite: The definition.
            project: Where it runs.
            selection: Narrows the suite's own selection of cases further.
            only: Ids of cases, as the store has them, that it is narrowed to besides.
            seed: Of the order of the cases; None for the one that follows from what is compared.
            memo: Whether results of earlier evaluations are used again.

        Raises:
            UsageError: Something that the suite refers to is not there, a case does not fit the chain's inputs, or a
                scorer looks for a step or tool that a chain does not have.
        """
        variants = tuple(spec.resolve(project) for spec in suite.variants)
        for variant in variants[1:]:
            _same_inputs(variants[0], variant)
        dataset = suite.dataset.open(project.settings, suite.folder, variants[0].closure.root.inputs)
        numbers = suite.dataset.numbers(dataset)
        if only is not None:
            numbers = _narrowed(numbers, (n for n in numbers if clean(dataset[n].id) in only), suite)
        if selection is not None and not selection.everything:
            numbers = selection.drawn(_narrowed(numbers, selection.fitting(dataset), suite), dataset)
        baselines = _baselines(suite, project, variants)
        extra = tuple(baseline for baseline in baselines.values() if baseline not in variants)
        names, cohort = NameCheck((*variants, *extra)), Cohort()
        own = own_scorers(suite, cohort.noted(dataset, numbers), names, project.settings)
        questions = Questions(project, model=suite.judge, memo=memo)
        return cls(suite, project, dataset, (*variants, *extra), baselines, questions, own, cohort, seed)

    @cached_property
    def seed(self) -> int:
        """Of the order of the units."""
        return order_seed(self.digest) if self.given_seed is None else self.given_seed

    @cached_property
    def units(self) -> Sequence[array[int]]:
        """The clusters in the order in which they are run."""
        clusters = self.cohort.clusters
        return [clusters[place] for place in self._order]

    @cached_property
    def weights(self) -> Sequence[float]:
        """The total weight of each unit."""
        weights = self.cohort.cluster_weights
        return [weights[place] for place in self._order]

    @cached_property
    def _order(self) -> Sequence[int]:
        """The order that the gate's claim needs, or any."""
        gate, weights = self.suite.gate, self.cohort.cluster_weights
        if gate is None:
            return Random(self.seed).sample(range(len(weights)), len(weights))
        import numpy as np

        from genops.stats.sampling import draw_order

        drawn = draw_order(np.array(weights if gate.about == "dataset" else [1.0] * len(weights)), self.seed)
        order: list[int] = drawn.tolist()
        return order

    @property
    def weighted(self) -> bool:
        """Whether samples have an overall score."""
        return self.suite.weighted or self.own.weighted

    @property
    def candidates(self) -> tuple[Variant, ...]:
        """The variants that the suite names."""
        return self.variants[: len(self.suite.variants)]

    @cached_property
    def cases(self) -> int:
        """How many cases are asked."""
        return sum(map(len, self.cohort.clusters))

    @property
    def samples(self) -> int:
        """How many samples a whole evaluation makes."""
        return self.cases * len(self.variants) * self.suite.repeat

    def jobs(self, unit: int) -> Iterator[Job]:
        """The samples of one unit."""
        for case_number in self.units[unit]:
            for place, variant in enumerate(self.variants):
                for repeat in range(self.suite.repeat):
                    yield Job(self.number(case_number, place, repeat), case_number, variant, repeat)

    def number(self, case_number: int, variant: int, repeat: int) -> int:
        """The position of a sample: the same whenever the evaluation is resumed."""
        return (case_number * len(self.variants) + variant) * self.suite.repeat + repeat

    def uses(self, case: Case) -> tuple[ScorerUse, ...]:
        """The scorers of a case: the suite's, and its own, which take the place of those whose name they have."""
        return case_uses(case, self.suite) if case.scorers else self.suite.scorers

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Everything that the scores follow from: locks of the chains, dataset, scorers, judges."""
        suite = self.suite
        return {
            "suite": suite.name,
            "variants": [{"name": v.name, "chain": v.reference, "lock": v.digest} for v in self.variants],
            "dataset": {"name": self.dataset.name, "digest": self.dataset.digest, "selection": self._selected},
            "cases": self.cases,
            "repeat": suite.repeat,
            "of": digest_of(suite.file.data.get("of", "")) if isinstance(suite.file.data, dict) else "",
            "scorers": [
                {
                    "name": use.name,
                    "scorer": use.scorer.name,
                    "use": use.digest,
                    "code": self._code(use.scorer.name),
                    "questions": self._questions(use),
                    "range": [end if isfinite(end) else None for end in (use.scorer.range.low, use.scorer.range.high)],
                    "lower_is_better": use.scorer.range.lower_is_better,
                    "threshold": use.threshold,
                    "weight": use.weight,
                    **({"files": files} if (files := use.files(self.project.settings)) else {}),
                }
                for use in suite.scorers
            ],
            "own_scorers": {
                "code": {name: self._code(name) for name in sorted(self.own.scorers)},
                "questions": sorted(self._locks(self.own.questions)),
                **({"files": sorted(self.own.files)} if self.own.files else {}),
            },
            "pairwise": None
            if suite.pairwise is None
            else {**suite.pairwise.body(), "questions": self._locks(suite.pairwise.questions())},
            "gate": None if suite.gate is None else suite.gate.body(),
        }

    @cached_property
    def digest(self) -> str:
        """Of the manifest."""
        return digest_of(self.manifest)

    @cached_property
    def _selected(self) -> str:
        """Digest of which cases are meant, whatever their order."""
        return digest_of(sorted(number for cluster in self.cohort.clusters for number in cluster))

    def _code(self, scorer: str) -> list[str]:
        """Digests of the packages that a scorer of other people comes from."""
        packages = registry.packages("scorer", scorer)
        item = registry.get("scorer", scorer) if packages else None
        return [source_digest(item, package) for package in packages]

    def _questions(self, use: ScorerUse) -> list[str]:
        """Locks of what a judge asks.

        Raises:
            DefinitionError: One of genops's own scorers is to ask by a template whose answers are text.
        """
        asked = questions_of(use.scorer, use.settings, use.places)
        if use.settings.get("prompt") and not registry.packages("scorer", use.scorer.name):
            for prompt, model in asked:
                if self.questions.closure(prompt, model).prompts[prompt].output is None:
                    raise DefinitionError(
                        f"the template {prompt!r} declares no `output`, so that its answers are text and no verdicts",
                        at=use.places.get("prompt"),
                        hint="give it one: output: {type: float} for a score from 0 to 1",
                    )
        return self._locks(asked)

    def _locks(self, asked: Iterable[tuple[str, str | None]]) -> list[str]:
        return [self.questions.closure(prompt, model).lock.digest for prompt, model in asked]


def _same_inputs(first: Variant, other: Variant) -> None:
    wanted, has = (sorted(variant.closure.root.inputs.names()) for variant in (first, other))
    if wanted != has:
        raise UsageError(
            f"the variants {first.name!r} and {other.name!r} take different inputs: {wanted} and {has}",
            hint="compare chains that take the same inputs",
        )


def _baselines(suite: Suite, project: Project, variants: Sequence[Variant]) -> dict[str, Variant]:
    """The chains that rules compare with; one of the suite's own variants where it has that name or content."""
    found: dict[str, Variant] = {}
    for rule in suite.gate.rules if suite.gate is not None else ():
        if not rule.baseline or rule.baseline in found:
            continue
        named = next((variant for variant in variants if variant.name == rule.baseline), None)
        baseline = named or VariantSpec(rule.baseline, rule.baseline).resolve(project)
        _same_inputs(variants[0], baseline)
        found[rule.baseline] = baseline
    if found and all(variant in found.values() for variant in variants):
        raise UsageError(
            f"the gate compares {variants[0].name!r} with itself",
            hint=f"name what it is compared with: {variants[0].name}@git:main, or a variant beside others",
        )
    return found


def _narrowed(numbers: array[int], wanted: Iterable[int], suite: Suite) -> array[int]:
    left = array("q", sorted({*numbers} & {*wanted}))
    if not left:
        raise UsageError(f"no case of the suite {suite.name!r} is left", hint="look at --filter, --split and --sample")
    return left


def with_chain(suite: Suite, chain: str) -> Suite:
    """The suite with another chain under test: ``genops eval run SUITE --chain answer@production``.

    Raises:
        UsageError: The suite compares several chains.
    """
    if len({spec.chain for spec in suite.variants}) > 1:
        raise UsageError(
            f"the suite {suite.name!r} compares several chains: {chain!r} cannot take the place of all",
            hint="name it among the suite's variants",
        )
    specs = tuple(
        replace(spec, chain=chain, name=chain if spec.name == spec.chain else spec.name) for spec in suite.variants
    )
    return replace(suite, chain=chain, variants=specs)
