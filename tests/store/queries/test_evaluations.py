from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from genops.artifacts import encode
from genops.errors import ReferenceNotFound
from genops.store import Store
from genops.store.records.evaluations import EvalRecord, SampleRecord
from genops.store.records.runs import RunRecord

ID = "a" * 32


def evaluation(number: int = 0, **values: object) -> EvalRecord:
    record = EvalRecord(f"{number:032x}", "answers", "", "m1", {"suite": "answers"}, started=1_000 + number)
    return replace(record, **values)  # type: ignore[arg-type]


def sample(number: int, **values: object) -> SampleRecord:
    record = SampleRecord(number, f"case {number}", number, "base", 0, "ok", scores={"contains": {"value": 1.0}})
    return replace(record, **values)  # type: ignore[arg-type]


def test_an_evaluation_is_read_as_it_was_written(store: Store) -> None:
    store.open_evaluation(evaluation(1))
    store.change_evaluation(evaluation(1).id, status="finished", ended=2_000, verdict={"outcome": "pass"})
    found = store.evaluation(evaluation(1).id[:32])
    assert found == evaluation(1, status="finished", ended=2_000, verdict={"outcome": "pass"})


def test_evaluations_are_listed_newest_first_and_by_what_they_are(store: Store) -> None:
    for number, (suite, name) in enumerate([("answers", "main"), ("answers", ""), ("other", "main")]):
        store.open_evaluation(evaluation(number, suite=suite, name=name, manifest=f"m{number}"))
    assert [record.manifest for record in store.evaluations()] == ["m2", "m1", "m0"]
    assert [record.manifest for record in store.evaluations(suite="answers")] == ["m1", "m0"]
    assert [record.manifest for record in store.evaluations(name="main", limit=1)] == ["m2"]
    assert [record.manifest for record in store.evaluations(manifest="m1")] == ["m1"]


def test_two_that_start_at_the_same_moment_are_both_kept(store: Store) -> None:
    store.open_evaluation(evaluation(1, started=5))
    store.open_evaluation(evaluation(2, started=5))
    assert len(store.evaluations()) == 2


def test_many_that_open_the_same_at_once_are_given_one(store: Store) -> None:
    store.open_evaluation(evaluation(1, manifest="other"))
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda number: store.join_evaluation(evaluation(number)), range(2, 18)))
    assert len({record.id for record in opened}) == 1
    assert [record.id for record in store.evaluations(manifest="m1")] == [opened[0].id]
    assert store.join_evaluation(evaluation(99)) == store.evaluation(opened[0].id)


def test_an_unknown_id_is_an_error_that_lists_what_there_is(store: Store) -> None:
    store.open_evaluation(evaluation(0xABCDEF))
    with pytest.raises(ReferenceNotFound, match="no evaluation begins with 'ffff'") as error:
        store.evaluation("ffff")
    assert evaluation(0xABCDEF).id[:12] in str(error.value)


def test_samples_are_read_in_the_order_of_their_numbers(store: Store) -> None:
    store.open_evaluation(evaluation(1))
    many = [sample(number) for number in range(5_000)]
    store.add_samples(evaluation(1).id, many[::-1])
    assert list(store.samples(evaluation(1).id)) == many


def test_a_sample_whose_infrastructure_failed_is_replaced_by_its_next_attempt(store: Store) -> None:
    store.open_evaluation(evaluation(1))
    failed = sample(1, status="error", error={"type": "ServerFailed", "message": "503", "path": ""}, scores={})
    store.add_samples(evaluation(1).id, [sample(0), failed])
    assert store.done_samples(evaluation(1).id) == [0]
    store.add_samples(evaluation(1).id, [sample(1)])
    assert sorted(store.done_samples(evaluation(1).id)) == [0, 1]
    assert list(store.samples(evaluation(1).id)) == [sample(0), sample(1)]


def test_deleting_an_evaluation_takes_its_samples_along(store: Store) -> None:
    for number in (1, 2):
        store.open_evaluation(evaluation(number))
        store.add_samples(evaluation(number).id, [sample(0)])
    assert store.delete_evaluations([evaluation(1).id]) == 1
    assert list(store.samples(evaluation(1).id)) == []
    assert list(store.samples(evaluation(2).id)) == [sample(0)]


def test_an_output_that_a_sample_names_outlives_its_run(store: Store) -> None:
    payload = encode({"answer": "42"})
    store.writer.payload(payload)
    store.writer.run(RunRecord("b" * 32, "b" * 32, "answer", 1, ended=2, status="ok", output=payload.digest))
    assert store.writer.flush()
    store.open_evaluation(evaluation(1))
    store.add_samples(evaluation(1).id, [sample(0, run="b" * 32, output=payload.digest)])
    assert store.delete(["b" * 32]).runs == 1
    assert store.payload(payload.digest) == payload.data
