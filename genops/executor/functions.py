"""``@genops.trace``: a user's own functions on record, inside of a run or as a run of their own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, overload

from genops.artifacts import Value, normalise
from genops.executor.project import Project
from genops.executor.run import recording
from genops.store.records.runs import SpanRecord
from genops.tracing.context import activate, active
from genops.tracing.recorder import Recorder

P = ParamSpec("P")
R = TypeVar("R")


@overload
def trace(function: Callable[P, R]) -> Callable[P, R]: ...
@overload
def trace(*, name: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def trace(
    function: Callable[P, R] | None = None, *, name: str | None = None
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Records every call of a function: arguments, result, failure, and what it calls.

    Called inside of a run (by a tool, or by another traced function) the call is a span of that run; else it is a run
    of its own, found with ``genops trace list``. Sync and async functions alike. Arguments and results that cannot be
    recorded are recorded by their ``repr``.
    """

    def wrap(target: Callable[P, R]) -> Callable[P, R]:
        label = name or target.__qualname__
        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def traced_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with _call(label, target, args, kwargs) as done:
                    result = await target(*args, **kwargs)
                    done(result)
                    return result

            return traced_async  # type: ignore[return-value]

        @functools.wraps(target)
        def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            with _call(label, target, args, kwargs) as done:
                result = target(*args, **kwargs)
                done(result)
                return result

        return traced

    return wrap(function) if function is not None else wrap


@contextmanager
def _call(
    name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[Callable[[Any], None]]:
    here = active()
    given = _arguments(function, args, kwargs)
    if here is not None:
        with _span(here.recorder, here.span, name, given) as done:
            yield done
        return
    recorder = Project.current().recorder(name, mode="function")
    recorder.set_inputs(given)
    result: list[Any] = []
    try:
        with _span(recorder, None, name, given) as done:

            def keep(value: Any) -> None:
                result.append(value)
                done(value)

            yield keep
    except BaseException as error:
        recorder.finish("error" if isinstance(error, Exception) else "cancelled", error=error)
        raise
    recorder.finish("ok", recordable(result[0] if result else None))


@contextmanager
def _span(recorder: Recorder, parent: SpanRecord | None, name: str, given: Value) -> Iterator[Callable[[Any], None]]:
    path = recorder.unique(f"{parent.path}/{name}") if parent is not None else ""
    span = recorder.start("function", name, path, parent, input=recorder.keep(given))
    with recording(recorder, span):
        output: list[str] = []
        with activate(recorder, span):
            yield lambda value: output.append(recorder.keep(recordable(value)))
        recorder.end(span, output=output[0] if output else None)


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Value:
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {"args": recordable(list(args)), "kwargs": recordable(kwargs)}
    return {name: recordable(value) for name, value in bound.arguments.items() if name not in ("self", "cls")}


def recordable(value: Any) -> Value:
    """A value as it can be recorded: itself where that is possible, else its ``repr``."""
    try:
        return normalise(value)
    except TypeError:
        return repr(value)
