"""``command``: a program that gets the message as JSON on its standard input. No shell is involved."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from contextlib import suppress
from typing import IO, Annotated

from pydantic import Field

from genops.monitoring.alerts.channels.channel import Channel, NotAccepted
from genops.monitoring.alerts.harmless import one_line
from genops.monitoring.alerts.message import Message

_SHOWN = 4_096


class Command(Channel):
    """Runs a program in the project's folder and takes exit code 0 for accepted.

    Attributes:
        command: Program and arguments; a program with a slash in its name is relative to the project's folder.
    """

    command: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Runs it; what it leaves running when its time is over is killed with it."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(json.dumps(message.body()).encode())
            given.seek(0)
            code = await self._run(given, said)
            if code != 0:
                raise NotAccepted(f"{self._shown} ended with {_ending(code)}{_last_line(said)}")

    @property
    def _shown(self) -> str:
        return one_line(self.command[0], 80)

    async def _run(self, given: IO[bytes], said: IO[bytes]) -> int:
        program, *arguments = self.command
        if "/" in program:
            program = str(self._root.resolve() / program)
        try:
            process = await asyncio.create_subprocess_exec(
                program, *arguments, stdin=given, stdout=said, stderr=said, cwd=self._root, start_new_session=True
            )
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            raise NotAccepted(f"{self._shown} cannot be started: {one_line(why, 200)}") from None
        try:
            async with asyncio.timeout(self.timeout):
                return await process.wait()
        except TimeoutError:
            raise NotAccepted(f"{self._shown} did not end within {self.timeout:g} s") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"


def _last_line(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _SHOWN))
    lines = said.read(_SHOWN).decode("utf-8", "replace").strip().splitlines()
    return f": {one_line(lines[-1], 200)}" if lines else ""
