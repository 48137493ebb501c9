"""The tool calls of a trace, those of agents and those of chains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from genops.artifacts import Value
from genops.store.records.runs import SpanRecord
from genops.tracing.trace import Trace

_NUMBER = re.compile(r"\[\d+\]$")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that was carried out, well or not.

    Attributes:
        name: As the model calls the tool; in a chain, the tool's own.
        target: The tool's, the index's or the chain's own name.
        arguments: As they were given.
        span: Of the call.
    """

    name: str
    target: str
    arguments: Mapping[str, Value]
    span: SpanRecord

    def is_of(self, tool: str) -> bool:
        """Whether it is a call of the tool of that name."""
        return tool in (self.name, self.target)


def tool_calls(trace: Trace) -> Iterator[ToolCall]:
    """The calls in the order of the trace. A call that came to nothing, of a tool that there is not, is none."""
    by_number = {span.number: span for span in trace.spans}
    for _, span in trace.walk():
        parent = by_number.get(span.parent or 0)
        agent = by_number.get(parent.parent or 0) if parent is not None and parent.kind == "scope" else None
        by_agent = agent is not None and agent.kind == "agent"
        if span.kind == "tool" or (by_agent and span.kind in ("retrieve", "scope")):
            name = _NUMBER.sub("", span.path.rpartition("/")[2])
            yield ToolCall(name, name if span.kind == "scope" else span.name, _arguments(trace, span), span)


def _arguments(trace: Trace, span: SpanRecord) -> Mapping[str, Value]:
    given = trace.value(span.input)
    if not isinstance(given, dict):
        return {}
    if span.kind == "tool":
        arguments = given.get("arguments")
        return arguments if isinstance(arguments, dict) else {}
    return {"query": given.get("query")} if span.kind == "retrieve" else given
