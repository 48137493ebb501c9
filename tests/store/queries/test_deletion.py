from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genops.artifacts import encode
from genops.store import RunFilter, RunRecord, SpanRecord, Store, StoreCounts
from genops.store.records.caches import MemoEntry
from genops.store.records.monitoring import FeedbackRecord


def a_run(store: Store, number: int, inputs: str | None = None, output: str | None = None, **span: object) -> RunRecord:
    """A run with one span, written."""
    run = RunRecord(
        f"{number:032x}", "t", "chain", number, status="ok", ended=number, inputs=inputs, output=output,
        text=f"needle n{number}", tags=["t"],
    )  # fmt: skip
    store.writer.run(run)
    store.writer.span(SpanRecord(run.id, 1, None, "ab" * 8, "path", "step", "step", number, **span))  # type: ignore[arg-type]
    assert store.writer.flush()
    return run


def a_payload(store: Store, value: object) -> str:
    payload = encode(value)
    store.writer.payload(payload)
    return payload.digest


def there(store: Store, *digests: str) -> list[bool]:
    found = store.payloads(digests)
    return [digest in found for digest in digests]


def test_deleting_takes_spans_text_tags_and_nothing_of_others(store: Store) -> None:
    gone, kept = a_run(store, 1), a_run(store, 2)
    assert store.delete([gone.id, "ff" * 16]) == StoreCounts(1, 1, 0)
    assert store.counts() == StoreCounts(1, 1, 0)
    for wanted in (RunFilter(text="needle"), RunFilter(tag="t"), RunFilter()):
        assert [run.id for run in store.runs(wanted)] == [kept.id]
    assert store.runs(RunFilter(text="n1")) == []
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM run_text").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM run_tag").scalar() == 1


def test_what_users_said_of_a_run_goes_with_it(store: Store) -> None:
    pruned, deleted, kept = (a_run(store, number) for number in (1, 2, 3))
    for run in (pruned, deleted, kept):
        store.add_feedback(FeedbackRecord(run.id, "feedback", 0.0, "that is not what I asked", "ann", 10))
    store.prune(before=2)
    store.delete([deleted.id])
    assert [one.run for one in store.feedback()] == [kept.id]


def test_payloads_stay_as_long_as_anything_uses_them(store: Store) -> None:
    names = ["of nobody else", "input", "output", "run inputs", "run output", "patch", "memo"]
    digests = [a_payload(store, name) for name in names]
    _, span_input, span_output, run_inputs, run_output, patched, memo = digests
    patch = [{"op": "add", "path": "/x", "value": [{"$payload": patched}]}]
    gone = [a_run(store, number, inputs=digest) for number, digest in enumerate(digests)]
    users = [
        a_run(store, 101, input=span_input),
        a_run(store, 102, output=span_output),
        a_run(store, 103, inputs=run_inputs),
        a_run(store, 104, output=run_output),
        a_run(store, 105, patch=patch),
    ]
    store.memo_put("key", MemoEntry(memo, "a" * 32, "step"))
    assert store.writer.flush()
    assert store.delete([run.id for run in gone]).payloads == 1
    assert there(store, *digests) == [False, *[True] * 6]
    assert store.delete([run.id for run in users]).payloads == 5
    assert there(store, *digests) == [*[False] * 6, True]
    assert store.clear_cache("memo") == 1
    assert store.counts() == StoreCounts(0, 0, 0)


def test_a_payload_in_use_survives_clearing_the_memo(store: Store) -> None:
    payload = encode("kept")
    store.writer.payload(payload)
    store.memo_put("key", MemoEntry(payload.digest, "a" * 32, "step"))
    a_run(store, 1, inputs=payload.digest)
    store.clear_cache("memo")
    assert store.payload(payload.digest) == payload.data


def test_a_deleted_payload_is_written_again_when_it_is_handed_over_again(store: Store) -> None:
    digest = a_payload(store, "value")
    run = a_run(store, 1, inputs=digest)
    store.delete([run.id])
    assert store.payload(digest) is None
    again = a_run(store, 2, inputs=a_payload(store, "value"))
    assert again.inputs is not None
    assert store.payload(again.inputs) == encode("value").data


def test_what_a_deleted_run_still_hands_over_brings_it_back_or_is_counted(store: Store) -> None:
    run = a_run(store, 1)
    store.delete([run.id])
    store.writer.span(SpanRecord(run.id, 2, None, "ab" * 8, "late", "step", "step", 5))
    assert store.writer.flush()
    assert store.writer.dropped == 1
    store.writer.run(run)
    assert store.writer.flush()
    assert store.writer.flush()
    assert store.run(run.id).dropped == 1


def test_pruning_takes_what_is_old_but_for_the_newest(store: Store) -> None:
    runs = [a_run(store, number) for number in range(10)]
    assert store.prune(before=4) == StoreCounts(4, 4, 0)
    assert store.prune(before=100, keep_last=3) == StoreCounts(3, 3, 0)
    assert [run.id for run in store.runs()] == [run.id for run in runs[:6:-1]]


def test_pruning_by_status(store: Store) -> None:
    failed = RunRecord("ab" * 16, "t", "chain", 1, status="error")
    store.writer.run(failed)
    kept = a_run(store, 2)
    assert store.prune(before=10, status="error").runs == 1
    assert [run.id for run in store.runs()] == [kept.id]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=1, max_size=6), cut=st.integers(0, 6))
def test_exactly_the_payloads_in_use_remain(store: Store, uses: list[list[int]], cut: int) -> None:
    store.prune(before=10**6)
    for number, values in enumerate(uses):
        run = RunRecord(f"{number:032x}", "t", "chain", number)
        store.writer.run(run)
        for position, value in enumerate(values, 1):
            digest = a_payload(store, value)
            store.writer.span(SpanRecord(run.id, position, None, "ab" * 8, "p", "step", "s", number, input=digest))
    assert store.writer.flush()
    store.prune(before=cut)
    left = {encode(value).digest for values in uses[cut:] for value in values}
    assert store.counts().payloads == len(left)
    assert set(store.payloads(left)) == left
