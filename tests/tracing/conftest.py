"""A finished run as the executor leaves it: retrieval, model call, a tool that failed, an HTTP request."""

from dataclasses import dataclass

import pytest

from genops.artifacts import encode
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing import telemetry
from tests.servers.otlp_receiver import OtlpReceiver

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER_SPAN = "00f067aa0ba902b7"
START = 1_700_000_000_000_000_000


@dataclass
class FinishedRun:
    run: RunRecord
    spans: list[SpanRecord]
    payloads: dict[str, bytes]

    def __iter__(self):
        return iter((self.run, self.spans, self.payloads.get))


@pytest.fixture
def finished_run():
    payloads = {}

    def keep(value):
        payload = encode(value)
        payloads[payload.digest] = payload.data
        return payload.digest

    run = RunRecord(
        id="aa" * 16, trace_id=TRACE_ID, chain="answer_docs", started=START, ended=START + 9_000, status="ok",
        lock="cd" * 32, session="s1", user="u1", tags=["demo"],
    )  # fmt: skip

    def span(number, parent, kind, name, path, **rest):
        times = {"started": START + number * 1000, "ended": START + number * 1000 + 500}
        return SpanRecord(
            run=run.id, number=number, parent=parent, span_id=f"{number:016x}", path=path, kind=kind, name=name,
            **{**times, "status": "ok", **rest},
        )  # fmt: skip

    request = {"messages": [{"role": "user", "content": "Who? 🦊 \ud83d"}], "parameters": {"temperature": 0.5}}
    answer = {"text": "Ada", "tool_calls": [], "finish_reason": "stop"}
    attempts = [{"error": "RateLimited", "message": "slow down", "delay": 0.25}]
    hits = [("docs/start.md:0", 0.75), ("docs/start.md:3", 0.5)]
    model = telemetry.model_request_attributes(
        alias="small", provider="openai", model="gpt-4o-mini", digest="ef" * 32, parameters={"temperature": 0.5}
    ) | telemetry.model_response_attributes(
        model="gpt-4o-mini-2024", finish_reason="stop", input_tokens=12, output_tokens=3, cost=0.00025
    )
    spans = [
        span(1, None, "chain", "answer_docs", "", input=keep({"question": "Who?"}), output=keep("Ada"),
             attributes=telemetry.chain_attributes(run, CALLER_SPAN)),
        span(2, 1, "retrieve", "docs", "find", input=keep({"query": "Who?", "k": 2}), output=keep([{"text": "t"}]),
             attributes=telemetry.retrieval_attributes(index="docs", snapshot="12" * 32, k=2, hits=hits)),
        span(3, 1, "step", "answer", "answer", input=keep({}), output=keep("Ada"),
             patch=[{"op": "add", "path": "/steps/answer", "value": "Ada"}],
             attributes=telemetry.prompt_attributes(name="answer_question", version=3, digest="ab" * 32)),
        span(4, 3, "model", "small", "answer/model", input=keep(request), output=keep(answer),
             attributes=model | {telemetry.ATTEMPTS: attempts}),
        span(5, 1, "tool", "look_up", "look", input=keep({"tool": "ab" * 32, "arguments": {"name": "Ada"}}),
             status="error",
             error={"type": "ToolError", "message": "no Ada here"},
             attributes=telemetry.tool_attributes(name="look_up", call_id="call_1") | {"error.type": "ToolError"}),
        span(6, 1, "http", "fetch", "fetch", attributes=telemetry.http_attributes(
            method="get", url="https://user:pw@example.org:8443/x?key=1", status=200)),
        span(7, 1, "step", "skip_me", "skip_me", status="skipped"),
    ]  # fmt: skip
    return FinishedRun(run, spans, payloads)


@pytest.fixture
def receiver(monkeypatch):
    with OtlpReceiver() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        yield server
