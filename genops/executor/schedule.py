"""Runs the steps of a block, each as soon as everything that it refers to is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, normalise
from genops.chains import Block, evaluate
from genops.errors import InputError
from genops.store.records.runs import SpanRecord

if TYPE_CHECKING:
    from genops.executor.closure import Closure
    from genops.executor.run import Run


@dataclass(slots=True)
class Frame:
    """Where a block runs.

    Attributes:
        run: The run.
        closure: Where the references of its steps lead.
        span: The enclosing scope's span.
        prefix: Begins the position of every step of the block.
        variables: What its expressions see; ``steps`` gains each step that is done.
    """

    run: Run
    closure: Closure
    span: SpanRecord
    prefix: str
    variables: dict[str, Any]

    def evaluate(self, value: Any, path: str, span: SpanRecord, extra: Mapping[str, Any] | None = None) -> Value:
        """A compiled value's value under the block's variables; ``now()`` in it is an effect below ``path``.

        Raises:
            InputError: It fails, or its value cannot be recorded.
        """
        variables = {**self.variables, "now": partial(self._now, path, span), **(extra or {})}
        return plain(evaluate(value, variables))

    def _now(self, path: str, parent: SpanRecord) -> str:
        """The time as ISO 8601 in UTC: read from the clock once, and from the record ever after."""
        recorder = self.run.recorder
        path = recorder.unique(f"{path}/now()")
        asked = recorder.keep("now")
        span = recorder.start("clock", "now", path, parent, input=asked)
        value = str(self.run.effects.read_clock(path, asked, lambda: datetime.now(UTC).isoformat()))
        recorder.end(span, output=recorder.keep(value))
        return value


async def run_block(block: Block, frame: Frame) -> Value:
    """Runs a block and gives its output.

    The first step that fails ends the block: steps under way are cancelled, and its error is raised.
    """
    run_step = frame.run.run_step
    waiting = {name: len(node.needs) for name, node in block.nodes.items()}
    followers = _followers(block)
    ready = [name for name, needs in waiting.items() if needs == 0]
    running: dict[asyncio.Future[None], str] = {}
    ended: asyncio.Queue[asyncio.Future[None]] | None = None
    try:
        while ready or running:
            if len(ready) == 1 and not running:
                done = ready
                await run_step(block.nodes[done[0]], frame)
            else:
                ended = ended or asyncio.Queue()
                for name in ready:
                    task = asyncio.ensure_future(run_step(block.nodes[name], frame))
                    task.add_done_callback(ended.put_nowait)
                    running[task] = name
                finished = await _taken(ended)
                failed = [task for task in finished if task.exception()]
                if failed:
                    await min(failed, key=list(running).index)
                done = [running.pop(task) for task in finished]
            ready = _released(followers, waiting, done)
    finally:
        await _cancel(running)
    return frame.evaluate(block.output, frame.span.path, frame.span)


async def _taken(ended: asyncio.Queue[asyncio.Future[None]]) -> list[asyncio.Future[None]]:
    """What has ended, once anything has. Each step says so itself: asking all of many costs each the more of them."""
    finished = [await ended.get()]
    while not ended.empty():
        finished.append(ended.get_nowait())
    return finished


def _followers(block: Block) -> dict[str, list[str]]:
    """The steps that need each step, in the order of the block."""
    followers: dict[str, list[str]] = {name: [] for name in block.nodes}
    for name, node in block.nodes.items():
        for needed in node.needs:
            followers[needed].append(name)
    return followers


def _released(followers: dict[str, list[str]], waiting: dict[str, int], done: list[str]) -> list[str]:
    """The steps that waited for nothing but what is done now."""
    released = []
    for name in done:
        for follower in followers[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                released.append(follower)
    return released


async def _cancel(tasks: dict[asyncio.Future[None], str]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.gather(*tasks, return_exceptions=True)


def plain(value: Any) -> Value:
    """An expression's value as it can be recorded.

    Raises:
        InputError: It cannot be; the message says what to do.
    """
    try:
        return normalise(value)
    except TypeError as error:
        raise InputError(str(error), hint="end a filter such as map or select with | list") from None
