"""The long-lived process that serves an alias: its servers, their signs of life, and their end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from genops.errors import GenopsError, Unfinished, UsageError
from genops.models.supervised import holder
from genops.serving.spans import OURS, SpanReceiver
from genops.serving.supervisor.causes import Cause
from genops.serving.supervisor.guard import Guard
from genops.serving.supervisor.plan import Pace, Plan, Told, folder_of, make_folder
from genops.serving.supervisor.replica import Replica
from genops.serving.supervisor.standing import hold, settle
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord


@dataclass
class Supervisor:
    """Serves an alias until it is stopped.

    Attributes:
        settings: Of the project.
        store: Where the servers stand, so that aliases resolve to them.
        alias: Name of the alias.
        told: Is told what the servers do.
        pace: How often and how long.
    """

    settings: Settings
    store: Store
    alias: str
    told: Told
    pace: Pace = field(default_factory=Pace)
    _replicas: list[Replica] = field(default_factory=list, init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _hurry: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def records(self) -> list[ServedRecord]:
        """Where its servers stand."""
        return [replica.record for replica in self._replicas]

    @property
    def hurried(self) -> bool:
        """Whether it was told twice to stop."""
        return self._hurry.is_set()

    def stop(self) -> None:
        """Lets requests finish and ends the servers; told again, it ends them at once."""
        if self._stop.is_set():
            self._hurry.set()
            for replica in self._replicas:
                replica.kill()
        self._stop.set()

    async def run(self) -> None:
        """Serves until :meth:`stop`.

        Raises:
            UsageError: The alias is served already, or cannot be served as the settings have it.
            Unfinished: Every server failed for good; the message says why.
        """
        folder = folder_of(self.settings, self.alias)
        make_folder(folder)
        lock = hold(folder)
        if lock is None:
            raise self._served_already(holder(folder))
        try:
            await self._refuse_second()
            async with self._spans_taken_in() as receiver:
                plan = await self._planned(receiver)
                causes = await self._serve(plan) if plan is not None else ()
        finally:
            os.close(lock)
        if causes:
            first = causes[0]
            log = f"the log is {self.records[0].log}"
            raise Unfinished(f"{self.alias}: {first.message}", hint=f"{first.hint}; {log}" if first.hint else log)

    async def _planned(self, receiver: SpanReceiver | None) -> Plan | None:
        """The plan; None where it was told to stop meanwhile."""
        try:
            plan = await asyncio.to_thread(Plan.make, self.settings, self.alias, self.pace, receiver)
        except GenopsError:
            if not self._stop.is_set():  # Ctrl-C in a terminal ends the vLLM that is asked for its flags, too
                raise
            return None
        return None if self._stop.is_set() else plan

    @asynccontextmanager
    async def _spans_taken_in(self) -> AsyncIterator[SpanReceiver | None]:
        """What takes in the engine's spans, where the block says so."""
        block = self.settings.alias(self.alias).vllm
        if block is None or block.traces != OURS:
            yield None
            return
        receiver = SpanReceiver(self.settings, self.store)
        await receiver.start()
        try:
            yield receiver
        finally:
            await receiver.close()

    async def _serve(self, plan: Plan) -> Sequence[Cause]:
        """Why all servers failed; nothing when it was told to stop."""
        guard, host = Guard(), socket.gethostname()
        self._replicas = [
            Replica(plan, number, host, self.store, guard, self.told) for number in range(plan.block.replicas)
        ]
        lives = [asyncio.create_task(replica.live()) for replica in self._replicas]
        beating = asyncio.create_task(self._beat(guard))
        stopping = asyncio.create_task(self._stop.wait())
        all_ended = asyncio.create_task(asyncio.wait(lives, return_when=asyncio.FIRST_EXCEPTION))
        try:
            first: set[asyncio.Future[Any]] = {all_ended, stopping, beating}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (all_ended, stopping, *lives):
                task.cancel()
            await asyncio.wait(lives)
            await asyncio.gather(*(replica.drain(self._hurry) for replica in self._replicas))
            guard.close()
        for task in (beating, *lives):
            if task.done() and not task.cancelled():
                task.result()  # a bug, if there was one
        beating.cancel()
        causes = [replica.cause for replica in self._replicas if replica.cause is not None]
        return causes if len(causes) == len(self._replicas) else ()

    async def _beat(self, guard: Guard) -> None:
        while True:
            await asyncio.sleep(self.pace.beat)
            guard.renew()
            await asyncio.gather(*(replica.beat() for replica in self._replicas))

    async def _refuse_second(self) -> None:
        """Whatever holds the lock of this folder, the alias may be served from another one.

        Raises:
            UsageError: It is.
        """
        await asyncio.to_thread(settle, self.settings, self.store, self.alias)
        live = await asyncio.to_thread(self.store.served, self.alias)
        if live:
            raise self._served_already(live[0].supervisor, live[0])

    def _served_already(self, process: int | None, record: ServedRecord | None = None) -> UsageError:
        where = f" on {record.host}" if record is not None and record.host != socket.gethostname() else ""
        at = f" at {record.url}" if record is not None and record.url else ""
        return UsageError(
            f"{self.alias!r} is served already, by process {process or 'unknown'}{where}{at}",
            hint=f"`genops model stop {self.alias}` ends it; for more servers of it set `replicas`",
        )


def serve(settings: Settings, store: Store, alias: str, told: Told, pace: Pace | None = None) -> bool:
    """Serves an alias until Ctrl-C, SIGTERM or SIGHUP; a second one ends the servers at once.

    Args:
        settings: Of the project.
        store: Where the servers stand.
        alias: Name of the alias.
        told: Is told what the servers do.
        pace: How often and how long.

    Returns:
        Whether requests under way had the time to finish.

    Raises:
        UsageError: The alias is served already, or cannot be served as the settings have it.
        Unfinished: Every server failed for good; the message says why.
    """
    return asyncio.run(_serve(Supervisor(settings, store, alias, told, pace or Pace())))


async def _serve(supervisor: Supervisor) -> bool:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` ignores SIGHUP, which stays so
            loop.add_signal_handler(number, supervisor.stop)
    await supervisor.run()
    return not supervisor.hurried
