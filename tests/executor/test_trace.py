"""The trace of a run: positions, states, moments, and what must not be in it."""

import asyncio
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import context as otel_context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span, set_span_in_context

import genops
from benchmarks.loopback_server import LoopbackServer
from genops.errors import ToolError
from genops.executor import Chain, run_sync
from tests.executor.site import paths
from tests.servers.otlp_receiver import OtlpReceiver, attributes

KEY = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"


@st.composite
def chains(draw, depth=2):
    """Steps of every nesting kind, each reading some of those before it."""
    steps, names = {}, []
    for number in range(draw(st.integers(1, 4))):
        name = f"s{depth}{number}"
        seen = draw(st.lists(st.sampled_from(names), max_size=2)) if names else []
        value = [f"{{{{ steps.{other}.output | default('skipped') }}}}" for other in seen]
        kind = draw(st.sampled_from(["tool", "map", "loop", "branch"] if depth else ["tool"]))
        inner = draw(chains(depth=depth - 1)) if kind != "tool" else {}
        step = {
            "tool": {"tool": "see", "with": {"value": value}},
            "map": {"map": ["x", "y"], "do": inner},
            "loop": {"loop": inner, "until": "{{ loop.round == 1 }}"},
            "branch": {"branch": [{"when": "{{ 1 > 2 }}", **inner}, {"when": "{{ 2 > 1 }}", **inner}]},
        }[kind]
        if draw(st.integers(0, 4)) == 0:
            step["when"] = False
        steps[name] = step
        names.append(name)
    return {"steps": steps, "output": [f"{{{{ steps.{name}.output | default(none) }}}}" for name in names]}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(definition=chains())
def test_positions_are_unique_and_patches_rebuild_what_expressions_saw(site, definition):
    async def see(value: list[object]) -> list[object]:
        return [*value, "seen"]

    genops.plugins.registry._items.setdefault("tool", {}).pop("see", None)
    genops.tool(see)
    run = Chain.define("random", project=site.project, **definition).run()
    trace = site.trace(run)
    assert len({span.path for span in trace.spans}) == len(trace.spans) == trace.run.spans
    for span in trace.spans:
        if span.kind not in ("chain", "scope"):
            continue
        state = trace.state(span)
        for name, entry in state["steps"].items():
            step = trace.by_path[f"{span.path}/{name}" if span.path else name]
            assert entry["status"] == step.status
            assert entry.get("output") == trace.value(step.output)
        seen = [entry.get("output") for _, entry in sorted(state["steps"].items())]
        assert seen == trace.value(span.output)
    assert site.replay(run).identical


def test_what_runs_is_visible_as_unfinished(site):
    started, release = threading.Event(), threading.Event()

    @genops.tool
    def wait() -> str:
        started.set()
        assert release.wait(10)
        return "done"

    chain = site.chain("steps: {a: {tool: wait}}")
    running = threading.Thread(target=chain.run)
    running.start()
    assert started.wait(10)
    site.project.store.writer.flush()
    (record,) = site.project.store.runs()
    trace = site.trace(record.id)
    assert record.status == "running"
    assert {span.path: (span.status, span.ended) for span in trace.spans} == dict.fromkeys(
        ("", "a", "a/wait"), ("running", None)
    )
    release.set()
    running.join(10)
    assert site.trace(record.id).run.status == "ok"


def test_an_error_is_recorded_with_its_path_and_its_state_before(site):
    @genops.tool
    def fail(n: int) -> int:
        if n:
            raise ValueError("no")
        return n

    chain = site.chain("""
        steps:
          good: {tool: fail, with: {n: 0}}
          bad: {map: [1], do: {steps: {x: {tool: fail, with: {n: "{{ item + steps.good.output }}"}}}}}
        output: 1
        """)
    with pytest.raises(ToolError) as caught:
        chain.run()
    trace = site.trace(caught.value.run)
    assert trace.run.error["path"] == caught.value.path == "bad[0]/x"
    assert trace.run.output is None
    assert trace.state(trace.by_path[""]) == {"inputs": {}, "steps": {"good": {"status": "ok", "output": 0}}}
    assert trace.value(trace.by_path["bad[0]"].input) == {"item": 1, "index": 0}


def test_a_secret_is_in_no_payload_attribute_or_error(site):
    @genops.tool
    def leak(text: str) -> str:
        raise ValueError(f"cannot use {text}")

    chain = site.chain("""
        inputs: {text: str}
        steps: {a: {tool: leak, with: {text: "key {{ inputs.text }}"}}}
        """)
    with pytest.raises(ToolError, match=KEY) as caught:
        chain.run(text=KEY)
    trace = site.trace(caught.value.run)
    assert KEY not in str((trace.run, trace.spans))
    assert "cannot use key <" in trace.run.error["message"]
    site.close()
    for file in (site.root / ".genops").glob("genops.db*"):
        assert KEY.encode() not in file.read_bytes()


class TestNow:
    def test_is_a_time_in_utc(self, site):
        @genops.tool
        def same(text: str) -> str:
            return text

        run = site.chain('steps: {a: {tool: same, with: {text: "{{ now() }}"}}}').run()
        trace = site.trace(run)
        (clock,) = paths(trace, "clock")
        assert clock == "a/now()"
        assert trace.value(trace.by_path[clock].output) == run.output
        assert run.output.endswith("+00:00")


class TestTraceparent:
    def test_of_the_caller_is_joined(self, site):
        seen = []

        @genops.tool
        def look() -> int:
            context = get_current_span().get_span_context()
            seen.append((context.trace_id, context.span_id))
            return 1

        outer = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        chain = site.chain("steps: {a: {tool: look}}")
        token = otel_context.attach(set_span_in_context(NonRecordingSpan(outer)))
        try:
            run = chain.run()
        finally:
            otel_context.detach(token)
        assert run.record.trace_id == f"{0xABC:032x}"
        assert run.id != run.record.trace_id
        assert seen == [(0xABC, int(site.trace(run).by_path["a/look"].span_id, 16))]
        assert chain.run().record.trace_id != run.record.trace_id

    def test_goes_out_with_every_model_call(self, site):
        site.prompt("ask")
        with LoopbackServer() as server:
            site.served(server.url)
            run = site.chain("steps: {a: {prompt: ask, with: {question: hi}}}").run()
            sent = {key.lower(): value for key, value in server.requests[0].headers.items()}["traceparent"]
        assert sent == f"00-{run.record.trace_id}-{site.trace(run).by_path['a/model'].span_id}-01"


def test_every_span_is_exported(site, monkeypatch):
    with OtlpReceiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        site.prompt("ask")
        site.scripted("rules: [{text: hi}]")

        @genops.tool
        def fail() -> str:
            raise ValueError("no")

        run = site.chain("""
            steps:
              a: {prompt: ask, with: {question: q}}
              b: {tool: fail, fallback: [{value: 1}]}
            output: "{{ steps.a.output }}"
            """).run()
        trace = site.trace(run)
        assert site.project.export.flush(10.0)
        exported = {span.span_id.hex(): span for span in receiver.spans}
        assert set(exported) == {span.span_id for span in trace.spans}
        by_number = {span.number: span for span in trace.spans}
        for span in trace.spans:
            sent = exported[span.span_id]
            assert sent.trace_id.hex() == run.record.trace_id
            assert sent.parent_span_id.hex() == (by_number[span.parent].span_id if span.parent else "")
            assert (sent.start_time_unix_nano, sent.end_time_unix_nano) == (span.started, span.ended)
            assert (sent.status.code == 2) is (span.status == "error")
        assert attributes(exported[trace.by_path["a/model"].span_id])["gen_ai.operation.name"] == "chat"


class TestFunctions:
    @pytest.fixture(autouse=True)
    def here(self, site, monkeypatch):
        monkeypatch.chdir(site.root)
        _ = site.project
        site.close()
        site.__dict__["project"] = genops.Project.current()

    def test_of_a_user_are_runs_of_their_own(self, site):
        @genops.trace
        def inner(x: int) -> int:
            return x + 1

        @genops.trace(name="outer")
        def outer(x: int, *, y: int = 2) -> dict[str, int]:
            return {"sum": inner(x) + inner(y)}

        assert outer(1, y=3) == {"sum": 6}
        site.project.store.writer.flush()
        (run,) = site.project.store.runs()
        trace = site.trace(run.id)
        assert (run.mode, run.chain, run.status) == ("function", "outer", "ok")
        assert trace.value(run.inputs) == {"x": 1, "y": 3}
        assert trace.value(run.output) == {"sum": 6}
        assert [span.parent for span in trace.spans] == [None, 1, 1]
        assert len({span.path for span in trace.spans}) == 3

    async def test_may_be_async_and_fail(self, site):
        @genops.trace
        async def inner(x: object) -> int:
            await asyncio.sleep(0)
            raise KeyError("k")

        @genops.trace
        async def outer() -> int:
            return await inner(object())

        with pytest.raises(KeyError):
            await outer()
        site.project.store.writer.flush()
        (run,) = site.project.store.runs()
        trace = site.trace(run.id)
        assert run.status == "error"
        assert [span.status for span in trace.spans] == ["error", "error"]
        assert run.error["type"] == "KeyError"
        assert "<object object" in trace.value(trace.spans[1].input)["x"]

    def test_inside_of_a_tool_are_spans_of_its_run(self, site):
        @genops.trace(name="inside")
        def inside(n: int) -> int:
            return n

        @genops.tool
        def work(n: int) -> int:
            return inside(n) + inside(n)

        run = site.chain("steps: {a: {tool: work, with: {n: 1}}}").run()
        trace = site.trace(run)
        assert paths(trace, "function") == ["a/work/inside", "a/work/inside[1]"]
        assert {trace.by_path[path].parent for path in paths(trace, "function")} == {trace.by_path["a/work"].number}

    def test_in_many_threads_at_once_have_places_of_their_own(self, site):
        @genops.trace(name="inside")
        def inside(n: int) -> int:
            return n

        @genops.tool
        def work(n: int) -> int:
            return sum(inside(n) for _ in range(20))

        run = site.chain("""
            steps:
              a:
                map: "{{ range(16) }}"
                concurrency: 16
                do: {steps: {b: {tool: work, with: {n: "{{ item }}"}}}}
            """).run()
        trace = site.trace(run)
        assert len(paths(trace, "function")) == len(set(paths(trace, "function"))) == 320
        assert len(trace.spans) == len({span.number for span in trace.spans}) == trace.run.spans

    def test_that_run_chains_give_them_their_trace(self, site):
        @genops.tool
        def one() -> int:
            return 1

        chain = site.chain("steps: {a: {tool: one}}")

        @genops.trace
        def program() -> int:
            return chain.run().output

        assert program() == 1
        site.project.store.writer.flush()
        runs = {run.mode: run for run in site.project.store.runs()}
        assert runs["run"].trace_id == runs["function"].trace_id


def test_the_sync_api_is_refused_where_it_would_wait_for_itself(site):
    @genops.tool
    def one() -> int:
        return 1

    chain = site.chain("steps: {a: {tool: one}}")

    async def inside():
        chain.run()

    with pytest.raises(RuntimeError, match="await the async one"):
        run_sync(inside())
    assert chain.run().output == 1
