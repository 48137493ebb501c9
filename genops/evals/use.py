"""A scorer as a suite uses it: with its settings, its threshold and its weight."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.artifacts import digest_of
from genops.chains import Parsing, evaluate, is_true, reads_of
from genops.chains.cancellation import is_cancelled
from genops.errors import DefinitionError, GenopsError, Location, nearest
from genops.evals.case import LARGEST_WEIGHT
from genops.evals.rules import OVERALL, PASSED
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import COMMON, Scorer, beside_suites, find_scorer
from genops.evals.subject import compile_over_sample, compile_subject, subject_of
from genops.models.own_time import OwnTime
from genops.plugins import registry
from genops.settings import Settings
from genops.syntax import YamlFile, compile_value

TIMEOUT = 120.0
_TAKEN = {PASSED: "that says whether all pass", OVERALL: "that is the weighted mean of all"}


@dataclass(frozen=True)
class ScorerUse:
    """One entry of a suite's ``scorers``.

    Attributes:
        scorer: Which scorer.
        name: What its scores are called: unique in the suite.
        settings: Of the scorer, compiled; constants are checked and have their types.
        of: What is scored, compiled; None for what the suite says.
        threshold: The value that passes; None where the score passes and fails nothing.
        weight: In the sample's overall score.
        when: Condition over the sample; other samples have no such score.
        timeout: Seconds for one score.
        body: The entry as it was written.
        places: Where each setting stands.
    """

    scorer: Scorer[Any, Any]
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    of: Any = None
    threshold: float | None = None
    weight: float = 1.0
    when: Any = None
    timeout: float = TIMEOUT
    body: Any = None
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    @property
    def digest(self) -> str:
        """Digest of the entry as it was written."""
        return digest_of({"scorer": self.scorer.name, "use": self.body})

    def files(self, settings: Settings) -> dict[str, str]:
        """Digests of the files that it names, by setting; empty for most.

        Args:
            settings: The project's.

        Raises:
            DefinitionError: One is missing or broken; with its line.
        """
        named = {
            name: beside_suites(settings, self.settings[name]) for name in self.scorer.files if name in self.settings
        }
        for name, path in named.items():
            self.scorer.files[name].read(path)
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named.items()}

    def passes(self, score: Score) -> bool | None:
        """Whether a score is good enough; None where nothing says what is."""
        return None if self.threshold is None else self.scorer.range.passes(score.value, self.threshold)

    async def score(self, sample: Sample, default_of: Any, context: ScoringContext) -> Score | None:
        """The score of a sample; None where ``when`` leaves it out.

        Raises:
            Unscored: It cannot be told; whatever went wrong is in the message.
        """
        variables = sample.variables()
        limit = OwnTime(self.timeout) if self.scorer.waits else None
        try:
            if self.when is not None and not is_true(evaluate(self.when, variables)):
                return None
            subject = await subject_of(default_of if self.of is None else self.of, variables, context)
            settings = self._evaluated(variables)
            if limit is None:
                return await self.scorer.score(subject, sample, context, settings)
            async with limit:
                return await self.scorer.score(subject, sample, context, settings)
        except Unscored:
            raise
        except GenopsError as error:
            raise Unscored(error.message, hint=error.hint) from error
        except GeneratorExit:
            raise
        except BaseException as error:  # a panic of Rust and pytest.fail are no Exception
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            if limit is not None and limit.expired:
                raise Unscored(f"not scored within {self.timeout:g} s") from None
            raise Unscored(f"the scorer failed: {type(error).__name__}: {error}") from error

    def _evaluated(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The settings under the sample's variables, each of its type."""
        values = {}
        for name, value in self.settings.items():
            if self.scorer.settings[name].lazy or not is_dynamic(value):
                values[name] = value
                continue
            try:
                values[name] = self.scorer.settings[name].check(evaluate(value, variables))
            except ValueError as error:
                raise Unscored(str(error)) from None
        if "expected" in self.scorer.settings and "expected" not in values:
            values["expected"] = self._expected(variables)
        return values

    def _expected(self, variables: Mapping[str, Any]) -> Any:
        setting = self.scorer.settings["expected"]
        if variables["expected"] is None and setting.default is not inspect.Parameter.empty:
            return setting.default
        try:
            return setting.check(variables["expected"])
        except ValueError as error:
            raise Unscored(f"the case's {error}") from None


def parse_uses(raw: Any, parsing: Parsing) -> tuple[ScorerUse, ...]:
    """Reads a suite's ``scorers``.

    Raises:
        DefinitionError: An entry is no scorer, two have one name, or a setting is unknown, missing or mistyped.
    """
    if not isinstance(raw, list):
        raise DefinitionError("`scorers` is a list", at=parsing.at(), hint="- contains: Paris")
    uses: dict[str, ScorerUse] = {}
    for number, entry in enumerate(raw):
        use = parse_use(entry, parsing.below(number))
        if use.name in uses:
            raise DefinitionError(
                f"two scorers are called {use.name!r}", at=parsing.at(number), hint="give one of them a `name:`"
            )
        uses[use.name] = use
    return tuple(uses.values())


def parse_use(raw: Any, parsing: Parsing) -> ScorerUse:
    """Reads one entry: a scorer's name, or a mapping with exactly one scorer among its keys.

    Raises:
        DefinitionError: It is neither, or a setting is unknown, missing or mistyped.
    """
    entry = {raw: None} if isinstance(raw, str) else raw
    if not isinstance(entry, dict):
        raise DefinitionError("a scorer is a name or a mapping", at=parsing.at(), hint="- contains: Paris")
    name = _kind(entry, parsing)
    scorer = find_scorer(name)
    given = {key: value for key, value in entry.items() if key != name and key not in COMMON}
    if entry[name] is not None:
        given = _with_principal(scorer, entry[name], given, parsing)
    return ScorerUse(
        scorer=scorer,
        name=_name(entry.get("name", name), parsing),
        settings=_settings(scorer, given, parsing),
        of=compile_subject(entry["of"], parsing.at("of")) if "of" in entry else None,
        threshold=_threshold(scorer, entry, parsing),
        weight=_number(entry.get("weight", 1.0), "weight", parsing, least=0.0, most=LARGEST_WEIGHT) or 0.0,
        when=compile_over_sample(entry["when"], parsing.at("when")) if "when" in entry else None,
        timeout=_number(entry.get("timeout", TIMEOUT), "timeout", parsing, least=0.001) or TIMEOUT,
        body=raw,
        places={key: parsing.at(key if key in entry else name) for key in given},
    )


def use_scorer(scorer: str, principal: Any = None, /, **settings: Any) -> dict[str, Any]:
    """An entry of a suite that is made in Python: ``use_scorer("contains", "Paris", mode="any", threshold=1)``."""
    return {scorer: principal, **settings}


def _kind(entry: dict[str, Any], parsing: Parsing) -> str:
    """The key that names the scorer: the only one, or the first that is neither common nor another's setting."""
    names = set(registry.names("scorer"))
    kinds = [key for key in entry if key in names and key not in COMMON]
    if not kinds:
        wrong = next((str(key) for key in entry if key not in COMMON), "")
        raise DefinitionError(f"no scorer is called {wrong!r}", at=parsing.at(), hint=nearest(wrong, names))
    kind = kinds[0]
    others = [other for other in kinds[1:] if other not in find_scorer(kind).settings]
    if others:
        raise DefinitionError(
            f"one entry is one scorer, and this one names {kind!r} and {others[0]!r}", at=parsing.at(others[0])
        )
    return kind


def _with_principal(scorer: Scorer[Any, Any], value: Any, given: dict[str, Any], parsing: Parsing) -> dict[str, Any]:
    if scorer.principal is None:
        raise DefinitionError(f"{scorer.name!r} takes no value", at=parsing.at(scorer.name), hint=f"- {scorer.name}")
    if scorer.principal in given:
        raise DefinitionError(f"{scorer.name!r} is given {scorer.principal!r} twice", at=parsing.at(scorer.principal))
    return {scorer.principal: value, **given}


def _settings(scorer: Scorer[Any, Any], given: Mapping[str, Any], parsing: Parsing) -> dict[str, Any]:
    known = scorer.settings
    values: dict[str, Any] = {}
    for name, value in given.items():
        at = parsing.at(scorer.name if name == scorer.principal else name)
        if name not in known:
            raise DefinitionError(
                f"{scorer.name!r} has no setting {name!r}", at=at, hint=nearest(name, [*known, *COMMON])
            )
        lazy = known[name].lazy
        compiled = compile_value(value, at) if lazy else compile_over_sample(value, at)
        try:
            values[name] = known[name].check(value) if lazy or not is_dynamic(compiled) else compiled
        except ValueError as error:
            below = isinstance(value, dict) and name == scorer.principal and value.keys() <= known.keys()
            hint = f"settings stand beside {scorer.name!r}, not below it: indent them as far as it" if below else None
            raise DefinitionError(f"{scorer.name!r}: {error}", at=at, hint=hint) from None
    for name, setting in known.items():
        if setting.required and name not in values:
            raise DefinitionError(f"{scorer.name!r} needs {name!r}", at=parsing.at())
    return values


def is_dynamic(value: Any) -> bool:
    """Whether a compiled value depends on the sample."""
    if isinstance(value, dict):
        return any(map(is_dynamic, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(is_dynamic, value))
    return next(reads_of(value), None) is not None or not getattr(value, "constant", True)


def _name(value: Any, parsing: Parsing) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError("`name` is a text", at=parsing.at("name"))
    if value in _TAKEN:
        raise DefinitionError(f"no scorer is called {value!r}: {_TAKEN[value]}", at=parsing.at("name"))
    return value


def _threshold(scorer: Scorer[Any, Any], entry: Mapping[str, Any], parsing: Parsing) -> float | None:
    value = _number(entry.get("threshold", scorer.threshold), "threshold", parsing)
    if value is not None and not scorer.range.low <= value <= scorer.range.high:
        raise DefinitionError(
            f"`threshold`: {scorer.name!r} gives {scorer.range}, never {value:g}", at=parsing.at("threshold")
        )
    return value


def _number(
    value: Any, key: str, parsing: Parsing, least: float = -sys.float_info.max, most: float = sys.float_info.max
) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        raise DefinitionError(f"`{key}` is a number", at=parsing.at(key))
    if value < least:
        raise DefinitionError(f"`{key}` is at least {least:g}", at=parsing.at(key))
    if value > most:
        raise DefinitionError(f"`{key}` is at most {most:,.0f}", at=parsing.at(key))
    return float(value)


def python_parsing(data: Any, what: str) -> Parsing:
    """Positions for data that was made in Python."""
    return Parsing(YamlFile(data, f"<{what}>"))
