"""Mutators: typed functions under ``@mutator`` that change a text, one step of an attack.

The whole contract of a mutator:

* It is a function, plain or ``async``, in a module of its own, under ``@mutator("name", family=…)``.
* Its first parameter is the text that is changed, any ``str``: empty, long, with lone surrogates. It returns a ``str``
  for every one of them and never raises. Where there is nothing to change it gives the text back.
* A parameter annotated :class:`random.Random` gets the one source of chance. The same text, settings and seed give the
  same result on every machine.
* A parameter annotated :class:`Attacker` asks the campaign's attacker model. Such a mutator is ``async``, is only used
  where a campaign names an attacker, and may raise :class:`~genops.errors.GenopsError`.
* Every other parameter is a setting of the campaign and has a default. The first of them takes the value that stands
  at the mutator's name (``many_shot: 8``).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from random import Random
from types import MappingProxyType
from typing import Any, Literal, ParamSpec, Protocol, TypeAlias, TypeVar

from pydantic import PydanticSchemaGenerationError, TypeAdapter

from genops.artifacts import Value
from genops.errors import DefinitionError, GenopsError
from genops.evals.scorer import Setting
from genops.plugins import registry
from genops.registered import RegisteredFunction

Family: TypeAlias = Literal[
    "unicode",
    "encoding",
    "typing",
    "layout",
    "length",
    "format",
    "template",
    "wording",
    "wrapping",
    "split",
    "borrowed",
]
"""What a mutator plays with: characters, codes, the keyboard, white space and case, size, data formats, chat and text
templates, the words of a text, those around it, or its parts; ``borrowed`` for what another tool does, whatever it
is."""

P = ParamSpec("P")
R = TypeVar("R", bound=str | Awaitable[str])


class MutationFailed(GenopsError):
    """A mutator that is another tool's can make nothing of a text."""


class Attacker(Protocol):
    """The model that helps to attack."""

    async def ask(self, prompt: str, inputs: Mapping[str, Value], *, number: int = 0) -> Value:
        """What it answers to a prompt template, by the template's output schema.

        Args:
            prompt: Reference of the template: the project's own, or one of genops's (``genops/paraphrase``).
            inputs: Its inputs.
            number: Tells apart equal questions whose answers are to be drawn anew.

        Raises:
            GenopsError: It gives no usable answer.
        """
        ...


class Mutator(RegisteredFunction[P, R]):
    """A registered mutator; called, it is the function that it was made of.

    Args:
        name: The key that selects it in a campaign.
        function: What changes a text.
        family: What it plays with.
        keeps_meaning: Whether a reader takes the result for the same text, so that a chain's answer must not change.
    """

    def __init__(self, name: str, function: Callable[P, R], family: Family, keeps_meaning: bool) -> None:
        super().__init__(name, function)
        self.family = family
        self.keeps_meaning = keeps_meaning
        _check(self)

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """What a campaign may set, by name, in order."""
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        return {
            parameter.name: Setting(parameter.name, TypeAdapter(self._hints[parameter.name]), parameter.default)
            for parameter in parameters
            if self._hints[parameter.name] not in (Random, Attacker)
        }

    @cached_property
    def principal(self) -> str | None:
        """The setting that takes the value at the mutator's name; None where there is nothing to set."""
        return next(iter(self.settings), None)

    @cached_property
    def asks(self) -> bool:
        """Whether it needs an attacker model."""
        return Attacker in self._hints.values()

    async def apply(
        self, text: str, rng: Random, settings: Mapping[str, Any] | None = None, attacker: Attacker | None = None
    ) -> str:
        """The changed text.

        Args:
            text: Any.
            rng: The source of chance.
            settings: Of their types.
            attacker: For a mutator that asks one.

        Raises:
            GenopsError: The attacker gives no usable answer.
            DefinitionError: It raises, or gives no text.
        """
        given = {name: rng if hint is Random else attacker for name, hint in self._given.items()}
        try:
            result: Any = self.function(text, **given, **(settings or {}))  # type: ignore[arg-type]
            made = await result if inspect.isawaitable(result) else result
        except GenopsError:
            raise
        except Exception as error:
            what = f"the mutator {self.name!r} raised {type(error).__name__}: {error}"
            raise DefinitionError(what, hint="mend it in its plug-in") from error
        if not isinstance(made, str):
            raise DefinitionError(f"the mutator {self.name!r} gave {type(made).__name__} and no text")
        return made

    @cached_property
    def _given(self) -> dict[str, Any]:
        return {name: hint for name, hint in self._hints.items() if hint in (Random, Attacker)}


def mutator(name: str, *, family: Family, keeps_meaning: bool = False) -> Callable[[Callable[P, R]], Mutator[P, R]]:
    """Registers a function as a mutator (see the module's docstring for the contract).

    Args:
        name: The key that selects it in a campaign.
        family: What it plays with.
        keeps_meaning: Whether a reader takes the result for the same text.

    Raises:
        DefinitionError: The function's signature is not that of a mutator.
    """

    def register(function: Callable[P, R]) -> Mutator[P, R]:
        made = Mutator(name, function, family, keeps_meaning)
        registry.add("mutator", name, made)
        return made

    return register


_lent: ContextVar[Mapping[str, Mutator[Any, Any]]] = ContextVar("lent", default=MappingProxyType({}))


@contextmanager
def lending(mutators: Mapping[str, Mutator[Any, Any]]) -> Iterator[None]:
    """Lets :func:`find_mutator` find mutators that are in no registry: what a campaign has from another tool."""
    token = _lent.set(mutators)
    try:
        yield
    finally:
        _lent.reset(token)


def find_mutator(name: str) -> Mutator[Any, Any]:
    """The mutator that is lent or registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no mutator.
    """
    lent = _lent.get()
    return lent[name] if name in lent else registry.instance("mutator", name, Mutator, "@genops.mutator")


def _check(made: Mutator[Any, Any]) -> None:
    what = f"mutator {made.name!r}"
    parameters = list(inspect.signature(made.function).parameters.values())
    if not parameters or made._hints.get(parameters[0].name) is not str or made._hints.get("return") is not str:
        raise DefinitionError(f"{what}: it takes a `str` first and gives a `str`")
    for parameter in parameters[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DefinitionError(f"{what}: *{parameter.name} says nothing of what a campaign may set")
        if parameter.name not in made._hints:
            raise DefinitionError(f"{what}: {parameter.name} has no type")
        if made._hints[parameter.name] not in (Random, Attacker) and parameter.default is parameter.empty:
            raise DefinitionError(f"{what}: the setting {parameter.name} has no default")
    if made.asks and not inspect.iscoroutinefunction(made.function):
        raise DefinitionError(f"{what}: a mutator that asks an attacker is `async`")
    try:
        made.settings  # noqa: B018
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(f"{what}: {error}") from None
