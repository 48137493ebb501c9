"""What stands in a campaign's lists: objectives, mutators and strategies, each a name or a name with its settings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.fields import field_of
from genops.evals.scorer import Setting
from genops.evals.use import ScorerUse, parse_uses
from genops.fuzz.adapters import OWN, PREFIX, ConverterUse, SeedSpec
from genops.fuzz.catalogue import settings_of
from genops.fuzz.mutator import Mutator, find_mutator
from genops.fuzz.objective import Objective, find_objective
from genops.fuzz.strategies import STRATEGIES, Strategy
from genops.plugins import registry

M = TypeVar("M", Objective, Strategy)
SEEDS = "seeds"
"""The key of an objective's settings that says where its seeds come from."""
DETECTORS = "detectors"
"""The key of an objective's settings that adds scorers to its own."""
_LISTS = {"objective": "objectives", "mutator": "mutators", "strategy": "strategies"}


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


@dataclass(frozen=True, slots=True)
class Objectives:
    """The objectives of a campaign, and what it gives them beside their settings.

    Attributes:
        each: In their order.
        seeds: Where the seeds come from of those that have others than their own, by name.
        detectors: What judges tries beside their own oracles, by name.
    """

    each: tuple[Objective, ...]
    seeds: Mapping[str, SeedSpec]
    detectors: Mapping[str, tuple[ScorerUse, ...]]


def parse_objectives(raw: Any, parsing: Parsing) -> Objectives:
    """The objectives of a campaign.

    Raises:
        DefinitionError: One is unknown or there twice, or a setting is unknown, missing or mistyped.
    """
    found: dict[str, Objective] = {}
    seeds: dict[str, SeedSpec] = {}
    detectors: dict[str, tuple[ScorerUse, ...]] = {}
    for number, (name, given) in enumerate(_entries(raw, "objective", parsing)):
        where = parsing.below(number)
        if name in found:
            raise DefinitionError(f"the objective {name!r} is there twice", at=where.at())
        made = find_objective(_known(name, registry.names("objective"), "objective", where))
        if isinstance(given, dict) and SEEDS in given:
            seeds[name] = SeedSpec.parse(given[SEEDS], where.below(name, SEEDS))
        if isinstance(given, dict) and DETECTORS in given:
            detectors[name] = _detectors(given[DETECTORS], where.below(name, DETECTORS))
        if isinstance(given, dict):
            given = {key: value for key, value in given.items() if key not in (SEEDS, DETECTORS)}
        found[name] = _made(made, "objective", given, where)
    return Objectives(tuple(found.values()), seeds, detectors)


def _detectors(raw: Any, parsing: Parsing) -> tuple[ScorerUse, ...]:
    """Scorers each of which says what passes."""
    if not isinstance(raw, list):
        hint = "detectors: [{like_examples: leaks.jsonl}]"
        raise DefinitionError("`detectors` are a list of scorers", at=parsing.at(), hint=hint)
    uses = parse_uses(raw, parsing)
    for number, use in enumerate(uses):
        if use.threshold is None:
            what = f"the scorer {use.scorer.name!r} does not say what passes, so that it can tell no breach"
            raise DefinitionError(
                what, at=parsing.at(number), hint=f"give it a threshold: {{{use.name}: …, threshold: 0.5}}"
            )
    return uses


def parse_strategies(raw: Any, attacker: str | None, parsing: Parsing) -> tuple[Strategy, ...]:
    """The strategies of a campaign, each once.

    Raises:
        DefinitionError: As for objectives, or there is no attacker.
    """
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


def parse_mutators(
    raw: Any, attacker: str | None, parsing: Parsing
) -> tuple[tuple[MutatorUse, ...], tuple[ConverterUse, ...]]:
    """The mutators of a campaign, default every one that it can use, and PyRIT's converters.

    Raises:
        DefinitionError: One is unknown, there twice or needs an attacker, or a setting is unknown or mistyped.
    """
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
        uses.append(MutatorUse(mutator, _of_mutator(mutator, given, where)))
    names = [*(use.name for use in uses), *(use.name for use in converters)]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DefinitionError(f"the mutator {name!r} is there twice", at=parsing.at())
    return tuple(uses), tuple(converters)


def _of_mutator(mutator: Mutator[Any, Any], given: Any, parsing: Parsing) -> dict[str, Any]:
    """The settings of an entry: a mapping of them, or the value of the first."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        if mutator.principal is None:
            raise DefinitionError(f"the mutator {mutator.name!r} takes no value", at=parsing.at(mutator.name))
        given = {mutator.principal: given}
    return _checked(given, mutator.settings, f"the mutator {mutator.name!r}", parsing.below(mutator.name))


def _made(made: type[M], what: str, given: Any, parsing: Parsing) -> M:
    """An objective or a strategy of its settings, which are the keywords that it is made with."""
    where, known = parsing.below(made.name), settings_of(made)
    title = f"the {what} {made.name!r}"
    settings = {} if given is None else given
    if not isinstance(settings, dict):
        raise DefinitionError(f"the settings of {made.name!r} are a mapping", at=where.at())
    values = _checked(settings, known, title, where)
    for name, setting in known.items():
        if name not in values and setting.default is inspect.Parameter.empty:
            raise DefinitionError(f"{title} needs {name!r}", at=where.at(), hint=f"{made.name}: {{{name}: …}}")
    try:
        return made(**values)
    except ValueError as error:
        raise DefinitionError(f"{title}: {error}", at=where.at()) from None


def _checked(given: Mapping[Any, Any], known: Mapping[str, Setting], title: str, where: Parsing) -> dict[str, Any]:
    """Settings as values of their types."""
    values = {}
    for key, value in given.items():
        if key not in known:
            hint = nearest(str(key), known) if known else None
            raise DefinitionError(f"{title} has no setting {key!r}", at=where.at(key), hint=hint)
        try:
            values[key] = known[key].check(value)
        except ValueError as error:
            raise DefinitionError(f"{title}: {error}", at=where.at(key)) from None
    return values


def _entries(raw: Any, what: str, parsing: Parsing) -> list[tuple[str, Any]]:
    """Names with what was given to each."""
    key = _LISTS[what]
    if not isinstance(raw, list):
        raise DefinitionError(f"`{key}` is a list", at=parsing.at())
    found = []
    for number, entry in enumerate(raw):
        name, given = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else (entry, None)
        if not isinstance(name, str):
            hint = f"- NAME, or - NAME: {{setting: value}} for {what}s with settings"
            raise DefinitionError(f"an entry of `{key}` names one {what}", at=parsing.at(number), hint=hint)
        found.append((name, given))
    return found


def _known(name: str, names: list[str], what: str, parsing: Parsing) -> str:
    if name not in names:
        raise DefinitionError(f"no {what} is called {name!r}", at=parsing.at(), hint=nearest(name, names))
    return name
