"""What all parts of one run share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value
from genops.executor.effects import Effects
from genops.executor.record import around
from genops.store.records.runs import SpanKind, SpanRecord
from genops.tracing.context import activate
from genops.tracing.recorder import Recorder

if TYPE_CHECKING:
    from genops.chains import Node
    from genops.executor.closure import Closure
    from genops.executor.memo import Memo
    from genops.executor.schedule import Frame
    from genops.models import Gateway
    from genops.settings import Settings


RunStep = Callable[["Node", "Frame"], Awaitable[None]]


@dataclass(slots=True)
class Run:
    """One execution: its closure, its record, and its ways to the world.

    Attributes:
        settings: The project's.
        closure: The components that it runs with.
        recorder: Its record.
        gateway: For model calls.
        effects: The world, or a record of it.
        run_step: Runs one step of a block.
        memo: Results of earlier runs that may be reused; None to reuse none.
        repeat: Number of the repetition, from 0: repetitions share neither a memo's results nor cached answers.
        use_cache: Whether the response cache may answer model calls.
        stream_path: Position of the step whose text is streamed; None for none.
        on_text: Gets the streamed text.
        embed: Vectors of texts, for templates that choose their nearest examples.
        searched: Set by the first search: by then an index and its embedder are loaded.
        unkept: Positions of steps that failed or fell back, and of all that they are part of: none of it is memoised.
    """

    settings: Settings
    closure: Closure
    recorder: Recorder
    gateway: Gateway
    effects: Effects
    run_step: RunStep
    memo: Memo | None = None
    repeat: int = 0
    use_cache: bool = False
    stream_path: str | None = None
    on_text: Callable[[str], None] | None = None
    embed: Callable[[list[str]], Any] | None = None
    searched: asyncio.Event = field(default_factory=asyncio.Event)
    unkept: set[str] = field(default_factory=set)

    def never_keep(self, path: str) -> None:
        """Notes that the result of a step, and of all that it is part of, must not be memoised."""
        self.unkept.update(around(path), (path,))

    async def effect(
        self,
        kind: SpanKind,
        name: str,
        path: str,
        parent: SpanRecord,
        request: Value,
        perform: Callable[[SpanRecord], Awaitable[Value]],
        attributes: dict[str, Any] | None = None,
    ) -> Value:
        """Performs an effect, or injects its recorded outcome, and records it at its position.

        Raises:
            GenopsError: The effect failed; the failure is on record.
        """
        recorder = self.recorder
        asked = recorder.keep(request)
        span = recorder.start(kind, name, path, parent, input=asked, attributes=attributes)
        with recording(recorder, span):
            with activate(recorder, span):
                value = await self.effects.perform(path, asked, partial(perform, span))
            recorder.end(span, output=recorder.keep(value))
        return value


class recording:  # noqa: N801
    """Closes a span as failed or cancelled when its body ends so. A class and not a generator, as ``activate`` is."""

    __slots__ = ("_recorder", "_span")

    def __init__(self, recorder: Recorder, span: SpanRecord) -> None:
        self._recorder = recorder
        self._span = span

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None:
            self._recorder.fail(self._span, error)
