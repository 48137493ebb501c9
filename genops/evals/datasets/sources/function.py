"""Rows that a Python function gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from genops.errors import GenopsError, InputError, Location
from genops.evals.case import Case
from genops.evals.datasets.line import record_of
from genops.evals.datasets.sources.row import Row


def function_rows(function: Callable[..., Any], name: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of what a function returns or yields: mappings or cases, one by one.

    Args:
        function: Called once.
        name: For messages.
        settings: Its arguments.

    Raises:
        InputError: It fails, or gives something else.
    """
    try:
        given = function(**settings)
        yield from given_rows(given, name)
    except GenopsError:
        raise
    except (Exception, SystemExit) as error:  # the latter would end the thread that everybody waits for
        raise InputError(f"it failed: {type(error).__name__}: {error}", at=Location(name)) from error


def given_rows(given: Iterable[Mapping[str, Any] | Case], name: str) -> Iterator[Row]:
    """The rows of mappings and cases.

    Raises:
        InputError: It is no iterable, or one of its items is neither.
    """
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes, Mapping)):
        raise InputError(
            f"it gave {type(given).__name__}", at=Location(name), hint="give a list of rows, or yield them"
        )
    for number, item in enumerate(given, start=1):
        at = Location(f"{name}, row {number}")
        values = record_of(item) if isinstance(item, Case) else item
        if not isinstance(values, Mapping):
            raise InputError(f"it gave {type(values).__name__}", at=at, hint="a row is a mapping, or a Case")
        yield Row(at, values)
