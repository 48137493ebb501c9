"""Functions that stand under a name: what scorers, mutators, descriptors and two-sample tests have in common."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar, get_type_hints

P = ParamSpec("P")
R = TypeVar("R")


class RegisteredFunction(Generic[P, R]):
    """A function under a name; called, it is the function that it was made of.

    Args:
        name: The key that selects it in a definition.
        function: The function, whose docstring describes it and whose annotations say what it is given.
    """

    def __init__(self, name: str, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.name = name
        self.function = function
        self._hints = get_type_hints(function, include_extras=True)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's own result."""
        return self.function(*args, **kwargs)

    @property
    def description(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]
