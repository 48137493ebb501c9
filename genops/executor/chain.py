"""A chain as users hold it: loaded once, run many times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from genops.artifacts import Lock, Reference
from genops.chains import ChainBuilder, ChainDefinition
from genops.errors import LockMismatch
from genops.executor.closure import Closure
from genops.executor.engine import RunOptions, RunResult, run_chain
from genops.executor.project import Project
from genops.executor.typed import I, O, TypedChain
from genops.models.loop_thread import on_loop, run_sync


class Chain:
    """A chain with everything that it refers to, resolved.

    The components are read once, when the chain is made: a later change to a file does not reach it.

    Attributes:
        project: The project that it runs in.
        reference: How it was referred to.
        closure: The chain and its components.
    """

    def __init__(self, project: Project, reference: str, closure: Closure) -> None:
        self.project = project
        self.reference = reference
        self.closure = closure
        self._defaults = RunOptions(reference=reference)

    @classmethod
    def load(cls, reference: str, *, locked: bool = False, project: Project | None = None) -> Chain:
        """A chain by reference: ``answer``, ``answer@3``, ``answer@production``, ``answer@git:main``, ``answer#1f2e``.

        Args:
            reference: Which chain.
            locked: Whether to refuse when the components are not those of ``chains/NAME.lock``.
            project: Default: the project that the working folder is in.

        Raises:
            ReferenceNotFound: It, or something that it refers to, is not there.
            DefinitionError: A file is broken.
            LockMismatch: With ``locked``: something has changed since the lock was written.
        """
        project = project or Project.current()
        chain = cls(
            project, reference, project.closure(project.source.chain(reference), project.source.inside(reference))
        )
        if locked:
            chain.require_locked()
        return chain

    @classmethod
    def define(
        cls,
        name: str,
        *,
        steps: Mapping[str, Any],
        output: Any = None,
        inputs: Mapping[str, Any] | None = None,
        description: str = "",
        project: Project | None = None,
    ) -> Chain:
        """A chain made in Python, of the same data as in a file (:meth:`built` has typed steps).

        Raises:
            DefinitionError: It is not a chain.
        """
        project = project or Project.current()
        data: dict[str, Any] = {"description": description, "inputs": dict(inputs or {}), "steps": dict(steps)}
        if output is not None:
            data["output"] = output
        return cls(project, name, project.closure(ChainDefinition.from_data(data, name)))

    @classmethod
    def built(cls, name: str, builder: ChainBuilder, *, description: str = "", project: Project | None = None) -> Chain:
        """A chain from a :class:`~genops.chains.build.ChainBuilder`.

        Raises:
            DefinitionError: It is not a chain.
        """
        data = builder.data()
        return cls.define(
            name,
            steps=data["steps"],
            output=data.get("output"),
            inputs=builder.declared,
            description=description,
            project=project,
        )

    def typed(self, inputs: type[I], output: type[O]) -> TypedChain[I, O]:
        """The chain with a pydantic model for its inputs and any type that pydantic knows for its output.

        Raises:
            DefinitionError: The model's fields are not the chain's inputs.
        """
        return TypedChain(self, inputs, output)

    @property
    def name(self) -> str:
        """The chain's name."""
        return self.closure.root.name

    @property
    def lock(self) -> Lock:
        """Digests of everything that the chain runs with."""
        return self.closure.lock

    def run(self, /, **inputs: Any) -> RunResult:
        """Runs the chain and waits for it.

        Raises:
            InputError: The inputs do not fit the declaration.
            GenopsError: A step failed; what was recorded is kept under ``error.run``.
        """
        return run_sync(run_chain(self.project, self.closure, inputs, self._options(None)))

    async def arun(self, /, **inputs: Any) -> RunResult:
        """As :meth:`run`, awaited."""
        return await self.run_with(inputs)

    async def run_with(self, inputs: Mapping[str, Any], options: RunOptions | None = None) -> RunResult:
        """Runs the chain with options: session, user, tags, caches."""
        return await on_loop(run_chain(self.project, self.closure, inputs, self._options(options)))

    def run_sync(self, inputs: Mapping[str, Any], options: RunOptions | None = None) -> RunResult:
        """As :meth:`run_with`, and waits."""
        return run_sync(run_chain(self.project, self.closure, inputs, self._options(options)))

    async def stream(self, /, **inputs: Any) -> AsyncIterator[str]:
        """The output's text, piece by piece; in one piece when the output cannot be streamed.

        Text is streamed when the output is that of a prompt step with no schema and nothing after it that checks it.
        """
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        here = asyncio.get_running_loop()
        shown = False

        def put(text: str | None) -> None:
            here.call_soon_threadsafe(pieces.put_nowait, text)

        task = asyncio.create_task(self.run_with(inputs, RunOptions(on_text=put)))
        task.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                shown = True
                yield piece
            result = await task
        finally:
            task.cancel()
        if not shown:
            yield result.output if isinstance(result.output, str) else str(result.output)

    def _options(self, options: RunOptions | None) -> RunOptions:
        if options is None:
            return self._defaults
        return options if options.reference else replace(options, reference=self.reference)

    @property
    def lock_path(self) -> Path:
        """Where the chain's lock file stands."""
        settings = self.project.settings
        return settings.root / settings.paths.chains / f"{Reference.parse(self.reference).name}.lock"

    def require_locked(self) -> None:
        """Compares with the lock file.

        Raises:
            LockMismatch: There is none, or it differs; the message lists the components.
        """
        locked = Lock.load(self.lock_path, self.lock_path.relative_to(self.project.settings.root))
        if locked.digest != self.lock.digest:
            changes = locked.differences(self.lock)
            raise LockMismatch(
                f"{self.reference!r} is not what its lock pins:\n  " + "\n  ".join(changes),
                hint=f"review the changes, then `genops chain lock {self.name}`",
            )

    def write_lock(self) -> Path:
        """Writes ``chains/NAME.lock``; gives its path.

        Raises:
            Unfinished: The disk does not take it; what stood there stays.
        """
        self.lock.save(self.lock_path)
        return self.lock_path
