"""Steps of a trace, by name or position."""

from __future__ import annotations

import re

from genops.store.records.runs import SpanRecord
from genops.tracing.trace import Trace


def steps_at(trace: Trace, pattern: str) -> list[SpanRecord]:
    """The steps that ran, well or not: those with a name, or at a position, where ``*`` stands for any characters."""
    wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    return [
        span
        for _, span in trace.walk()
        if span.kind in ("step", "agent")
        and span.status in ("ok", "error")
        and (wanted.fullmatch(span.name) or wanted.fullmatch(span.path))
    ]
