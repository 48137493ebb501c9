"""Whether a server that is ready still answers."""

from __future__ import annotations

import asyncio

from genops.serving.supervisor.causes import Cause, Failed, known_cause
from genops.serving.supervisor.output import Output
from genops.serving.supervisor.plan import Pace
from genops.serving.supervisor.probe import NoAnswer, Probe

_LOST = 2


async def watch(probe: Probe, name: str, pace: Pace, output: Output) -> None:
    """Looks after a server: tokens that it made since the last look, else a real completion, show that it lives.

    Args:
        probe: Asks it.
        name: Of the model.
        pace: How often it is looked at.
        output: What it wrote, which may say why it is dead.

    Raises:
        Failed: It listens and answers nothing, twice in a row.
    """
    lost, tokens = 0, -1.0
    while True:
        await asyncio.sleep(pace.check)
        before, tokens = tokens, await _tokens(probe)
        if tokens > before >= 0:
            lost = 0
            continue
        try:
            await probe.complete(name, pace.answer)
            lost, tokens = 0, await _tokens(probe)
        except NoAnswer as error:
            if await _tokens(probe) > tokens >= 0:
                continue  # it is only busy
            lost += 1
            if lost >= _LOST:
                message = f"the server listens and answers no request ({error})"
                dead = Cause("dead", message, "its engine hangs or is dead", heals=True)
                raise Failed(known_cause(output.lines) or dead) from None


async def _tokens(probe: Probe) -> float:
    """Tokens read and made since the engine started; -1 where it does not say."""
    reading = await probe.reading()
    if reading is None:
        return -1.0
    return sum(reading.counters.get(name, 0.0) for name in ("input_tokens", "output_tokens"))
