"""One process of vLLM with everything that it starts: a session of its own, of which nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from genops.serving.supervisor.output import Output
from genops.serving.supervisor.watcher import end_for_good

_CHUNK = 65_536
_LAST_WORDS = 2.0


class Child:
    """A server's process.

    Attributes:
        process_id: Of it, and of its session.
        exit_code: Negative for a signal; None while it lives.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        said: asyncio.StreamReader,
        output: Output,
        read: Callable[[str], None],
    ) -> None:
        self.process_id = process.pid
        self._process = process
        self._said = said
        self._output = output
        self._reading = asyncio.create_task(self._follow(read))

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        output: Output,
        read: Callable[[str], None],
    ) -> Child:
        """Starts it.

        Args:
            command: With its arguments.
            environment: All of it.
            folder: That it works in.
            output: That keeps what it writes.
            read: Is given each line.

        Raises:
            OSError: It cannot be started.
        """
        said, mouth = await _pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=mouth,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        finally:
            os.close(mouth)
        return cls(process, said, output, read)

    @property
    def exit_code(self) -> int | None:
        """Negative for a signal; None while it lives."""
        return self._process.returncode

    async def ended(self) -> int:
        """Waits until the process has ended; its exit code."""
        return await self._process.wait()

    async def end(self, wait: float) -> None:
        """Ends it and all that it started.

        Args:
            wait: Seconds that it has to end by itself after SIGTERM.
        """
        if wait > 0 and self.exit_code is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), wait)
        await asyncio.to_thread(end_for_good, self.process_id)
        await self._process.wait()
        done, _ = await asyncio.wait([self._reading], timeout=_LAST_WORDS)
        if not done:
            self._reading.cancel()
        self._output.end()

    async def _follow(self, read: Callable[[str], None]) -> None:
        while data := await self._said.read(_CHUNK):
            for line in self._output.add(data):
                read(line)


async def _pipe() -> tuple[asyncio.StreamReader, int]:
    """A pipe of our own: asyncio's would hide the end of a process as long as what it started holds its output."""
    ear, mouth = os.pipe()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(ear, "rb", 0))
    return reader, mouth
