import json
import threading

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import SpanFlags

from genops.store.records.runs import RunRecord
from genops.tracing.export import SpanExport
from genops.tracing.otlp_json import otlp_json
from genops.tracing.traceparent import parse_traceparent
from tests.servers.otlp_receiver import attributes, plain
from tests.tracing.conftest import CALLER_SPAN, START, TRACE_ID

INTERNAL, CLIENT = 1, 3
UNSET, OK, ERROR = 0, 1, 2


@pytest.fixture
def export(receiver):
    export = SpanExport.from_environment()
    yield export
    receiver.release.set()
    export.close()


def send(export, finished_run):
    export.export(*finished_run)
    assert export.flush(20)


class TestWhatArrives:
    def test_ids_and_parents_are_ours(self, receiver, export, finished_run):
        send(export, finished_run)
        parents = {span.span_id.hex(): span.parent_span_id.hex() for span in receiver.spans}
        assert {span.trace_id.hex() for span in receiver.spans} == {TRACE_ID}
        assert parents == {
            f"{number:016x}": parent
            for number, parent in enumerate([CALLER_SPAN, *(f"{n:016x}" for n in (1, 1, 3, 1, 1, 1))], 1)
        }

    def test_names_kinds_and_status_follow_the_conventions(self, receiver, export, finished_run):
        send(export, finished_run)
        assert [(span.name, span.kind, span.status.code) for span in receiver.spans] == [
            ("invoke_workflow answer_docs", INTERNAL, OK),
            ("retrieval docs", CLIENT, OK),
            ("answer", INTERNAL, OK),
            ("chat gpt-4o-mini", CLIENT, OK),
            ("execute_tool look_up", INTERNAL, ERROR),
            ("GET", CLIENT, OK),
            ("skip_me", INTERNAL, UNSET),
        ]

    def test_times_are_the_records(self, receiver, export, finished_run):
        send(export, finished_run)
        span = receiver.span("chat gpt-4o-mini")
        assert (span.start_time_unix_nano, span.end_time_unix_nano) == (START + 4000, START + 4500)

    def test_a_model_call_carries_both_conventions(self, receiver, export, finished_run):
        send(export, finished_run)
        seen = attributes(receiver.span("chat gpt-4o-mini"))
        expected = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.response.model": "gpt-4o-mini-2024",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 12,
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o-mini-2024",
            "llm.token_count.total": 15,
            "genops.cost.usd": 0.00025,
            "genops.component.digest": "ef" * 32,
            "genops.path": "answer/model",
            "genops.run.id": "aa" * 16,
            "input.mime_type": "application/json",
        }
        assert {name: seen.get(name) for name in expected} == expected
        assert json.loads(seen["gen_ai.output.messages"]) == [
            {"role": "assistant", "parts": [{"type": "text", "content": "Ada"}], "finish_reason": "stop"}
        ]

    def test_a_retrieval_names_its_snapshot_and_chunks(self, receiver, export, finished_run):
        send(export, finished_run)
        seen = attributes(receiver.span("retrieval docs"))
        assert seen["genops.chunk.ids"] == ["docs/start.md:0", "docs/start.md:3"]
        assert seen["genops.index.snapshot"] == "12" * 32
        assert seen["gen_ai.retrieval.query.text"] == "Who?"
        assert seen["retrieval.documents.1.document.score"] == 0.5

    def test_the_root_names_lock_session_and_user(self, receiver, export, finished_run):
        send(export, finished_run)
        seen = attributes(receiver.span("invoke_workflow answer_docs"))
        assert seen["genops.lock.digest"] == "cd" * 32
        assert (seen["session.id"], seen["gen_ai.conversation.id"], seen["user.id"]) == ("s1", "s1", "u1")
        assert (seen["output.value"], seen["output.mime_type"]) == ("Ada", "text/plain")

    def test_a_failure_is_an_exception_event(self, receiver, export, finished_run):
        send(export, finished_run)
        span = receiver.span("execute_tool look_up")
        (event,) = span.events
        assert (event.name, attributes(event)) == (
            "exception",
            {"exception.type": "ToolError", "exception.message": "no Ada here"},
        )
        assert span.status.message == "no Ada here"
        assert attributes(span)["error.type"] == "ToolError"
        assert attributes(span)["gen_ai.tool.call.arguments"] == '{"name": "Ada"}'

    def test_the_parent_of_the_root_is_remote(self, receiver, export, finished_run):
        send(export, finished_run)
        remote = SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
        assert [bool(span.flags & remote) for span in receiver.spans] == [True] + [False] * 6

    def test_failed_attempts_are_events(self, receiver, export, finished_run):
        send(export, finished_run)
        (event,) = receiver.span("chat gpt-4o-mini").events
        assert event.name == "genops.attempt"
        assert attributes(event) == {
            "exception.type": "RateLimited",
            "exception.message": "slow down",
            "genops.retry.delay": 0.25,
        }

    def test_lone_surrogates_are_replaced_and_the_rest_survives(self, receiver, export, finished_run):
        send(export, finished_run)
        messages = json.loads(attributes(receiver.span("chat gpt-4o-mini"))["gen_ai.input.messages"])
        assert messages[0]["parts"][0]["content"] == "Who? 🦊 \ufffd"

    def test_values_that_protobuf_cannot_hold_arrive_as_text(self, receiver, export, finished_run):
        finished_run.spans[6].attributes = {"big": 2**70, "map": {"a": [1]}, "mixed": [1, None]}
        send(export, finished_run)
        seen = attributes(receiver.span("skip_me"))
        assert (seen["big"], seen["map"], seen["mixed"]) == (str(2**70), '{"a": [1]}', "[1, null]")

    def test_scope_and_resource(self, receiver, export, finished_run):
        send(export, finished_run)
        resource = receiver.requests[0].resource_spans[0]
        assert attributes(resource.resource)["service.name"] == "genops"
        assert resource.scope_spans[0].scope.name == "genops"

    def test_the_standard_variables_hold(self, receiver, finished_run, monkeypatch):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        export = SpanExport.from_environment()
        send(export, finished_run)
        export.close()
        headers = {name.lower(): value for name, value in receiver.headers[0].items()}
        assert (headers["x-tenant"], headers["content-encoding"]) == ("blue", "gzip")
        assert receiver.paths == ["/v1/traces"]
        assert len(receiver.spans) == 7

    def test_the_variables_for_traces_win_and_their_endpoint_is_taken_as_it_is(
        self, receiver, finished_run, monkeypatch
    ):
        for name, value in (
            ("ENDPOINT", "http://127.0.0.1:9"),
            ("TRACES_ENDPOINT", f"{receiver.url}/some/where"),
            ("PROTOCOL", "grpc"),
            ("TRACES_PROTOCOL", "http/protobuf"),
            ("HEADERS", "x-tenant=blue"),
            ("TRACES_HEADERS", "x-tenant=red"),
            ("COMPRESSION", "none"),
            ("TRACES_COMPRESSION", "gzip"),
            ("TRACES_TIMEOUT", "20"),
        ):
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
        export = SpanExport.from_environment()
        send(export, finished_run)
        export.close()
        headers = {name.lower(): value for name, value in receiver.headers[0].items()}
        assert (headers["x-tenant"], headers["content-encoding"]) == ("red", "gzip")
        assert receiver.paths == ["/some/where"]
        assert len(receiver.spans) == 7


class TestWithoutContent:
    def test_neither_values_nor_messages_nor_arguments_leave(self, receiver, finished_run):
        export = SpanExport.from_environment(capture_content=False)
        send(export, finished_run)
        export.close()
        sent = receiver.requests[0].SerializeToString()
        assert b"Ada" not in sent
        assert b"Who?" not in sent
        assert b"slow down" not in sent
        seen = attributes(receiver.span("chat gpt-4o-mini"))
        assert seen["gen_ai.usage.output_tokens"] == 3
        assert not {"input.value", "output.value", "gen_ai.input.messages"} & seen.keys()
        assert receiver.span("execute_tool look_up").status.message == "ToolError"


class TestTroubleAtTheEndpoint:
    def test_a_refusal_is_counted(self, receiver, export, finished_run):
        receiver.status = 400
        send(export, finished_run)
        assert (export.exported, export.dropped) == (0, 7)

    def test_nobody_listening_is_counted_at_close(self, finished_run, monkeypatch):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        export = SpanExport.from_environment()
        export.export(*finished_run)
        export.close(timeout=0.1)
        assert (export.exported, export.dropped) == (0, 7)

    @pytest.mark.timeout(30)
    @pytest.mark.parametrize("busy", [False, True])
    def test_an_endpoint_in_trouble_is_not_waited_for_at_close(self, busy, receiver, finished_run, monkeypatch):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1000")
        if busy:
            receiver.status = 503
        else:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        export = SpanExport.from_environment()
        export.export(*finished_run)
        export.close(timeout=1000)
        assert (export.exported, export.dropped) == (0, 7)

    def test_a_stalled_endpoint_holds_nobody_up_and_what_does_not_fit_is_dropped(self, receiver, export, finished_run):
        receiver.stall()
        export.export(*finished_run)
        assert receiver.arrived.wait(20)
        many = 40_000 // len(finished_run.spans)
        for _ in range(many):
            export.export(*finished_run)
        assert not export.flush(0)
        assert export.dropped >= 20_000 - len(finished_run.spans)
        assert len(receiver.requests) == 1
        export.close(timeout=0)
        assert export.dropped == (many + 1) * len(finished_run.spans)

    def test_a_broken_payload_is_counted_and_the_next_run_goes_out(self, receiver, export, finished_run):
        export.export(finished_run.run, finished_run.spans, lambda digest: b"?broken")
        assert export.flush(20)
        send(export, finished_run)
        assert (export.exported, export.dropped) == (7, 7)

    def test_after_close_everything_is_dropped(self, receiver, export, finished_run):
        export.close()
        export.export(*finished_run)
        assert export.dropped == 7
        assert receiver.requests == []

    def test_runs_may_be_handed_over_from_many_threads(self, receiver, export, finished_run):
        threads = [threading.Thread(target=export.export, args=tuple(finished_run)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert export.flush(20)
        assert len(receiver.spans) == export.exported == 140

    def test_large_content_is_sent_in_several_requests_and_cut_to_the_limit(self, receiver, export, finished_run):
        for span in finished_run.spans:
            span.attributes["large"] = "x" * 2_000_000
        send(export, finished_run)
        assert len(receiver.spans) == 7
        assert len(receiver.requests) > 1
        assert len(attributes(receiver.spans[0])["large"]) == 1_000_000


class TestWhenItIsOn:
    @pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
    def test_an_endpoint_switches_it_on(self, name):
        assert SpanExport.from_environment(environ={name: "http://127.0.0.1:4318"}) is not None

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "TRUE"},
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"},
        ],
    )
    def test_else_it_is_off(self, environ):
        assert SpanExport.from_environment(environ=environ) is None

    @pytest.mark.parametrize(
        ("variable", "protocol"),
        [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ],
    )
    def test_another_protocol_is_warned_of_and_nothing_is_sent(self, variable, protocol, caplog):
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", variable: protocol}
        assert SpanExport.from_environment(environ=environ) is None
        (warning,) = caplog.messages
        assert warning.startswith(f"spans are not exported: {variable}={protocol} is not supported")
        assert "http/protobuf" in warning

    def test_a_protocol_without_an_endpoint_is_nobodys_concern(self, caplog):
        assert SpanExport.from_environment(environ={"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}) is None
        assert caplog.messages == []


class TestOtlpJson:
    def test_ids_are_hexadecimal_enums_numbers_and_times_text(self, finished_run):
        (resource,) = otlp_json(*finished_run)["resourceSpans"]
        root, retrieval = resource["scopeSpans"][0]["spans"][:2]
        assert (root["traceId"], root["spanId"], root["parentSpanId"]) == (TRACE_ID, f"{1:016x}", CALLER_SPAN)
        assert (retrieval["kind"], retrieval["status"]["code"]) == (CLIENT, OK)
        assert retrieval["startTimeUnixNano"] == str(START + 2000)
        assert {"key": "gen_ai.retrieval.top_k", "value": {"intValue": "2"}} in retrieval["attributes"]

    def test_it_is_json_with_well_formed_text(self, finished_run):
        json.dumps(otlp_json(*finished_run)).encode("utf-8")

    def test_an_unfinished_span_ends_with_what_is_known(self, finished_run):
        run = RunRecord(id="aa" * 16, trace_id=TRACE_ID, chain="c", started=START)
        span = finished_run.spans[0]
        span.ended, span.status = None, "running"
        (only,) = otlp_json(run, [span], finished_run.payloads.get)["resourceSpans"][0]["scopeSpans"][0]["spans"]
        assert only["endTimeUnixNano"] == only["startTimeUnixNano"]
        assert {"key": "genops.status", "value": {"stringValue": "running"}} in only["attributes"]

    def test_it_says_what_the_endpoint_gets(self, receiver, export, finished_run):
        send(export, finished_run)
        sent = [{a.key: plain(a.value) for a in span.attributes} for span in receiver.spans]
        written = otlp_json(*finished_run)["resourceSpans"][0]["scopeSpans"][0]["spans"]
        assert [sorted(a["key"] for a in span["attributes"]) for span in written] == [sorted(s) for s in sent]


class TestTraceparent:
    def test_a_valid_header_gives_ids_and_flags(self):
        assert parse_traceparent(f"00-{TRACE_ID}-{CALLER_SPAN}-01") == (TRACE_ID, CALLER_SPAN, 1)

    @pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{CALLER_SPAN}-01", f"00-{TRACE_ID}-x-01"])
    def test_anything_else_gives_none(self, header):
        assert parse_traceparent(header) is None
