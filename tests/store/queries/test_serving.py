"""Servers of models, figures of engines, load tests and prices are kept, and read back as they were written."""

from dataclasses import replace

from genops.store.records.serving import EngineFiguresRecord, LoadTestRecord, PriceRecord, ServedRecord


def server(replica=0, **changed):
    record = ServedRecord(
        id=f"{replica:032x}",
        alias="local",
        replica=replica,
        host="here",
        supervisor=10,
        engine_pid=None,
        url="http://127.0.0.1:8000/v1",
        state="starting",
        phase="load",
        started=1_000,
        ready=None,
        ended=None,
        beat=1_000,
        engine="vllm 0.32.0",
        model="models/tiny",
        digests={"weights": "a" * 64},
        adapters={"support": "b" * 64},
        sampling={"temperature": 1.0},
        arguments=["--model", "models/tiny"],
        key_file="",
        log="serve.log",
    )
    return replace(record, **changed)


def test_adapters_come_and_go_beside_what_the_supervisor_writes(store):
    store.keep_served(server())
    store.keep_served(server(1))
    store.keep_adapters(server().id, {"legal": "c" * 64})
    assert store.served() == [server(adapters={"legal": "c" * 64}), server(1)]


def test_a_server_is_written_over_as_it_goes_on_and_found_while_it_lives(store):
    store.keep_served(server())
    store.keep_served(server(1))
    store.keep_served(server(state="ready", phase="", ready=2_000, engine_pid=11))
    assert store.served() == [server(state="ready", phase="", ready=2_000, engine_pid=11), server(1)]
    store.keep_served(server(1, state="failed", ended=3_000, reason="out of memory"))
    assert [one.replica for one in store.served("local")] == [0]
    assert [one.reason for one in store.served("local", live=False)] == ["", "out of memory"]
    assert store.served("other") == []


def test_the_newest_figures_come_oldest_first(store):
    store.keep_engine_figures([])
    store.keep_engine_figures([EngineFiguresRecord("s", "local", at, {"running": at}) for at in (1, 2, 3)])
    store.keep_engine_figures([EngineFiguresRecord("t", "other", 2, {"running": None})])
    assert [one.at for one in store.engine_figures("local", limit=2)] == [2, 3]
    assert [one.figures["running"] for one in store.engine_figures("local", since=3)] == [3]
    assert store.prune_engine_figures(3) == 3
    assert [one.at for one in store.engine_figures()] == [3]


def test_a_load_test_gives_the_price_in_place_of_an_older_one(store):
    first = LoadTestRecord("1" * 32, "local", 5, {"concurrency": [1]}, {"tokens_per_second": 10.0})
    second = replace(first, id="2" * 32, at=6)
    store.keep_load_test(first, PriceRecord("local", 0.1, 0.4, None, first.id, 5, "vllm/tiny"))
    store.keep_load_test(second, PriceRecord("local", 0.2, 0.5, 0.1, second.id, 6, "vllm/tiny"))
    store.keep_load_test(replace(first, id="3" * 32, alias="other", at=7))
    assert store.load_tests("local") == [second, first]
    assert len(store.load_tests(limit=2)) == 2
    assert store.measured_prices() == [PriceRecord("local", 0.2, 0.5, 0.1, second.id, 6, "vllm/tiny")]
