"""One server of an alias, from its start over every crash to its end."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from genops.errors import GenopsError, StoreError
from genops.models.servers import NEUTRAL_SAMPLING
from genops.serving.files.digests import adapter_digest, digest_cache, digests_of
from genops.serving.supervisor.causes import ENGINE_DIED, Cause, Failed, cause_of
from genops.serving.supervisor.child import Child
from genops.serving.supervisor.guard import Guard
from genops.serving.supervisor.health import watch
from genops.serving.supervisor.output import Output
from genops.serving.supervisor.phases import Phases
from genops.serving.supervisor.plan import Plan, Told
from genops.serving.supervisor.ports import free_port, is_free, who_has
from genops.serving.supervisor.probe import NoAnswer, Probe
from genops.serving.supervisor.start import Start
from genops.serving.supervisor.watcher import end_session
from genops.store import Store
from genops.store.records.serving import ServedRecord, ServerState
from genops.tracing.recorder import new_id

_SAMPLING = re.compile(r"sampling parameters have been overridden by .*?: `(\{.*?\})`")


_LAST_WORDS = 10


class Replica:
    """A server under supervision.

    Attributes:
        record: Where it stands; kept in the store at every change and every few seconds.
        cause: Why it was given up; None where it was not.
    """

    def __init__(self, plan: Plan, number: int, host: str, store: Store, guard: Guard, told: Told) -> None:
        self.cause: Cause | None = None
        self._plan = plan
        self._number = number
        self._store = store
        self._guard = guard
        self._told = told
        self._output = Output(plan.folder / f"replica-{number}.log", plan.key)
        self._child: Child | None = None
        self._probe: Probe | None = None
        self._phases = Phases(time.monotonic())
        self._engine_died = asyncio.Event()
        self._loaded: dict[str, str] = {}
        self._sampling: dict[str, Any] = {}
        self._digests: asyncio.Task[None] | None = None
        self._unwritten = ""
        self._writing = asyncio.Lock()
        self._answered: float | None = None
        now = time.time_ns()
        self.record = ServedRecord(
            id=new_id(128),
            alias=plan.alias,
            replica=number,
            host=host,
            supervisor=os.getpid(),
            engine_pid=None,
            url="",
            state="starting",
            phase="",
            started=now,
            ready=None,
            ended=None,
            beat=now,
            engine=str(plan.installation),
            model=plan.launch.model,
            digests={},
            adapters={},
            sampling={},
            arguments=[],
            key_file=plan.key_file,
            log=str(self._output.path),
        )

    async def live(self) -> None:
        """Serves, and starts again after a crash, until it is cancelled or given up."""
        pace, crashes, delay = self._plan.pace, 0, 0.0
        while True:
            self._answered = None
            try:
                cause = await self._serve()
            except Failed as failed:
                cause = failed.cause
            await self._clear(0.0)
            steady = self._answered is not None and time.monotonic() - self._answered > pace.steady
            crashes = 1 if steady else crashes + 1
            never = self.record.ready is None and not (cause.code == "port" and self._plan.block.port is None)
            if never or not cause.heals or crashes > pace.restarts:
                self.cause = cause
                if cause.code == "unknown":
                    self._say("\n  ".join(["it wrote last:", *list(self._output.lines)[-_LAST_WORDS:]]))
                await self.keep("failed", reason=str(cause), ended=time.time_ns(), phase="", engine_pid=None)
                return
            delay = min(pace.back_off * 2 ** (crashes - 1), pace.longest)
            self._say(f"{cause}; starts again in {delay:g} s")
            restarts = self.record.restarts + 1
            await self.keep("failing", reason=str(cause), restarts=restarts, phase="", engine_pid=None, adapters={})
            await asyncio.sleep(delay)

    async def drain(self, hurry: asyncio.Event) -> None:
        """Ends the server: nobody resolves to it any more, requests under way may finish, then it goes.

        Args:
            hurry: Ends it at once.
        """
        if self.record.ended is not None:
            return
        await self.keep("stopping")
        serving = self._child is not None and self._child.exit_code is None and not self.record.phase
        left = 0.0
        if serving and self._probe is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle(self._probe, hurry), self._plan.block.drain_timeout)
            reading = await self._probe.reading()
            left = sum(reading.gauges.get(name, 0.0) for name in ("running", "waiting")) if reading else 0.0
        if left:
            self._say("1 request was cut off" if left == 1 else f"{left:.0f} requests were cut off")
        await self._clear(0.0 if hurry.is_set() or left else self._plan.pace.kill)
        await self.keep("stopped", ended=time.time_ns(), phase="", engine_pid=None)

    async def beat(self) -> None:
        """Writes that its supervisor lives, and which adapters the engine has: they come and go while it runs."""
        if self.record.state == "ready" and self._probe is not None:
            await self._see_adapters(self._probe)
        if self.record.ended is None:
            await self.keep(self.record.state)

    def kill(self) -> None:
        """Ends the process at once; what waits for it goes on."""
        if self._child is not None:
            end_session(self._child.process_id)

    async def keep(self, state: ServerState, **changes: Any) -> None:
        """Writes where it stands; a store that is away is told of once and tried again at the next beat."""
        self.record = replace(self.record, state=state, beat=time.time_ns(), **changes)
        try:
            async with self._writing:
                await asyncio.to_thread(self._store.keep_served, self.record)
            self._unwritten = ""
        except StoreError as error:
            if not self._unwritten:
                self._say(f"where it stands cannot be written: {error.message}")
            self._unwritten = error.message

    async def _serve(self) -> Cause:
        """One start and what follows it, until it fails; cancelled, it leaves the process as it is.

        Raises:
            Failed: It cannot be started, or answers nothing.
        """
        child = await self._launch()
        work = asyncio.create_task(self._start_and_watch(child))
        ends = [asyncio.create_task(child.ended()), asyncio.create_task(self._engine_died.wait())]
        try:
            await asyncio.wait([work, *ends], return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not any(end.done() for end in ends):
                work.result()
        finally:
            for task in (work, *ends):
                task.cancel()
            with suppress(asyncio.CancelledError, Failed):
                await work
        code = child.exit_code
        await child.end(0.0)  # what it started may live on, and has last words too
        return cause_of(self._output.lines, code, self.record.phase)

    async def _launch(self) -> Child:
        plan, block = self._plan, self._plan.block
        port = self._port()
        environment = plan.environment(self.record.id, self._number)
        command = plan.launch.at(block.host, port)
        self._output.begin(f"start {self.record.restarts + 1} of {plan.alias}, replica {self._number}")
        self._phases = Phases(time.monotonic())
        self._engine_died.clear()
        try:
            root = plan.settings.root.resolve()
            self._child = await Child.start(command, environment, root, self._output, self._read)
        except OSError as error:
            raise Failed(Cause("start", f"{command[0]} cannot be run: {error.strerror or error}", "")) from None
        self._guard.add(self._child.process_id)
        url = f"http://{_reached_at(block.host)}:{port}/v1"
        self._probe = Probe(url, plan.key)
        if self._digests is None:
            self._digests = asyncio.create_task(self._find_digests())
        await self.keep(
            "starting", phase=self._phases.now, engine_pid=self._child.process_id, url=url, arguments=command, reason=""
        )
        self._say(f"{plan.installation} starts at {url}, its log is {self._output.path}")
        return self._child

    def _port(self) -> int:
        host, wanted = self._plan.block.host, self._plan.block.port
        try:
            if wanted is None:
                return free_port(host)
            port = wanted + self._number
            free = port < 65_536 and is_free(host, port)
        except OSError as error:
            raise Failed(
                Cause("host", f"{host} cannot be listened on: {error.strerror or error}", "see `host` and `port`")
            ) from None
        if not free:
            who = who_has(port) or "another process"
            raise Failed(Cause("port", f"port {port} is taken by {who}", "give another `port`, or none for a free one"))
        return port

    async def _start_and_watch(self, child: Child) -> None:
        assert self._probe is not None
        start = Start(self._plan, self._probe, self._phases, self._output, self._say, self._enter)
        await start.until_it_listens()
        await start.until_it_answers(self._loaded, child)
        await self._become_ready(self._probe)
        await watch(self._probe, self._plan.launch.name, self._plan.pace, self._output)

    async def _become_ready(self, probe: Probe) -> None:
        times = self._phases.end(time.monotonic())
        took = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in times.items())
        await self._see_adapters(probe)
        ready, self._answered = self.record.ready or time.time_ns(), time.monotonic()
        await self.keep("ready", phase="", ready=ready, reason="", sampling=self._defaults())
        self._say(f"ready at {self.record.url} after {sum(times.values()):.1f} s ({took})")

    def _defaults(self) -> dict[str, Any]:
        """What it samples with where a request says nothing; nothing is said where that is not known."""
        known = self._sampling or self._plan.block.generation_config == "vllm"
        return {**NEUTRAL_SAMPLING, **self._sampling} if known else {}

    async def _see_adapters(self, probe: Probe) -> None:
        """Takes down which adapters the engine has."""
        try:
            models = await probe.models()
        except NoAnswer:
            return
        before = self._loaded
        self._loaded = {name: path for name, path in models.items() if name != self._plan.launch.name}
        adapters = {name: self.record.adapters.get(name, "") for name in self._loaded}
        for name, path in self._loaded.items():
            if path != before.get(name) or not adapters[name]:
                with suppress(GenopsError):
                    cache = digest_cache(self._plan.settings)
                    adapters[name] = await asyncio.to_thread(adapter_digest, Path(path), cache)
        self.record = replace(self.record, adapters=adapters)

    async def _find_digests(self) -> None:
        """Hashes the model's files while it loads; those of a hub model are there only when it has been downloaded."""
        while self.record.ended is None:
            try:
                digests = await asyncio.to_thread(digests_of, self._plan.settings, self._plan.alias, self._leaves)
            except GenopsError as error:
                if self._leaves():
                    return
                if self.record.ready is not None:
                    self._say(f"what it serves could not be hashed: {error.message}")
                    return
                await asyncio.sleep(5 * self._plan.pace.poll)
                continue
            await self.keep(self.record.state, digests=digests)
            return

    def _leaves(self) -> bool:
        return self.record.state in ("stopping", "stopped", "failed")

    async def _idle(self, probe: Probe, hurry: asyncio.Event) -> None:
        """Waits until no request is under way; callers that do not know yet that it stops are served too."""
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), self._plan.pace.leave)
        while not hurry.is_set():
            reading = await probe.reading()
            if reading is None or not any(reading.gauges.get(name, 0.0) for name in ("running", "waiting")):
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), min(0.2, self._plan.pace.poll))

    async def _clear(self, wait: float) -> None:
        """Ends what is left of the process."""
        if self._probe is not None:
            await self._probe.close()
            self._probe = None
        child, self._child = self._child, None
        if child is not None:
            await child.end(wait)
            self._guard.remove(child.process_id)

    def _read(self, line: str) -> None:
        if ENGINE_DIED.search(line):
            self._engine_died.set()
        self._phases.read(line, time.monotonic())
        found = _SAMPLING.search(line)
        if found:
            with suppress(ValueError, SyntaxError):
                self._sampling = dict(ast.literal_eval(found[1]))

    async def _enter(self, phase: str) -> None:
        await self.keep("starting", phase=phase)

    def _say(self, line: str) -> None:
        self._told(self._number, line)


def _reached_at(host: str) -> str:
    """How this machine reaches a server that listens there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{here}]" if ":" in here else here
