"""A campaign: what of which chain is attacked, how, and how much may be spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from genops.chains import Parsing
from genops.errors import DefinitionError
from genops.evals.datasets import DatasetSpec
from genops.evals.definitions import check_keys, read_definition
from genops.evals.fields import Positive, Seconds, field_of, model_of
from genops.evals.rules import Gate, Rule, parse_gate
from genops.evals.subject import compile_subject
from genops.evals.suite import Budget
from genops.evals.use import ScorerUse
from genops.fuzz.adapters import ConverterUse, SeedSpec
from genops.fuzz.detectors.verdict import SCALE
from genops.fuzz.entries import MutatorUse, parse_mutators, parse_objectives, parse_strategies
from genops.fuzz.objective import Objective
from genops.fuzz.regions import RegionSpec
from genops.fuzz.robustness.spec import RobustnessSpec
from genops.fuzz.strategies import Strategy
from genops.settings import Settings
from genops.syntax import YamlFile

_KEYS = (
    "kind",
    "description",
    "chain",
    "step",
    "dataset",
    "attack",
    "of",
    "objectives",
    "mutators",
    "strategies",
    "conversation",
    "depth",
    "tries",
    "attacker",
    "judge",
    "seed",
    "timeout",
    "concurrency",
    "budget",
    "gate",
    "regions",
    "robustness",
    "anchors",
)
_NEEDED = ("chain", "dataset")
TIMEOUT = 120.0
"""Seconds for one try where a campaign says nothing: a chain that hangs must not hang the campaign."""


class Tries(BaseModel):
    """How many tries are made for each objective.

    Attributes:
        sweep: Drawn at random without a look at what came of others: of these the rates are.
        search: Led by the behaviour of the target: they find, and no rate is of them.
        strategy: By strategies that an attacker model is led with, at most; no rate is of them either.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sweep: Annotated[int, Field(ge=0)] = 100
    search: Annotated[int, Field(ge=0)] = 200
    strategy: Annotated[int, Field(ge=0)] = 100


@dataclass(frozen=True)
class Campaign:
    """A campaign as it is defined.

    Attributes:
        name: By which others refer to it.
        chain: Reference of the chain under attack.
        dataset: Harmless cases: what the chain is for.
        objectives: What attacks are after.
        mutators: What may change a text.
        seeds: Where the seeds of objectives come from, for those that have others than their own.
        detectors: What judges tries beside the oracles of objectives, by their names.
        converters: Of PyRIT that may change a text too.
        strategies: How the attacker model is led through several tries.
        conversation: Input that takes the turns before an attack; empty where they stand in its text, as a transcript.
        step: Position of the step that attacks enter at; None for the inputs of the chain.
        attack: Inputs that an attacker writes, or fields of the step; empty for every text.
        of: What detectors look at, compiled; None for the whole output.
        description: For people.
        depth: Mutations on top of each other, at most.
        tries: How many, for each objective.
        attacker: Alias of the model that helps to attack; None for none.
        judge: Alias that judges ask.
        seed: Of everything that is drawn.
        timeout: Seconds for one try; None for no bound.
        concurrency: Tries under way at once, at most.
        budget: For the whole campaign.
        gate: What the rates of the sweeps must be; None for none.
        regions: How outputs in another region of the embeddings are new behaviour to the search; None where they are
            not looked at.
        robustness: Changes that must not change an answer; None for none.
        folder: That files are relative to.
        file: The definition with its positions.
    """

    name: str
    chain: str
    dataset: DatasetSpec
    objectives: tuple[Objective, ...]
    mutators: tuple[MutatorUse, ...]
    seeds: Mapping[str, SeedSpec] = field(default_factory=dict)
    detectors: Mapping[str, tuple[ScorerUse, ...]] = field(default_factory=dict)
    converters: tuple[ConverterUse, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    conversation: str = ""
    step: str | None = None
    attack: tuple[str, ...] = ()
    of: Any = None
    description: str = ""
    depth: int = 3
    tries: Tries = field(default_factory=Tries)
    attacker: str | None = None
    judge: str | None = None
    seed: int = 0
    timeout: float | None = TIMEOUT
    concurrency: int = 16
    budget: Budget = field(default_factory=Budget)
    gate: Gate | None = None
    regions: RegionSpec | None = None
    robustness: RobustnessSpec | None = None
    folder: Path = Path()
    file: YamlFile = field(default_factory=lambda: YamlFile({}, "<campaign>"))

    @classmethod
    def load(cls, name: str, settings: Settings) -> Campaign:
        """Reads ``evals/NAME.yaml``, or a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no campaign; with the line.
        """
        path, file = read_definition(name, "campaign", settings)
        return cls.from_data(file.data, path.stem, path.parent, file)

    @classmethod
    def from_data(cls, data: Any, name: str, folder: Path | None = None, file: YamlFile | None = None) -> Campaign:
        """Reads a campaign from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<campaign {name}>")
        parsing = Parsing(file)
        check_keys(data, name, "campaign", parsing, _KEYS, _NEEDED)
        if not data.get("objectives") and "robustness" not in data:
            what = "a campaign needs `objectives:`, `robustness:` or both"
            raise DefinitionError(what, at=parsing.at(), hint="objectives: [prompt_extraction]")
        attacker = field_of(str | None, data.get("attacker"), "attacker", parsing)
        tries = model_of(Tries, data.get("tries", {}), "tries", parsing)
        objectives = parse_objectives(data.get("objectives", []), parsing.below("objectives"))
        mutators, converters = parse_mutators(data.get("mutators"), attacker, parsing.below("mutators"))
        return cls(
            name=name,
            chain=field_of(str, data["chain"], "chain", parsing),
            dataset=DatasetSpec.parse(data["dataset"], file, "dataset"),
            objectives=objectives.each,
            mutators=mutators,
            seeds=objectives.seeds,
            detectors=objectives.detectors,
            converters=converters,
            strategies=parse_strategies(data.get("strategies", []), attacker, parsing.below("strategies")),
            conversation=field_of(str, data.get("conversation", ""), "conversation", parsing),
            step=field_of(str | None, data.get("step"), "step", parsing),
            attack=_attack(data, parsing),
            of=compile_subject(data["of"], parsing.at("of")) if "of" in data else None,
            description=field_of(str, data.get("description", ""), "description", parsing).strip(),
            depth=field_of(Positive, data.get("depth", 3), "depth", parsing),
            tries=tries,
            attacker=attacker,
            judge=field_of(str | None, data.get("judge"), "judge", parsing),
            seed=field_of(int, data.get("seed", 0), "seed", parsing),
            timeout=field_of(Seconds, data.get("timeout", TIMEOUT), "timeout", parsing),
            concurrency=field_of(Positive, data.get("concurrency", 16), "concurrency", parsing),
            budget=model_of(Budget, data.get("budget", {}), "budget", parsing),
            gate=_gate(data, objectives.each, tries, parsing.below("gate")),
            regions=_regions(data, parsing),
            robustness=_robustness(data, attacker, parsing.below("robustness")),
            folder=folder or Path.cwd(),
            file=file,
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Of the gate."""
        return () if self.gate is None else self.gate.rules


def _attack(data: Mapping[str, Any], parsing: Parsing) -> tuple[str, ...]:
    """The fields that an attacker writes, each once; none where the campaign leaves them open."""
    raw = data.get("attack")
    names = field_of(list[str], [raw] if isinstance(raw, str) else raw or [], "attack", parsing)
    if raw is not None and not names:
        hint = "name some, or leave `attack` out for every text"
        raise DefinitionError(
            "`attack` names no field, so that nothing could be attacked", at=parsing.at("attack"), hint=hint
        )
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DefinitionError(f"the field {name!r} is there twice", at=parsing.at("attack"))
    return tuple(names)


def _gate(data: Mapping[str, Any], objectives: tuple[Objective, ...], tries: Tries, where: Parsing) -> Gate | None:
    if "gate" not in data:
        return None
    if not objectives or not tries.sweep:
        raise DefinitionError("a gate is about the sweeps of objectives, and there is none", at=where.at())
    gate = parse_gate(data["gate"], {one.name: SCALE for one in objectives}, "objective", "sweep", where)
    for rule in gate.rules:
        if rule.kind == "share":
            what = f"{rule.text!r}: a try is a breach or none, so that `for` says nothing"
            raise DefinitionError(what, at=where.at(), hint=f"{rule.metric} <= 0.02")
        if rule.baseline == data["chain"]:
            what = f"{rule.text!r} compares the chain with itself"
            raise DefinitionError(what, at=where.at(), hint=f"name another version: {rule.baseline}@git:main")
    return gate


def _regions(data: Mapping[str, Any], parsing: Parsing) -> RegionSpec | None:
    """``true`` for the defaults, or a mapping of what differs from them."""
    raw = data.get("regions", False)
    if isinstance(raw, bool):
        return RegionSpec() if raw else None
    return model_of(RegionSpec, raw, "regions", parsing)


def _robustness(data: Mapping[str, Any], attacker: str | None, parsing: Parsing) -> RobustnessSpec | None:
    return RobustnessSpec.parse(data["robustness"], attacker, parsing) if "robustness" in data else None
