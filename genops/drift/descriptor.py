"""Descriptors: typed functions of a text under ``@descriptor``, one file each.

The whole contract of a descriptor:

* It is a plain function in a module of its own, under ``@descriptor("name", of="number", unit="characters")`` or
  ``of="category"``. The unit is what a change is told in: "12 characters longer".
* Its first parameter is the text. Annotated ``Sequence[str]`` it is all texts at once, and the result is a value for
  each, in order: for what a library does faster so.
* A parameter annotated :class:`Reference` gets texts of the reference window to learn from, such as their vocabulary.
  Texts that it learned from are never described by it: half of the reference's groups are for learning, and the other
  half is compared with the current window. So the two sides are alike under no change, whatever is learned.
* Every other parameter is a setting with a default.
* It gives a float for ``of="number"``, a str for ``of="category"``; None where it does not apply, as readability to a
  text without words. It depends on nothing but its text, the reference and the settings.
* The text may be any str: empty, a megabyte, with lone surrogates.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

from pydantic import PydanticSchemaGenerationError, TypeAdapter

from genops.drift.words import words_of
from genops.errors import DefinitionError
from genops.plugins import registry
from genops.registered import RegisteredFunction
from genops.stats.clusters import cluster_codes

P = ParamSpec("P")
R = TypeVar("R")
Value: TypeAlias = float | str | None
OfText: TypeAlias = Literal["number", "category"]
_RESULTS: dict[OfText, tuple[Any, ...]] = {"number": (float, float | None), "category": (str, str | None)}
_RESULTS_OF_ALL: dict[OfText, tuple[Any, ...]] = {
    "number": (list[float], list[float | None]),
    "category": (list[str], list[str | None]),
}


@dataclass(frozen=True, eq=False)
class Reference:
    """Texts of the reference window that a descriptor learns from.

    Attributes:
        texts: Any.
        groups: The group of each: a word that one group alone uses, however often, is one person's word.
    """

    texts: Sequence[str]
    groups: Sequence[Hashable]

    @classmethod
    def of(cls, texts: Sequence[str], groups: Sequence[Hashable] | None = None) -> Reference:
        """Texts with their groups.

        Args:
            texts: Any.
            groups: Of each; None where each text stands alone.
        """
        return cls(texts, range(len(texts)) if groups is None else groups)

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """How many groups use each word (:func:`~genops.drift.words.words_of`)."""
        codes, count = cluster_codes(self.groups, len(self.texts))
        used: list[set[str]] = [set() for _ in range(count)]
        for text, code in zip(self.texts, codes.tolist(), strict=True):
            used[code].update(words_of(text))
        return Counter(word for words in used for word in words)


class Descriptor(RegisteredFunction[P, R]):
    """A registered descriptor; called, it is the function that it was made of.

    Args:
        name: The key that selects it.
        function: What describes.
        of: What it gives.
        unit: Of its numbers, or of what its categories are.
        expected: What the mean of an unchanged window is by the reference alone; None where nothing is known of it.
    """

    def __init__(
        self,
        name: str,
        function: Callable[P, R],
        of: OfText,
        unit: str,
        expected: Callable[[Reference], float | None] | None,
    ) -> None:
        super().__init__(name, function)
        self.of = of
        self.unit = unit
        self.expected = expected
        self._subject = next(iter(inspect.signature(function).parameters), "")
        _check(self)

    @property
    def of_all(self) -> bool:
        """Whether it takes all texts at once."""
        return bool(self._hints[self._subject] == Sequence[str])

    @property
    def learns(self) -> bool:
        """Whether it learns from the reference."""
        return Reference in self._hints.values()

    @cached_property
    def settings(self) -> dict[str, TypeAdapter[Any]]:
        """What a check may set, by name, in order."""
        own = {name: hint for name, hint in self._hints.items() if name not in ("return", self._subject)}
        return {name: TypeAdapter(hint) for name, hint in own.items() if hint is not Reference}

    def describe(
        self, texts: Sequence[str], reference: Reference, settings: Mapping[str, Any] | None = None
    ) -> list[Value]:
        """The value of each text.

        Args:
            texts: Any.
            reference: None of the texts is of it.
            settings: Of their types.

        Raises:
            DefinitionError: The function fails, or gives what it should not.
        """
        given: dict[str, Any] = {name: reference for name, hint in self._hints.items() if hint is Reference}
        given.update(settings or {})
        try:
            if self.of_all:
                values = list(self.function(texts, **given))  # type: ignore[arg-type, call-overload]
            else:
                values = [self.function(text, **given) for text in texts]  # type: ignore[arg-type]
        except Exception as error:
            raise DefinitionError(f"descriptor {self.name!r} failed: {type(error).__name__}: {error}") from error
        if len(values) != len(texts):
            raise DefinitionError(f"descriptor {self.name!r} gave {len(values)} values of {len(texts)} texts")
        return [self._checked(value, row) for row, value in enumerate(values)]

    def _checked(self, value: object, row: int) -> Value:
        if value is None or (self.of == "category" and isinstance(value, str)):
            return value
        if self.of == "number" and isinstance(value, int | float) and isfinite(value):
            return float(value)
        raise DefinitionError(f"descriptor {self.name!r} gave {value!r} of text {row + 1}, which is no {self.of}")


def descriptor(
    name: str, *, of: OfText, unit: str, expected: Callable[[Reference], float | None] | None = None
) -> Callable[[Callable[P, R]], Descriptor[P, R]]:
    """Registers a function as a descriptor (see the module's docstring for the contract).

    Args:
        name: The key that selects it.
        of: What it gives.
        unit: Of its numbers, as "characters" or "share of words"; or of what its categories are, as "language".
        expected: What the mean of an unchanged window is by the reference alone; None where nothing is known of it.

    Raises:
        DefinitionError: The function's signature is not that of a descriptor.
    """

    def register(function: Callable[P, R]) -> Descriptor[P, R]:
        made = Descriptor(name, function, of, unit, expected)
        registry.add("descriptor", name, made)
        return made

    return register


def find_descriptor(name: str) -> Descriptor[Any, Any]:
    """The descriptor that is registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no descriptor.
    """
    return registry.instance("descriptor", name, Descriptor, "@genops.descriptor")


def _check(made: Descriptor[Any, Any]) -> None:
    what = f"descriptor {made.name!r}"
    subject = made._hints.get(made._subject)
    if subject is not str and subject != Sequence[str]:
        raise DefinitionError(f"{what}: its first parameter is the text, annotated `str` or `Sequence[str]`")
    wanted = _RESULTS_OF_ALL[made.of] if made.of_all else _RESULTS[made.of]
    if made._hints.get("return") not in wanted:
        raise DefinitionError(f"{what}: of a {made.of}, it gives `{wanted[-1]}`")
    for parameter in list(inspect.signature(made.function).parameters.values())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DefinitionError(f"{what}: *{parameter.name} says nothing of what may be set")
        if parameter.name not in made._hints:
            raise DefinitionError(f"{what}: {parameter.name} has no type")
        if made._hints[parameter.name] is not Reference and parameter.default is parameter.empty:
            raise DefinitionError(f"{what}: the setting {parameter.name} has no default")
    try:
        made.settings  # noqa: B018
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(f"{what}: {error}") from None
