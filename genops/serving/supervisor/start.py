"""From a process to a server that has answered for real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from genops.serving.supervisor.causes import Cause, Failed, known_cause
from genops.serving.supervisor.child import Child
from genops.serving.supervisor.downloads import downloading
from genops.serving.supervisor.output import Output
from genops.serving.supervisor.phases import ANSWER, DOWNLOAD, USUALLY, Phases
from genops.serving.supervisor.plan import Plan
from genops.serving.supervisor.probe import NoAnswer, Probe

_WARN_AFTER = 0.25

T = TypeVar("T")


@dataclass
class Start:
    """A start of a server.

    Attributes:
        plan: What is served.
        probe: Asks the server.
        phases: Where the start is, as the log tells.
        output: What the server wrote.
        say: Is told what people should know.
        entered: Is told of each phase that begins.
    """

    plan: Plan
    probe: Probe
    phases: Phases
    output: Output
    say: Callable[[str], None]
    entered: Callable[[str], Awaitable[None]]
    _told: str = field(init=False)

    def __post_init__(self) -> None:
        self._told = self.phases.now

    async def until_it_listens(self) -> None:
        """Waits for the port to open, and looks after the phases meanwhile.

        Raises:
            Failed: It shows no progress for too long.
        """
        patience, warned = self.plan.block.start_timeout, False
        bytes_before: int | None = None
        while not await self.probe.listens():
            now = time.monotonic()
            bytes_before = self._see_download(bytes_before, now)
            if await self._tell_phase():
                warned = False
            silent = now - self.phases.progress
            if silent > patience:
                message = f"the phase {self._told!r} showed no progress for {patience:g} s"
                stuck = Cause("stuck", message, f"usually {USUALLY[self._told]}")
                raise Failed(known_cause(self.output.lines) or stuck)
            if not warned and silent > _WARN_AFTER * patience:
                warned = True
                self.say(f"{self._told} has shown no progress for {silent:.0f} s; usually {USUALLY[self._told]}")
            await asyncio.sleep(self.plan.pace.poll)

    async def until_it_answers(self, loaded: Mapping[str, str], child: Child) -> None:
        """Asks the model and each adapter for real: a server may listen, be healthy, and answer nothing.

        Args:
            loaded: Paths of adapters that it had before a crash, by name: they are loaded again.
            child: The process.

        Raises:
            Failed: One does not answer.
        """
        self.phases.enter(ANSWER, time.monotonic())
        await self._tell_phase()
        models = await self._asked(self.probe.models(), child)
        name = self.plan.launch.name
        if name not in models:
            message = f"what listens there does not serve {name!r} but {', '.join(models) or 'nothing'}"
            raise Failed(Cause("stranger", message, "give another `port`"))
        for adapter, path in loaded.items():
            if models.get(adapter) != path:
                try:
                    await self.probe.load_adapter(adapter, path, models.get(adapter, ""))
                except NoAnswer as error:
                    self.say(f"the adapter {adapter!r} could not be loaded again: {error}")
        for one in (name, *self.plan.block.adapters):
            await self._asked(self.probe.complete(one, self.plan.block.start_timeout), child, one)

    async def _tell_phase(self) -> bool:
        """Tells of the phase that it is in, unless it was told; whether it did."""
        if self.phases.now == self._told:
            return False
        self._told = self.phases.now
        self.say(f"{self._told} …")
        await self.entered(self._told)
        return True

    async def _asked(self, question: Awaitable[T], child: Child, what: str = "") -> T:
        """An answer, or why there is none: the log says more than the status of the answer."""
        try:
            return await question
        except NoAnswer as error:
            with suppress(TimeoutError):  # an engine that died takes its server with it, which says why
                await asyncio.wait_for(child.ended(), 0.0 if error.refused else self.plan.pace.kill)
            who = f"{what}: " if what in self.plan.block.adapters else ""
            unknown = Cause("first_answer", f"{who}{error}", f"it listens, but {USUALLY[ANSWER]}", heals=True)
            raise Failed(known_cause([*self.output.lines, str(error)]) or unknown) from None

    def _see_download(self, before: int | None, now: float) -> int | None:
        """Takes a download that grows for progress; how far it is."""
        arrived = downloading(self.plan.settings.alias(self.plan.alias))
        if before is not None and arrived is not None and arrived != before:
            self.phases.enter(DOWNLOAD, now)
            self.phases.progress = now
        return arrived
