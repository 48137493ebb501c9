"""What an engine says it did for a request stands below the model call that it did it for."""

import asyncio
import time
import urllib.error
import urllib.request

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.cli.trace_tree import render_tree
from genops.serving.spans import SpanReceiver
from tests.executor.site import site
from tests.models.served_world import record

__all__ = ["site"]

LATENCIES = {
    "gen_ai.latency.time_in_queue": 0.001,
    "gen_ai.latency.time_in_model_prefill": 0.002,
    "gen_ai.latency.time_in_model_decode": 0.003,
    "gen_ai.latency.time_to_first_token": 0.004,
    "gen_ai.latency.e2e": 0.006,
}
FIGURES = ("queue_s", "prefill_s", "decode_s", "time_to_first_token_s")
CHAIN = """
    inputs: {q: str}
    steps:
      say: {prompt: ask, with: {question: "{{ inputs.q }}"}}
    output: "{{ steps.say.output }}"
    """


class Engine:
    """Sends spans as vLLM does: by the SDK's exporter, below what ``traceparent`` names."""

    def __init__(self, receiver, **options):
        header, _, key = receiver.environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].partition("=")
        self.exporter = OTLPSpanExporter(receiver.url, headers={header: key}, timeout=5, **options)
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("vllm.v1.engine.output_processor")

    def worked(self, traceparent, **more):
        context = TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None
        started = time.time_ns() - 10_000_000
        span = self.tracer.start_span("llm_request", context, SpanKind.SERVER, start_time=started)
        span.set_attributes({**LATENCIES, "gen_ai.request.id": "chatcmpl-1", **more})
        span.end()


@pytest.fixture
def server():
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def ran(site, server):
    """A run of a served model: the site, the run, and the traceparent that its call carried."""
    site.prompt("ask")
    site.settings('[models.m]\nmodel = "vllm/tiny"\n[models.m.vllm]\n')
    site.project.store.keep_served(record(server.url, alias="m"))
    result = site.chain(CHAIN).run(q="why")
    site.project.store.writer.flush()
    return site, result, server.requests[0].headers["traceparent"]


async def received(site, work, passes=2):
    """What the receiver makes of what an engine sends."""
    receiver = SpanReceiver(site.project.settings, site.project.store)
    await receiver.start()
    try:
        await asyncio.to_thread(work, receiver)
        for _ in range(passes):
            await receiver.join(time.monotonic())
    finally:
        await receiver.close()
    return receiver


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip], ids=str)
async def test_it_stands_below_the_call_and_brings_the_figures_that_the_answer_lacked(ran, compression):
    site, result, traceparent = ran
    await received(site, lambda receiver: Engine(receiver, compression=compression).worked(traceparent))
    trace = site.trace(result)
    call, engine = trace.by_path["say/model"], trace.by_path["say/model/engine"]
    assert (engine.kind, engine.name, engine.parent) == ("engine", "llm_request", call.number)
    assert engine.attributes["gen_ai.request.id"] == "chatcmpl-1"
    assert engine.started < engine.ended
    assert [call.attributes[f"genops.engine.{name}"] for name in FIGURES] == [0.001, 0.002, 0.003, 0.004]
    assert trace.run.spans == len(trace.spans)
    assert engine in trace.children(call)
    assert render_tree(trace)


async def test_what_the_answer_said_stays(site, server):
    server.answer = lambda body: Reply(metrics={"queue_time_ms": 70.0})
    site.prompt("ask")
    site.settings('[models.m]\nmodel = "vllm/tiny"\n[models.m.vllm]\n')
    site.project.store.keep_served(record(server.url, alias="m"))
    result = await site.chain(CHAIN).run_with({"q": "why"})
    site.project.store.writer.flush()
    traceparent = server.requests[0].headers["traceparent"]
    await received(site, lambda receiver: Engine(receiver).worked(traceparent))
    call = site.trace(result).by_path["say/model"]
    assert (call.attributes["genops.engine.queue_s"], call.attributes["genops.engine.prefill_s"]) == (0.07, 0.002)


async def test_a_span_that_is_sent_again_is_written_once_and_another_beside_it(ran):
    site, result, traceparent = ran

    def work(receiver):
        engine = Engine(receiver)
        sent = []
        export = engine.exporter.export
        engine.exporter.export = lambda spans: [sent.extend(spans), export(spans), export(spans)][-1]
        engine.worked(traceparent)
        engine.worked(traceparent)

    await received(site, work)
    trace = site.trace(result)
    assert [path for path in trace.by_path if "engine" in path] == ["say/model/engine", "say/model/engine[1]"]


async def test_replay_and_comparison_do_not_mind_it(ran):
    from genops.executor.replay import replay
    from genops.tracing.diff import diff_traces

    site, result, traceparent = ran
    await received(site, lambda receiver: Engine(receiver).worked(traceparent))
    trace = site.trace(result)
    again = await replay(site.project, trace, ())
    assert again.identical
    assert not diff_traces(trace, site.trace(again.run)).differences


async def test_a_span_of_a_run_that_goes_on_waits_for_its_end(ran):
    site, _, traceparent = ran
    receiver = SpanReceiver(site.project.settings, site.project.store)
    await receiver.start()
    unknown = traceparent[:3] + "f" * 32 + traceparent[35:]
    await asyncio.to_thread(Engine(receiver).worked, unknown)
    now = time.monotonic()
    await receiver.join(now)
    assert (len(receiver._waiting), receiver.dropped) == (1, 0)
    await receiver.join(now + 10_000)
    assert (len(receiver._waiting), receiver.dropped) == (0, 1)
    await receiver.close()


async def test_what_is_of_no_request_is_left_out(ran):
    site, result, _ = ran
    receiver = await received(site, lambda receiver: Engine(receiver).worked(None))
    assert receiver.dropped == 0
    assert not any(span.kind == "engine" for span in site.trace(result).spans)


async def test_secrets_in_it_are_redacted(ran):
    site, result, traceparent = ran
    key = "sk-" + "a1B2c3D4e5F6g7H8i9J0"
    await received(site, lambda receiver: Engine(receiver).worked(traceparent, prompt=f"my key is {key}"))
    assert key not in str(site.trace(result).by_path["say/model/engine"].attributes)


@pytest.mark.parametrize(("key", "body", "status"), [("wrong", b"", 401), (None, b"\xff\xff\xff", 400)])
async def test_strangers_and_nonsense_are_refused(site, key, body, status):
    def work(receiver):
        header, _, right = receiver.environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].partition("=")
        request = urllib.request.Request(receiver.url, body, {header: key or right})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        assert caught.value.code == status

    await received(site, work)
