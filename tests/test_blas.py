"""One thread for products, whoever asks for it, and what was there before when all are done."""

import threading

import faiss  # noqa: F401 - its BLAS counts each thread apart
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from genops.blas import one_blas_thread
from genops.drift.kernels.deep import DeepKernel, learned
from genops.retrieval.embedders.bert import Bert


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads():
    with threadpool_limits(3, user_api="blas"):
        yield


def test_a_block_has_one_thread_and_gives_back_what_it_found():
    with one_blas_thread():
        assert threads() == {1}
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {3}


def test_a_failure_gives_back_what_it_found():
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        1 / 0  # noqa: B018
    assert threads() == {3}


def test_the_first_to_leave_leaves_the_limit_to_the_others():
    entered, left = threading.Event(), threading.Event()
    seen = []

    def longer():
        with one_blas_thread():
            entered.set()
            assert left.wait(60)
            seen.append(threads())

    other = threading.Thread(target=longer)
    with one_blas_thread():
        other.start()
        assert entered.wait(60)  # nobody waits for another
    left.set()
    other.join(60)
    assert seen == [{1}]
    assert threads() == {3}


def test_an_embedder_and_a_kernel_that_learns_keep_each_other_to_one_thread(monkeypatch):
    both_inside, seen = threading.Barrier(2), {}

    def meet(name):
        if name not in seen:
            both_inside.wait(60)
            seen[name] = threads()

    def layer(bert, states, name):
        meet("embedder")
        return states

    def power(kernel, rows, apart, plain=DeepKernel.power):
        meet("kernel")
        return plain(kernel, rows, apart)

    monkeypatch.setattr(Bert, "_layer", layer)
    monkeypatch.setattr(DeepKernel, "power", power)
    random = np.random.default_rng(0)
    current, reference = random.normal(size=(2, 30, 4))
    embedder = threading.Thread(target=one_layer_bert(), args=([1, 2, 3],))
    embedder.start()
    learned(DeepKernel.start(reference, 3, random), current, reference, 20, 0.01, 16, random)
    embedder.join(60)
    assert seen == {"embedder": {1}, "kernel": {1}}
    assert threads() == {3}


def one_layer_bert():
    tables = {f"embeddings.{kind}_embeddings.weight": np.eye(5) for kind in ("word", "position", "token_type")}
    norm = {f"embeddings.LayerNorm.{kind}": np.ones(5) for kind in ("weight", "bias")}
    return Bert(tables | norm, layers=1, heads=1, epsilon=1e-12)
