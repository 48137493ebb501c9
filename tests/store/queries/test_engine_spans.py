"""Spans of engines are joined to ended runs, by the trace and the model call that their requests carried."""

import time

from genops.store.records.runs import RunRecord, SpanRecord
from genops.store.records.serving import EngineSpan

RUN, TRACE = "a" * 32, "c" * 32


def told(parent="1" * 16, span_id="e" * 16, trace=RUN, **figures):
    return EngineSpan(trace, parent, span_id, "llm_request", 1, 2, {"e2e": 0.5}, figures)


def keep(store, ended=9, trace=RUN, **attributes):
    store.writer.run(RunRecord(RUN, trace, "chain", time.time_ns(), ended=ended, spans=2))
    store.writer.span(SpanRecord(RUN, 1, None, "0" * 16, "", "chain", "chain", 1))
    store.writer.span(SpanRecord(RUN, 2, 1, "1" * 16, "a/model", "model", "m", 1, attributes=attributes))
    assert store.writer.flush()


def test_it_is_written_below_its_call_once(store):
    keep(store)
    assert store.join_engine_spans([told(), told()]) == []
    assert store.join_engine_spans([told()]) == []
    (joined,) = [span for span in store.spans(RUN) if span.kind == "engine"]
    assert (joined.number, joined.parent, joined.path, joined.attributes) == (3, 2, "a/model/engine", {"e2e": 0.5})
    assert store.run(RUN).spans == 3


def test_figures_fill_what_is_null_and_nothing_else(store):
    keep(store, queue=None, decode=3.0)
    store.join_engine_spans([told(queue=1.0, decode=2.0, first=4.0)])
    assert store.spans(RUN)[1].attributes == {"queue": 1.0, "decode": 3.0, "first": 4.0}


def test_what_has_no_ended_run_comes_back(store):
    keep(store, ended=None)
    others = [told(), told(parent="2" * 16), told(trace="b" * 32)]
    assert store.join_engine_spans(others) == others
    keep(store)
    assert store.join_engine_spans(others) == others[1:]


def test_a_run_that_joined_a_trace_is_found_by_it(store):
    keep(store, trace=TRACE)
    assert store.join_engine_spans([told(trace=TRACE)]) == []
    assert len(store.spans(RUN)) == 3
