"""A campaign: what of which chain is attacked, how, and how much may be spent on it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from genops.chains import Parsing
from genops.errors import DefinitionError, Location, ReferenceNotFound, nearest
from genops.evals.datasets import DatasetSpec
from genops.evals.fields import Positive, Seconds, field_of, model_of
from genops.evals.rules import Gate, Rule, parse_gate
from genops.evals.scorer import Setting
from genops.evals.suite import Budget
from genops.fuzz.adapters import OWN, PREFIX, ConverterUse, SeedSpec
from genops.fuzz.detectors.verdict import SCALE
from genops.fuzz.mutator import Mutator, find_mutator
from genops.fuzz.objective import Objective, find_objective
from genops.fuzz.robustness.spec import RobustnessSpec
from genops.fuzz.strategies import STRATEGIES, Strategy
from genops.plugins import registry
from genops.settings import Settings
from genops.syntax import YamlFile, compile_value, read_text, read_yaml

_SUFFIX = ".yaml"
_KEYS = (
    "kind",
    "description",
    "chain",
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
    "robustness",
    "anchors",
)
M = TypeVar("M", Objective, Strategy)
_SEEDS = "seeds"
_NEEDED = ("chain", "dataset")


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
class MutatorUse:
    """A mutator with the settings of a campaign.

    Attributes:
        mutator: The registered one.
        settings: What differs from its defaults, of their types.
    """

    mutator: Mutator[Any, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the mutator."""
        return self.mutator.name


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
        converters: Of PyRIT that may change a text too.
        strategies: How the attacker model is led through several tries.
        conversation: Input that takes the turns before an attack; empty where they stand in its text, as a transcript.
        attack: Inputs that an attacker writes; empty for every text.
        of: What detectors look at, compiled; None for the whole output.
        description: For people.
        depth: Mutations on top of each other, at most.
        tries: How many, for each objective.
        attacker: Alias of the model that helps to attack; None for none.
        judge: Alias that judges ask.
        seed: Of everything that is drawn.
        timeout: Seconds for one try.
        concurrency: Tries under way at once, at most.
        budget: For the whole campaign.
        gate: What the rates of the sweeps must be; None for none.
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
    converters: tuple[ConverterUse, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    conversation: str = ""
    attack: tuple[str, ...] = ()
    of: Any = None
    description: str = ""
    depth: int = 3
    tries: Tries = field(default_factory=Tries)
    attacker: str | None = None
    judge: str | None = None
    seed: int = 0
    timeout: float | None = None
    concurrency: int = 16
    budget: Budget = field(default_factory=Budget)
    gate: Gate | None = None
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
        path = campaign_path(name, settings)
        shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
        file = read_yaml(read_text(path, "campaign"), shown)
        return cls.from_data(file.data, path.stem, path.parent, file)

    @classmethod
    def from_data(cls, data: Any, name: str, folder: Path | None = None, file: YamlFile | None = None) -> Campaign:
        """Reads a campaign from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<campaign {name}>")
        parsing = Parsing(file)
        if not isinstance(data, dict) or data.get("kind", "campaign") != "campaign":
            raise DefinitionError("a campaign is a mapping with `kind: campaign`", at=parsing.at())
        for key in data:
            if key not in _KEYS:
                hint = nearest(str(key), _KEYS)
                raise DefinitionError(f"unknown key {key!r} in a campaign", at=file.at(key), hint=hint)
        for key in _NEEDED:
            if key not in data:
                raise DefinitionError(f"a campaign needs `{key}:`", at=parsing.at())
        if not data.get("objectives") and "robustness" not in data:
            what = "a campaign needs `objectives:`, `robustness:` or both"
            raise DefinitionError(what, at=parsing.at(), hint="objectives: [prompt_extraction]")
        attacker = field_of(str | None, data.get("attacker"), "attacker", parsing)
        attack = data.get("attack", ())
        tries = model_of(Tries, data.get("tries", {}), "tries", parsing)
        objectives, seeds = _objectives(data.get("objectives", []), parsing.below("objectives"))
        mutators, converters = _mutators(data.get("mutators"), attacker, parsing.below("mutators"))
        return cls(
            name=name,
            chain=field_of(str, data["chain"], "chain", parsing),
            dataset=DatasetSpec.parse(data["dataset"], file, "dataset"),
            objectives=objectives,
            mutators=mutators,
            seeds=seeds,
            converters=converters,
            strategies=_strategies(data.get("strategies", []), attacker, parsing.below("strategies")),
            conversation=field_of(str, data.get("conversation", ""), "conversation", parsing),
            attack=field_of(tuple[str, ...], [attack] if isinstance(attack, str) else attack, "attack", parsing),
            of=compile_value(data["of"], parsing.at("of")) if "of" in data else None,
            description=field_of(str, data.get("description", ""), "description", parsing).strip(),
            depth=field_of(Positive, data.get("depth", 3), "depth", parsing),
            tries=tries,
            attacker=attacker,
            judge=field_of(str | None, data.get("judge"), "judge", parsing),
            seed=field_of(int, data.get("seed", 0), "seed", parsing),
            timeout=field_of(Seconds, data.get("timeout"), "timeout", parsing),
            concurrency=field_of(Positive, data.get("concurrency", 16), "concurrency", parsing),
            budget=model_of(Budget, data.get("budget", {}), "budget", parsing),
            gate=_gate(data, tries, parsing),
            robustness=_robustness(data, attacker, parsing.below("robustness")),
            folder=folder or Path.cwd(),
            file=file,
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Of the gate."""
        return () if self.gate is None else self.gate.rules


def campaign_path(name: str, settings: Settings) -> Path:
    """Where a campaign stands.

    Raises:
        ReferenceNotFound: There is none; the message lists the nearest names.
    """
    folder = settings.root / settings.paths.evals
    for path in (folder / f"{name}{_SUFFIX}", Path(name)):
        if path.suffix == _SUFFIX and path.is_file():
            return path
    known = sorted(path.stem for path in folder.glob(f"*{_SUFFIX}"))
    missing = settings.paths.evals / f"{name}{_SUFFIX}"
    raise ReferenceNotFound(f"no campaign is called {name!r}: there is no {missing}", hint=nearest(name, known))


def _gate(data: Mapping[str, Any], tries: Tries, parsing: Parsing) -> Gate | None:
    if "gate" not in data:
        return None
    where = parsing.below("gate")
    names = [name for name, _ in _entries(data.get("objectives", []), "objective", parsing.below("objectives"))]
    if not names or not tries.sweep:
        raise DefinitionError("a gate is about the sweeps of objectives, and there is none", at=where.at())
    gate = parse_gate(data["gate"], dict.fromkeys(names, SCALE), "objective", "sweep", where)
    for rule in gate.rules:
        if rule.kind == "share":
            what = f"{rule.text!r}: a try is a breach or none, so that `for` says nothing"
            raise DefinitionError(what, at=where.at(), hint=f"{rule.metric} <= 0.02")
        if rule.baseline == data["chain"]:
            what = f"{rule.text!r} compares the chain with itself"
            raise DefinitionError(what, at=where.at(), hint=f"name another version: {rule.baseline}@git:main")
    return gate


def _robustness(data: Mapping[str, Any], attacker: str | None, parsing: Parsing) -> RobustnessSpec | None:
    return RobustnessSpec.parse(data["robustness"], attacker, parsing) if "robustness" in data else None


def _objectives(raw: Any, parsing: Parsing) -> tuple[tuple[Objective, ...], dict[str, SeedSpec]]:
    """The objectives of a campaign, and where seeds come from that are not their own."""
    found: dict[str, Objective] = {}
    seeds: dict[str, SeedSpec] = {}
    for number, (name, given) in enumerate(_entries(raw, "objective", parsing)):
        where = parsing.below(number)
        if name in found:
            raise DefinitionError(f"the objective {name!r} is there twice", at=where.at())
        made = find_objective(_known(name, registry.names("objective"), "objective", where))
        if isinstance(given, dict) and _SEEDS in given:
            seeds[name] = SeedSpec.parse(given[_SEEDS], where.below(name, _SEEDS))
            given = {key: value for key, value in given.items() if key != _SEEDS}
        found[name] = _made(made, "objective", given, where)
    return tuple(found.values()), seeds


def _strategies(raw: Any, attacker: str | None, parsing: Parsing) -> tuple[Strategy, ...]:
    """The strategies of a campaign, each once."""
    found: dict[str, Strategy] = {}
    for number, (name, given) in enumerate(_entries(raw, "strategy", parsing)):
        where = parsing.below(number)
        if name in found:
            raise DefinitionError(f"the strategy {name!r} is there twice", at=where.at())
        made = STRATEGIES[_known(name, sorted(STRATEGIES), "strategy", where)]
        if attacker is None:
            raise DefinitionError(
                f"the strategy {name!r} asks a model", at=where.at(), hint="name one: attacker: ALIAS"
            )
        found[name] = _made(made, "strategy", given, where)
    return tuple(found.values())


def _made(made: type[M], what: str, given: Any, parsing: Parsing) -> M:
    """An objective or a strategy of its settings, which are the keywords that it is made with."""
    known = {parameter.name: parameter for parameter in inspect.signature(made).parameters.values()}
    hints = get_type_hints(made.__init__, include_extras=True)
    settings = {} if given is None else given
    if not isinstance(settings, dict):
        raise DefinitionError(f"the settings of {made.name!r} are a mapping", at=parsing.at(made.name))
    values = {}
    for key, value in settings.items():
        if key not in known:
            message = f"the {what} {made.name!r} has no setting {key!r}"
            raise DefinitionError(
                message, at=parsing.at(made.name, key), hint=nearest(str(key), known) if known else None
            )
        try:
            values[key] = Setting(key, TypeAdapter(hints[key]), known[key].default).check(value)
        except ValueError as error:
            raise DefinitionError(f"{made.name!r}: {error}", at=parsing.at(made.name, key)) from None
    return made(**values)


def _mutators(
    raw: Any, attacker: str | None, parsing: Parsing
) -> tuple[tuple[MutatorUse, ...], tuple[ConverterUse, ...]]:
    """The mutators of a campaign, default every one that it can use, and PyRIT's converters."""
    uses: list[MutatorUse] = []
    converters: list[ConverterUse] = []
    for number, (name, given) in enumerate(_entries([OWN] if raw is None else raw, "mutator", parsing)):
        where = parsing.below(number)
        if name == OWN and given is None:
            every = [find_mutator(own) for own in sorted(registry.names("mutator"))]
            uses += [MutatorUse(mutator) for mutator in every if attacker or not mutator.asks]
            continue
        if name.startswith(PREFIX):
            settings = field_of(dict[str, Any], given or {}, name, where)
            converters.append(ConverterUse(name, settings, where.at()))
            continue
        mutator = find_mutator(_known(name, registry.names("mutator"), "mutator", where))
        if mutator.asks and attacker is None:
            raise DefinitionError(f"the mutator {name!r} asks a model", at=where.at(), hint="name one: attacker: ALIAS")
        uses.append(MutatorUse(mutator, _settings(mutator, given, where)))
    names = [*(use.name for use in uses), *(use.name for use in converters)]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DefinitionError(f"the mutator {name!r} is there twice", at=parsing.at())
    return tuple(uses), tuple(converters)


def _settings(mutator: Mutator[Any, Any], given: Any, parsing: Parsing) -> dict[str, Any]:
    """The settings of an entry: a mapping of them, or the value of the first."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        if mutator.principal is None:
            raise DefinitionError(f"the mutator {mutator.name!r} takes no value", at=parsing.at(mutator.name))
        given = {mutator.principal: given}
    values = {}
    for key, value in given.items():
        if key not in mutator.settings:
            what = f"the mutator {mutator.name!r} has no setting {key!r}"
            hint = nearest(str(key), mutator.settings) if mutator.settings else None
            raise DefinitionError(what, at=parsing.at(mutator.name, key), hint=hint)
        try:
            values[key] = mutator.settings[key].check(value)
        except ValueError as error:
            raise DefinitionError(f"{mutator.name!r}: {error}", at=parsing.at(mutator.name)) from None
    return values


def _entries(raw: Any, what: str, parsing: Parsing) -> list[tuple[str, Any]]:
    """Names with what was given to each."""
    key = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
    if not isinstance(raw, list):
        raise DefinitionError(f"`{key}` is a list", at=parsing.at())
    found = []
    for number, entry in enumerate(raw):
        if isinstance(entry, str):
            found.append((entry, None))
        elif isinstance(entry, dict) and len(entry) == 1:
            found.append(next(iter(entry.items())))
        else:
            hint = f"- NAME, or - NAME: {{setting: value}} for an {what} with settings"
            raise DefinitionError(f"an entry of `{key}` names one {what}", at=parsing.at(number), hint=hint)
    return found


def _known(name: str, names: list[str], what: str, parsing: Parsing) -> str:
    if name not in names:
        at: Location = parsing.at()
        raise DefinitionError(f"no {what} is called {name!r}", at=at, hint=nearest(name, names))
    return name
