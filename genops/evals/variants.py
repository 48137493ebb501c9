"""Variants: the chain under test in several forms, by reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from genops.artifacts import canonical_bytes
from genops.chains import Parsing
from genops.errors import DefinitionError, UsageError, nearest
from genops.executor import Closure, Project
from genops.executor.swaps import SWAPPABLE, Swap, swapped_closure

_DIMENSIONS = (*SWAPPABLE, "parameters")
_EXPLICIT = ("name", *_DIMENSIONS)


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One form of a chain.

    Attributes:
        name: What reports call it: unique in the suite.
        chain: Reference of the chain.
        swaps: Components that take the place of others.
        parameters: Set on every model, over its own.
    """

    name: str
    chain: str
    swaps: tuple[Swap, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, project: Project) -> Variant:
        """The variant with everything that it refers to.

        Raises:
            ReferenceNotFound: A reference leads nowhere.
            UsageError: A swap names nothing that the chain uses.
        """
        closure = swapped_closure(project, self.chain, self.swaps, self.parameters)
        return Variant(self.name, self.chain, closure)


@dataclass(frozen=True, slots=True)
class Variant:
    """A form of a chain, resolved.

    Attributes:
        name: What reports call it.
        reference: Of the chain.
        closure: What runs.
    """

    name: str
    reference: str
    closure: Closure

    @property
    def digest(self) -> str:
        """Of everything that shapes its answers."""
        return self.closure.lock.digest


def parse_variants(raw: Any, chain: str, parsing: Parsing) -> tuple[VariantSpec, ...]:
    """Reads a suite's ``variants``: a matrix (a mapping of lists), or a list of variants with names.

    Raises:
        DefinitionError: It is neither, two variants have one name, or no chain is named.
    """
    if raw is None or raw == {} or raw == []:
        specs = [VariantSpec(chain, chain)] if chain else []
    elif isinstance(raw, dict):
        specs = list(_matrix(raw, chain, parsing))
    elif isinstance(raw, list):
        specs = [_explicit(entry, chain, parsing.below(number)) for number, entry in enumerate(raw)]
    else:
        raise DefinitionError(
            "`variants` is a mapping or a list", at=parsing.at(), hint="variants: {prompt: [answer@production, answer]}"
        )
    if not specs or any(not spec.chain for spec in specs):
        raise DefinitionError("the suite names no chain", at=parsing.at(), hint="chain: NAME")
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise DefinitionError(f"two variants are called {name!r}", at=parsing.at(), hint="give them a `name:` each")
    return tuple(specs)


def _matrix(raw: dict[str, Any], chain: str, parsing: Parsing) -> Iterator[VariantSpec]:
    """Every combination of the values of each key."""
    choices: dict[str, list[Any]] = {}
    for key, values in raw.items():
        if key not in _DIMENSIONS:
            raise DefinitionError(f"variants have no {key!r}", at=parsing.at(key), hint=nearest(str(key), _DIMENSIONS))
        choices[key] = values if isinstance(values, list) else [values]
        if not choices[key]:
            raise DefinitionError(f"`{key}` has no values", at=parsing.at(key))
    for combination in product(*choices.values()):
        chosen = dict(zip(choices, combination, strict=True))
        shown = [_shown(value) for key, value in chosen.items() if len(choices[key]) > 1]
        yield _spec(chosen, " + ".join(shown), chain, parsing)


def _explicit(entry: Any, chain: str, parsing: Parsing) -> VariantSpec:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise DefinitionError(
            "a variant is a mapping with a `name:`", at=parsing.at(), hint="- {name: new, prompt: answer@2}"
        )
    for key in entry:
        if key not in _EXPLICIT:
            raise DefinitionError(f"a variant has no {key!r}", at=parsing.at(key), hint=nearest(str(key), _EXPLICIT))
    return _spec(entry, entry["name"], chain, parsing)


def _spec(chosen: Mapping[str, Any], name: str, chain: str, parsing: Parsing) -> VariantSpec:
    swaps = []
    reference = chain
    for key in SWAPPABLE:
        value = chosen.get(key)
        for text in value if isinstance(value, list) else [] if value is None else [value]:
            if not isinstance(text, str):
                raise DefinitionError(f"`{key}` is a reference", at=parsing.at(key))
            if key == "chain" and "=" not in text:
                reference = text
            else:
                swaps.append(_swap(f"{key}:{text}", parsing.below(key)))
    parameters = chosen.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise DefinitionError("`parameters` is a mapping", at=parsing.at("parameters"))
    return VariantSpec(name or reference, reference, tuple(swaps), parameters)


def _swap(text: str, parsing: Parsing) -> Swap:
    try:
        return Swap.parse(text)
    except UsageError as error:
        raise DefinitionError(error.message, at=parsing.at(), hint=error.hint) from None


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return value if isinstance(value, str) else canonical_bytes(value).decode()
