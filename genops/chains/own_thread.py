"""Calls of functions that are not known to end, from async code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeAlias

Outcome: TypeAlias = tuple[Any, BaseException | None]


async def in_own_thread(function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    """Calls a function in a daemon thread of its own and gives what it gives, or raises what it raises.

    In the pool of ``asyncio.to_thread`` functions that hang would keep others and the end of the process waiting.
    """
    loop, context = asyncio.get_running_loop(), copy_context()
    outcome: asyncio.Future[Outcome] = loop.create_future()

    def deliver(found: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(found)

    def work() -> None:
        found = context.run(_outcome, function, arguments, named)
        with suppress(RuntimeError):  # the loop was closed, so nobody waits any more
            loop.call_soon_threadsafe(deliver, found)

    threading.Thread(target=work, name="genops own thread", daemon=True).start()
    result, error = await outcome
    if error is not None:
        raise error
    return result


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Outcome:
    """What a call gave or raised, as a value: a future cannot hold a ``StopIteration``, and would wait for ever."""
    try:
        return function(*arguments, **named), None
    except BaseException as error:
        return None, error
