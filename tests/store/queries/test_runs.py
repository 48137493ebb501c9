"""The same queries on both databases."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from genops.artifacts import Component, Lock, encode
from genops.errors import InputError, ReferenceNotFound, StoreError
from genops.store import CacheSize, RunFilter, RunRecord, SpanRecord, Store
from genops.store.records.caches import MemoEntry
from tests.store.conftest import keep_closure

SECOND = 1_000_000_000


def a_run(number: int = 0, **fields: object) -> RunRecord:
    identity = f"{number:04x}" + secrets.token_hex(14)
    given = {"chain": "answer", "started": number * SECOND, "status": "ok", "ended": number * SECOND + 5, **fields}
    return RunRecord(id=identity, trace_id=identity, **given)  # type: ignore[arg-type]


def a_span(run: RunRecord, number: int = 1, **fields: object) -> SpanRecord:
    given = {"parent": None, "span_id": "ab" * 8, "path": f"step#{number}", "kind": "step", "name": "step", **fields}
    return SpanRecord(run=run.id, number=number, started=run.started + number, **given)  # type: ignore[arg-type]


def keep(store: Store, *runs: RunRecord) -> None:
    for run in runs:
        store.writer.run(run)
    assert store.writer.flush()


def ids(runs: list[RunRecord]) -> list[str]:
    return [run.id for run in runs]


def test_a_run_comes_back_as_it_was_written(store: Store) -> None:
    run = a_run(
        1,
        reference="answer@3",
        lock="ab" * 32,
        mode="batch",
        origin="cd" * 16,
        inputs="01" * 32,
        output="02" * 32,
        error={"type": "ToolError", "message": "no\nway", "path": "each[3]"},
        session="s",
        user="u",
        tags=["a", "b"],
        input_tokens=2**40,
        output_tokens=7,
        cost=None,
        model_calls=3,
        spans=9,
        dropped=2,
        text="inputs and output",
    )
    keep(store, run)
    assert store.run(run.id) == run


def test_spans_come_back_by_number_as_they_were_written(store: Store) -> None:
    run = a_run()
    spans = [
        a_span(run, 2, parent=1, attributes={"n": 1, "deep": {"list": [1, None, "é"]}}),
        a_span(run, 1, patch=[{"op": "add", "path": "/a", "value": {"$payload": "ab" * 32}}], error={"type": "X"}),
    ]
    store.writer.run(run)
    for span in spans:
        store.writer.span(span)
    assert store.writer.flush()
    assert store.spans(run.id) == spans[::-1]


def test_text_that_databases_refuse_is_kept_readable(store: Store) -> None:
    run = a_run(chain="nul\0byte", session="lone \ud800 surrogate", text="nul\0 \ud800 word", tags=["\0"])
    span = a_span(run, path="p\0", name="\udfff", attributes={"text": "\ud800\0", "huge": 2**70})
    store.writer.run(run)
    store.writer.span(span)
    assert store.writer.flush()
    assert store.writer.dropped == 0
    found = store.run(run.id)
    assert found.chain == "nul�byte"
    assert found.session == "lone \\ud800 surrogate"
    assert store.spans(run.id)[0].attributes == span.attributes
    assert ids(store.runs(RunFilter(text="word"))) == [run.id]


def test_runs_are_listed_newest_first_and_by_pages(store: Store) -> None:
    runs = [a_run(number) for number in range(7)]
    keep(store, *runs[3:], *runs[:3])
    newest_first = ids(runs[::-1])
    assert ids(store.runs(limit=3)) == newest_first[:3]
    assert ids(store.runs(limit=3, before=newest_first[2])) == newest_first[3:6]
    assert ids(store.runs(limit=3, before=newest_first[5])) == newest_first[6:]
    assert ids(list(store.iter_runs())) == newest_first


def test_runs_that_start_at_the_same_nanosecond_are_all_kept(store: Store) -> None:
    first, second = [a_run(5, started=5) for _ in range(40)], [a_run(5, started=5 + n % 3) for n in range(40)]
    keep(store, *first)
    keep(store, *second)
    assert {run.id for run in store.runs(limit=100)} == {run.id for run in first + second}
    assert all(store.run(run.id).started == run.started for run in second)


FILTERS = {
    "chain": ({"chain": "other"}, RunFilter(chain="other")),
    "status": ({"status": "error"}, RunFilter(status="error")),
    "running": ({"status": "running", "ended": None}, RunFilter(status="running")),
    "mode": ({"mode": "replay"}, RunFilter(mode="replay")),
    "since": ({"started": 900 * SECOND}, RunFilter(since=900 * SECOND)),
    "until": ({"started": 3, "ended": 4}, RunFilter(until=4)),
    "slow": ({"ended": 2000 * SECOND}, RunFilter(min_latency=1000.0)),
    "quick": ({"started": 700 * SECOND, "ended": 700 * SECOND + 1}, RunFilter(max_latency=3e-9)),
    "costly": ({"cost": 2.5}, RunFilter(min_cost=2.5)),
    "cheap": ({"cost": -1.0}, RunFilter(max_cost=-0.5)),
    "session": ({"session": "s"}, RunFilter(session="s")),
    "user": ({"user": "u"}, RunFilter(user="u")),
    "origin": ({"origin": "ab" * 16}, RunFilter(origin="ab" * 16)),
    "tag": ({"tags": ["x", "y"]}, RunFilter(tag="y")),
    "text": ({"text": "A needle, in hay"}, RunFilter(text="Needle hay")),
    "path in text": ({"text": "see docs/file_name.md#L3"}, RunFilter(text="file_name.md")),
    "text and tag": ({"text": "needle", "tags": ["y"]}, RunFilter(text="needle", tag="y")),
    "all": ({"text": "needle", "tags": ["y"], "user": "u"}, RunFilter(text="needle", tag="y", user="u", status="ok")),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_finds_what_fits_and_nothing_else(store: Store, name: str) -> None:
    fields, wanted = FILTERS[name]
    wanted_run = a_run(500, **fields)
    others = [a_run(number, text="hay", tags=["x"]) for number in range(400, 420)]
    keep(store, *others[:10], wanted_run, *others[10:])
    assert ids(store.runs(wanted)) == [wanted_run.id]
    assert ids(list(store.iter_runs(wanted))) == [wanted_run.id]


def test_filters_page_too(store: Store) -> None:
    runs = [a_run(number, text="needle", tags=["t"]) for number in range(6)]
    keep(store, *runs)
    for wanted in (RunFilter(text="needle"), RunFilter(tag="t"), RunFilter(text="needle", tag="t")):
        assert ids(store.runs(wanted, limit=2, before=runs[4].id)) == ids([runs[3], runs[2]])


@pytest.mark.parametrize("query", ['"', "AND", "a OR b", "NEAR(x", "foo*", "text:x", "'; DROP TABLE run; --", "é-ü"])
def test_a_search_is_words_and_never_syntax(store: Store, query: str) -> None:
    run = a_run(1, text="nothing of it")
    keep(store, run)
    if any(letter.isalnum() for letter in query):
        assert store.runs(RunFilter(text=query)) == []
    else:
        with pytest.raises(InputError, match="no word"):
            store.runs(RunFilter(text=query))


def test_a_run_is_found_by_text_only_once_it_has_ended(store: Store) -> None:
    run = a_run(1, status="running", ended=None, text="needle")
    keep(store, run)
    assert store.runs(RunFilter(text="needle")) == []
    run.status, run.ended = "error", 5
    keep(store, run)
    run.text = "thimble"
    keep(store, run)
    assert store.runs(RunFilter(text="needle")) == []
    assert ids(store.runs(RunFilter(text="thimble"))) == [run.id]


def test_runs_are_found_by_a_component_of_their_lock(store: Store) -> None:
    prompt = Component("prompt", "answer", {"template": "Hi"})
    locks = [Lock.of("answer", [prompt]), Lock.of("other", [prompt, Component("tool", "t", {})]), Lock.of("third", [])]
    keep_closure(store, locks[0], [prompt])
    keep_closure(store, locks[1], [prompt, Component("tool", "t", {})])
    runs = [a_run(number, lock=lock.digest) for number, lock in enumerate(locks)]
    keep(store, *runs)
    assert ids(store.runs(RunFilter(component=prompt.digest))) == ids([runs[1], runs[0]])
    assert ids(store.runs(RunFilter(component=prompt.digest[:8].upper(), chain="answer"))) == ids([runs[1], runs[0]])
    assert store.runs(RunFilter(component="0000" if not prompt.digest.startswith("0000") else "1111")) == []


def test_a_run_is_named_by_a_unique_beginning_of_its_id(store: Store) -> None:
    one, two = (replace(a_run(1), id=start + "0" * 27) for start in ("abcd1", "abcd2"))
    keep(store, one, two)
    assert store.run("abcd1").id == one.id
    assert store.run("ABCD2").id == two.id
    with pytest.raises(ReferenceNotFound, match="several runs") as ambiguous:
        store.run("abcd")
    assert one.id[:12] in str(ambiguous.value)
    with pytest.raises(ReferenceNotFound, match="no run begins") as unknown:
        store.run("abcd3")
    assert two.id[:12] in str(unknown.value)
    with pytest.raises(ReferenceNotFound, match="4 hexadecimal digits"):
        store.run("abc")
    with pytest.raises(ReferenceNotFound, match="not the beginning"):
        store.run("last")


def test_a_run_is_named_by_the_trace_that_it_joined(store: Store) -> None:
    trace = "beef" + "1" * 28
    run = replace(a_run(1), trace_id=trace)
    keep(store, run, a_run(2))
    assert store.run(trace) == store.run("BEEF") == store.run(run.id) == run


def test_several_runs_of_one_trace_are_listed_newest_first(store: Store) -> None:
    trace = "beef" + "1" * 28
    runs = [replace(a_run(number), trace_id=trace) for number in range(7)]
    keep(store, *runs)
    with pytest.raises(ReferenceNotFound, match="several runs are part of the trace beef11111111") as several:
        store.run("beef1")
    listed = several.value.hint.split("\n")
    assert [line.split()[0] for line in listed[1:-1]] == [run.id[:12] for run in runs[:1:-1]]
    assert listed[1].split()[-1] == "answer"
    assert listed[-1].strip() == "…"


def test_the_run_that_a_trace_is_called_after_is_meant_by_its_id(store: Store) -> None:
    outer = a_run(1)
    keep(store, outer, replace(a_run(2), trace_id=outer.id))
    assert store.run(outer.id[:12]).id == outer.id


def test_a_beginning_of_a_run_and_of_a_trace_is_ambiguous(store: Store) -> None:
    run, joined = replace(a_run(1), id="beef" + "0" * 28), replace(a_run(2), trace_id="beef" + "1" * 28)
    keep(store, run, joined)
    with pytest.raises(ReferenceNotFound, match="several runs") as ambiguous:
        store.run("beef")
    assert "beef00000000, beef11111111" in str(ambiguous.value)


def test_spans_of_an_unknown_run_are_an_error(store: Store) -> None:
    with pytest.raises(ReferenceNotFound, match="there are none"):
        store.spans("abcd" * 8)


def test_payloads_are_kept_once_and_found_by_digest(store: Store) -> None:
    payloads = [encode({"number": number}) for number in range(600)]
    for payload in payloads * 2:
        store.writer.payload(payload)
    assert store.payload(payloads[0].digest) == payloads[0].data
    assert store.writer.flush()
    assert store.counts().payloads == 600
    missing = "00" * 32
    assert store.payloads([missing, *(p.digest for p in payloads)]) == {p.digest: p.data for p in payloads}
    assert store.payload(missing) is None


def test_a_broken_row_is_an_error_and_not_a_traceback(store: Store) -> None:
    run = a_run(1)
    keep(store, run)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE run SET tags = '[1, 2'")
    with pytest.raises(StoreError):
        store.run(run.id)
    with pytest.raises(StoreError):
        store.runs()


def test_the_memo_and_the_response_cache_remember_until_they_are_cleared(store: Store) -> None:
    payload = encode("a result")
    kept = MemoEntry(payload.digest, "a" * 32, "each[0]/a step")
    store.writer.payload(payload)
    store.memo_put("key", kept)
    store.cache_response("key", b"response")
    assert store.memo_results(["key", "none"]) == {"key": (kept, payload.data)}
    assert store.cached_response("key") == b"response"
    assert store.payload(payload.digest) == payload.data
    assert store.writer.flush()
    assert store.memo_results(["key", "none"]) == {"key": (kept, payload.data)}
    assert store.cached_response("key") == b"response"
    assert store.payload(payload.digest) == payload.data
    assert store.clear_cache("memo") == 1
    assert store.memo_results(["key"]) == {}
    assert store.cached_response("key") == b"response"
    assert store.payload(payload.digest) is None
    assert store.clear_cache("response") == 1
    assert store.cached_response("key") is None
    assert store.clear_cache("response") == 0


def test_the_size_of_a_cache_is_that_of_what_it_gives(store: Store) -> None:
    assert store.cache_sizes() == [CacheSize("memo", 0, 0), CacheSize("response", 0, 0)]
    result = encode("a result")
    for key in ("a", "b"):
        store.writer.payload(result)
        store.memo_put(key, MemoEntry(result.digest, "a" * 32, key))
        store.cache_response(key, b"response")
    store.writer.payload(encode(1))
    store.memo_put("c", MemoEntry(encode(1).digest, "a" * 32, "c"))
    assert store.writer.flush()
    size = len(result.data) + len(encode(1).data)
    assert store.cache_sizes() == [CacheSize("memo", 3, size), CacheSize("response", 2, 16)]
