from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genops.artifacts import Component, Lock
from genops.errors import ReferenceNotFound, StoreError
from genops.store import Store
from tests.store.conftest import keep_closure

PROMPT = Component("prompt", "answer", {"template": "Say {{ x }}\n", "temperature": 0.5, "name": "é"}, "answer@3")
MODEL = Component("model", "fast", {"model": "openai/gpt", "parameters": {}})
TOOL = Component("tool", "calc", {"source": "def calc(): ..."})

bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def test_a_closure_comes_back_whole(store: Store) -> None:
    parts = [PROMPT, MODEL, TOOL]
    lock = Lock.of("chain", parts, {("prompt", "answer"): ("model:fast",)})
    keep_closure(store, lock, parts)
    assert store.lock(lock.digest) == lock
    assert store.lock(lock.digest[:6]) == lock
    assert store.components_of(lock.digest) == sorted(parts, key=lambda part: part.kind)
    assert store.component(MODEL.digest[:8]) == MODEL
    assert store.component(MODEL.digest[:8], "model") == MODEL


def test_saving_again_changes_nothing(store: Store, url: str) -> None:
    lock = Lock.of("chain", [PROMPT])
    keep_closure(store, lock, [PROMPT])
    keep_closure(store, lock, [PROMPT])
    with Store.open(url) as other:
        keep_closure(other, lock, [PROMPT])
        assert other.components_of(lock.digest) == [PROMPT]


def test_saving_again_asks_the_database_nothing(store: Store) -> None:
    lock = Lock.of("chain", [PROMPT])
    keep_closure(store, lock, [PROMPT])
    store.close()
    store.writer.closure(lock, [PROMPT])
    assert store.writer.dropped == 0


def test_one_component_under_two_names_is_kept_under_both(store: Store) -> None:
    renamed = Component("prompt", "reply", PROMPT.body)
    assert renamed.digest == PROMPT.digest
    lock = Lock.of("chain", [PROMPT, renamed])
    keep_closure(store, lock, [PROMPT, renamed])
    assert [part.name for part in store.components_of(lock.digest)] == ["answer", "reply"]
    assert store.lock(lock.digest) == lock


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_any_body_comes_back_under_its_digest(store: Store, body: object) -> None:
    part = Component("prompt", "p", body)
    lock = Lock.of("chain", [part])
    keep_closure(store, lock, [part])
    (found,) = store.components_of(lock.digest)
    assert found.digest == part.digest


def test_what_is_unknown_is_an_error_that_lists_what_there_is(store: Store) -> None:
    lock = Lock.of("chain", [PROMPT])
    keep_closure(store, lock, [PROMPT])
    with pytest.raises(ReferenceNotFound) as unknown:
        store.lock("0000" if not lock.digest.startswith("0000") else "1111")
    assert lock.digest[:12] in str(unknown.value)
    with pytest.raises(ReferenceNotFound, match="no tool begins"):
        store.component(PROMPT.digest, "tool")
    assert store.components_of("ab" * 32) == []


def test_a_component_that_was_tampered_with_is_refused(store: Store) -> None:
    lock = Lock.of("chain", [PROMPT])
    keep_closure(store, lock, [PROMPT])
    for body in ('{"template": "Say no"}', "{"):
        with store._engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE component SET body = '{body}'")
        with pytest.raises(StoreError, match="damaged"):
            store.components_of(lock.digest)
        with pytest.raises(StoreError, match="damaged"):
            store.component(PROMPT.digest)


def test_a_lock_that_was_tampered_with_is_refused(store: Store) -> None:
    lock = Lock.of("chain", [PROMPT])
    keep_closure(store, lock, [PROMPT])
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE lock SET chain = 'another'")
    with pytest.raises(StoreError, match="damaged"):
        store.lock(lock.digest)
