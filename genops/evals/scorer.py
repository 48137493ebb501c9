"""Scorers: typed functions under ``@scorer``, and their use in a suite.

The whole contract of a scorer:

* It is a function, plain or ``async``, in a module of its own, under ``@scorer("name")``.
* Its first parameter is the text or value that is scored. Annotated ``str``, it gets text: what is no text is written
  as JSON. By default it is the sample's whole output; the key ``of`` of a suite gives it a part.
* A parameter annotated :class:`~genops.evals.sample.Sample` gets the sample, one annotated
  :class:`~genops.evals.sample.ScoringContext` the means to ask for the trace, a model or vectors.
* Every other parameter is set in the suite. The first of them takes the value that stands at the scorer's name
  (``contains: Paris``). A text with ``{{ … }}`` is evaluated for each sample. A parameter called ``expected`` is the
  case's ``expected`` when nothing is set; without a default it is never None, as such a case cannot be scored.
* A parameter annotated ``Annotated[str, Names("step")]`` (or ``agent``, ``tool``; a list of them too) is held against
  the chains of the suite before anything runs.
* A parameter annotated ``Annotated[str, FileOf(read)]`` names a file of the project (:func:`beside_suites`): it is read
  before anything runs, and what is in it belongs to the manifest.
* A parameter annotated :data:`~genops.chains.LazyExpr` gets its ``{{ … }}`` compiled: the scorer evaluates it.
* It returns a :class:`~genops.evals.score.Score`, a number or a bool, or raises
  :class:`~genops.evals.score.Unscored`. What else it raises is a fault of the scorer: the sample is unscored too.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

from genops.artifacts import Value, json_form
from genops.chains.own_thread import in_own_thread
from genops.chains.step import Lazy
from genops.errors import DefinitionError
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Range, Score, Unscored
from genops.plugins import registry
from genops.registered import RegisteredFunction
from genops.settings import Settings

Result: TypeAlias = Score | float | bool
P = ParamSpec("P")
R = TypeVar("R", bound=Result | Awaitable[Result])
Named: TypeAlias = Literal["step", "agent", "tool"]
COMMON = ("name", "of", "threshold", "weight", "when", "timeout")
"""Keys that every entry of a suite may have, beside the settings of its scorer."""
_GIVEN = {Sample: "sample", ScoringContext: "context"}


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a parameter whose values are names of a chain's steps, of its agents' steps or of its tools."""

    kind: Named


@dataclass(frozen=True, slots=True)
class FileOf:
    """Marks a parameter that names a file of the project, which scores follow from.

    Attributes:
        read: Reads it.
    """

    read: Callable[[Path], object]


class Scorer(RegisteredFunction[P, R]):
    """A registered scorer; called, it is the function that it was made of.

    Args:
        name: The key that selects it in a suite.
        function: What scores.
        range: The values that it gives.
        threshold: The least good value that passes when a suite says nothing; None where that is the suite's to say.
        threaded: Whether a plain function runs in a thread of its own: it takes long, or is not known to end. None
            for every one that is not genops's own.

    Raises:
        DefinitionError: The function's signature is not that of a scorer.
    """

    def __init__(
        self, name: str, function: Callable[P, R], range: Range, threshold: float | None, threaded: bool | None
    ) -> None:
        super().__init__(name, function)
        self.range = range
        plain = not inspect.iscoroutinefunction(function)
        foreign = getattr(function, "__module__", "").partition(".")[0] != "genops"
        self.threaded = plain and (foreign if threaded is None else threaded)
        self.threshold = 1.0 if threshold is None and self._hints.get("return") is bool else threshold
        _check(self)

    @cached_property
    def subject(self) -> str:
        """Name of the parameter that is scored."""
        return next(iter(inspect.signature(self.function).parameters))

    @cached_property
    def given(self) -> dict[str, str]:
        """Parameters that genops fills in: ``sample`` or ``context`` by the parameter's name."""
        return {name: _GIVEN[hint] for name, hint in self._hints.items() if hint in _GIVEN}

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """What a suite may set, by name, in order."""
        parameters = inspect.signature(self.function).parameters.values()
        return {
            parameter.name: _setting(parameter, self._hints[parameter.name])
            for parameter in parameters
            if parameter.name not in self.given and parameter.name != self.subject
        }

    @cached_property
    def names(self) -> dict[str, Named]:
        """The settings that name something of a chain."""
        return {name: mark.kind for name, mark in self._marks() if isinstance(mark, Names)}

    @cached_property
    def files(self) -> dict[str, FileOf]:
        """The settings that name a file."""
        return {name: mark for name, mark in self._marks() if isinstance(mark, FileOf)}

    def _marks(self) -> Iterator[tuple[str, object]]:
        """What the settings are annotated with."""
        for name in self.settings:
            yield from ((name, mark) for mark in getattr(self._hints[name], "__metadata__", ()))

    @cached_property
    def principal(self) -> str | None:
        """The setting that takes the value at the scorer's name; None where there is nothing to set."""
        return next(iter(self.settings), None)

    @cached_property
    def waits(self) -> bool:
        """Whether it may take long: it is ``async``, or runs in a thread."""
        return self.threaded or inspect.iscoroutinefunction(self.function)

    @cached_property
    def reads_trace(self) -> bool:
        """Whether it may ask for more than the sample."""
        return "context" in self.given.values()

    async def score(
        self, subject: Value, sample: Sample, context: ScoringContext, settings: Mapping[str, Any]
    ) -> Score:
        """Scores one sample; ``settings`` are evaluated and of their types.

        Raises:
            Unscored: It cannot, or gave what is no score.
        """
        given = {"sample": sample, "context": context}
        arguments = {name: given[what] for name, what in self.given.items()}
        value = as_text(subject) if self._hints[self.subject] is str else subject
        function: Callable[..., Any] = self.function
        if self.threaded:
            result = await in_own_thread(function, value, **arguments, **settings)
        else:
            result = function(value, **arguments, **settings)
        if not isinstance(result, Score) and inspect.isawaitable(result):
            result = await result
        return self.checked(result)

    def checked(self, result: Any) -> Score:
        """A result as a score.

        Raises:
            Unscored: It is none, or out of range.
        """
        score = result if isinstance(result, Score) else Score(result)
        given = score.value
        if not isinstance(given, (float, Real)) and not _is_bool_of_numpy(given):
            raise Unscored(f"the scorer {self.name!r} gave {type(given).__name__}, not a score")
        if wrong := _misfit(score):
            raise Unscored(f"the scorer {self.name!r} gave a score {wrong}")
        value = self.range.check(float(given))
        return score if value is score.value else replace(score, value=value)


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that a suite sets for a scorer.

    Attributes:
        name: Of the parameter.
        type: Checks its values.
        default: As the function gives it; ``inspect.Parameter.empty`` for none.
        lazy: Whether ``check`` is given expressions as the suite has them, for the scorer to evaluate.
    """

    name: str
    type: TypeAdapter[Any]
    default: Any

    lazy: bool = False

    @property
    def required(self) -> bool:
        """Whether a suite must set it."""
        return self.default is inspect.Parameter.empty and self.name != "expected"

    def check(self, value: Any) -> Any:
        """The value as the scorer's type.

        Raises:
            ValueError: It is no such value; the message says what is.
            Unscored: Nothing is expected.
        """
        if value is None and self.name == "expected" and self.default is inspect.Parameter.empty:
            raise Unscored("nothing is expected", hint="give the case an `expected`, or set it at the scorer")
        try:
            return self.type.validate_python(value)
        except DefinitionError as error:
            raise ValueError(f"`{self.name}`: {error.message}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"`{self.name}`{f' ({where})' if where else ''}: {first['msg']}") from None


def _setting(parameter: inspect.Parameter, hint: Any) -> Setting:
    lazy = any(isinstance(mark, Lazy) for mark in getattr(hint, "__metadata__", ()))
    return Setting(parameter.name, TypeAdapter(hint), parameter.default, lazy)


def scorer(
    name: str,
    *,
    range: Range | tuple[float, float] = (0.0, 1.0),
    threshold: float | None = None,
    threaded: bool | None = None,
) -> Callable[[Callable[P, R]], Scorer[P, R]]:
    """Registers a function as a scorer (see the module's docstring for the contract).

    Args:
        name: The key that selects it in a suite.
        range: The values that it gives, from and to.
        threshold: The least good value that passes when a suite says nothing. A function that returns ``bool`` passes
            at 1.
        threaded: Whether a plain function runs in a thread of its own, so that it holds up nothing else and its
            ``timeout`` ends the wait for it. Default for every one that is not genops's own.

    Raises:
        DefinitionError: The function's signature is not that of a scorer.
    """
    values = range if isinstance(range, Range) else Range(*range)

    def register(function: Callable[P, R]) -> Scorer[P, R]:
        made = Scorer(name, function, values, threshold, threaded)
        registry.add("scorer", name, made)
        return made

    return register


def find_scorer(name: str) -> Scorer[Any, Any]:
    """The scorer registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no scorer.
    """
    return registry.instance("scorer", name, Scorer, "@genops.scorer")


def beside_suites(settings: Settings, file: str) -> Path:
    """A file that a scorer names: its path is relative to the folder with the project's suites."""
    return settings.root / settings.paths.evals / file


def as_text(value: Value) -> str:
    """A value as scorers of text read it: text as it is, everything else as JSON; nothing is the empty text."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(json_form(value), ensure_ascii=False, default=str)


def _is_bool_of_numpy(value: object) -> bool:
    """Whether a value is numpy's truth, the only number of its scalars that Python takes for none."""
    return type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")


def _misfit(score: Score) -> str:
    """What of a score is of another type than it says; empty for nothing."""
    for name in ("label", "explanation"):
        if (text := getattr(score, name)) and not isinstance(text, str):
            return f"whose `{name}` is no text"
    if score.metadata and not isinstance(score.metadata, Mapping):
        return "whose `metadata` is no mapping"
    if not all(isinstance(piece, Evidence) for piece in score.evidence or ()):
        return "whose `evidence` is not of `Evidence`"
    for piece in score.evidence or ():
        if not (isinstance(piece.text, str) and isinstance(piece.source, str) and isinstance(piece.note, str)):
            return "with `evidence` whose text, source or note is no text"
        if piece.span is not None and not _is_span(piece.span):
            return "with `evidence` whose span is no pair of whole numbers"
    return ""


def _is_span(span: object) -> bool:
    return isinstance(span, (tuple, list)) and len(span) == 2 and all(isinstance(end, int) for end in span)


def _check(made: Scorer[Any, Any]) -> None:
    parameters = list(inspect.signature(made.function).parameters.values())
    what = f"scorer {made.name!r}"
    if not parameters:
        raise DefinitionError(f"{what} takes nothing: its first parameter is what is scored")
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DefinitionError(f"{what}: *{parameter.name} says nothing of what a suite may set")
        if parameter.name in COMMON:
            raise DefinitionError(f"{what}: every entry of a suite may have a {parameter.name!r} of its own")
        if parameter.name not in made._hints:
            raise DefinitionError(f"{what}: {parameter.name} has no type")
    try:
        made.settings  # noqa: B018
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(f"{what}: {error}") from None
