"""The one thread and event loop that genops owns: where connections live, and why the sync API works in a notebook."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache, partial
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.Lock()


def loop() -> asyncio.AbstractEventLoop:
    """The loop, started with its thread when first asked for; a forked child, which has no thread, starts its own."""
    with _lock:
        return _started()


@cache
def _started() -> asyncio.AbstractEventLoop:
    made = asyncio.new_event_loop()
    threading.Thread(target=_serve, args=(made,), name="genops", daemon=True).start()
    return made


def _serve(made: asyncio.AbstractEventLoop) -> None:
    """Runs the loop for good. What exits on it ends who waits for that, not the thread that all others wait for."""
    while True:
        try:
            return made.run_forever()
        except (SystemExit, KeyboardInterrupt):  # asyncio hands them to who waits, and raises them here as well
            continue


os.register_at_fork(after_in_child=_started.cache_clear)


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on genops's loop and waits; Ctrl-C cancels it and waits until it has put its record in order.

    Raises:
        RuntimeError: Called on genops's own loop, where waiting would never end.
    """
    if threading.current_thread().name == "genops":
        work.close()
        raise RuntimeError("the sync API was called from inside of a run; await the async one there")
    future: Future[T] = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        _settled(future)
        raise


def _settled(future: Future[Any], seconds: float = 5.0) -> None:
    done = threading.Event()

    async def wait() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        done.set()

    asyncio.run_coroutine_threadsafe(wait(), loop())
    done.wait(seconds)


async def on_loop(work: Coroutine[Any, Any, T]) -> T:
    """Awaits a coroutine that runs on genops's loop, from any loop: connections and limits live there.

    Where the waiting is cancelled, so is the work, and it is waited for until it has put its record in order.
    """
    if asyncio.get_running_loop() is loop():
        return await work
    outcome: Future[T] = Future()
    begun: list[asyncio.Task[T]] = []

    def begin() -> None:
        begun.append(loop().create_task(work))
        begun[0].add_done_callback(partial(_hand_over, outcome))

    def end() -> None:
        begun[0].cancel()

    loop().call_soon_threadsafe(begin)
    waiting = asyncio.wrap_future(outcome)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        loop().call_soon_threadsafe(end)
        await asyncio.gather(waiting, return_exceptions=True)
        raise


def _hand_over(outcome: Future[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        outcome.cancel()
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())
