"""What a campaign says of robustness: which relations, on how many cases, and when two answers are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.fields import Positive, field_of
from genops.evals.use import ScorerUse, parse_use
from genops.fuzz.robustness.relation import Relation, find_relation
from genops.plugins import registry

_KEYS = ("relations", "same", "cases", "changes", "at_most")
_ALL = "all"
_Share = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, slots=True)
class RobustnessSpec:
    """The key ``robustness:`` of a campaign.

    Attributes:
        relations: That must not change an answer; None for every one that the chain and the campaign allow.
        same: Passes where an answer is as good as the one to the unchanged case, which it gets as ``expected``; None
            for equality up to case, punctuation and articles.
        cases: How many of the dataset, drawn at random, at most.
        changes: Of each case under each relation.
        allowed: By how much more often answers may change than by themselves, as a share of the answers, by relation;
            under ``all`` for those that are not named. Empty where nothing is said.
    """

    relations: tuple[Relation, ...] | None = None
    same: ScorerUse | None = None
    cases: int = 20
    changes: int = 3
    allowed: Mapping[str, float] = field(default_factory=dict)

    def at_most(self, relation: str) -> float | None:
        """What is allowed of a relation; None where nothing is said."""
        return self.allowed.get(relation, self.allowed.get(_ALL))

    @classmethod
    def parse(cls, raw: Any, attacker: str | None, parsing: Parsing) -> RobustnessSpec:
        """Reads the key.

        Args:
            raw: Its value; True for everything as it is by default.
            attacker: Alias of the model that helps; None for none.
            parsing: Where it stands.

        Raises:
            DefinitionError: A key of it is unknown or mistyped, or a relation is unknown or cannot be used.
        """
        if raw is True:
            return cls()
        if not isinstance(raw, dict):
            raise DefinitionError("`robustness` is a mapping, or true", at=parsing.at(), hint="robustness: {cases: 20}")
        for key in raw:
            if key not in _KEYS:
                hint = nearest(str(key), _KEYS)
                raise DefinitionError(f"unknown key {key!r} in `robustness`", at=parsing.at(key), hint=hint)
        relations = _relations(raw["relations"], attacker, parsing.below("relations")) if "relations" in raw else None
        return cls(
            relations,
            _same(raw["same"], parsing.below("same")) if "same" in raw else None,
            field_of(Positive, raw.get("cases", 20), "cases", parsing),
            field_of(Positive, raw.get("changes", 3), "changes", parsing),
            _allowed(raw.get("at_most", {}), relations, parsing),
        )


def _relations(raw: Any, attacker: str | None, parsing: Parsing) -> tuple[Relation, ...]:
    if not isinstance(raw, list) or not raw:
        raise DefinitionError("`relations` is a list of names", at=parsing.at(), hint="relations: [typo, case]")
    known = registry.names("relation")
    found: dict[str, Relation] = {}
    for number, name in enumerate(raw):
        at = parsing.at(number)
        if name not in known:
            raise DefinitionError(f"no relation is called {name!r}", at=at, hint=nearest(str(name), known))
        if name in found:
            raise DefinitionError(f"the relation {name!r} is there twice", at=at)
        found[name] = find_relation(name)
        if found[name].asks and attacker is None:
            raise DefinitionError(f"the relation {name!r} asks a model", at=at, hint="name one: attacker: ALIAS")
    return tuple(found.values())


def _same(raw: Any, parsing: Parsing) -> ScorerUse:
    use = parse_use(raw, parsing)
    if use.threshold is None:
        what = f"`same`: {use.scorer.name!r} does not say from which value on two answers are the same"
        raise DefinitionError(what, at=parsing.at(), hint=f"{{{use.scorer.name}: null, threshold: 0.9}}")
    return use


def _allowed(raw: Any, relations: tuple[Relation, ...] | None, parsing: Parsing) -> dict[str, float]:
    """One share for all relations, or one for each that is named."""
    if not isinstance(raw, dict):
        return {_ALL: field_of(_Share, raw, "at_most", parsing)}
    known = registry.names("relation") if relations is None else [relation.name for relation in relations]
    for name in raw:
        if name not in (*known, _ALL):
            message = f"`at_most`: {name!r} is none of the relations"
            raise DefinitionError(message, at=parsing.at("at_most", name), hint=nearest(str(name), known))
    return {name: field_of(_Share, share, name, parsing.below("at_most")) for name, share in raw.items()}
