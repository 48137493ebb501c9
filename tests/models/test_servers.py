"""An alias that genops serves is reached through the store's records of its servers."""

import asyncio
import time
from collections import Counter

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.errors import ModelError, ModelRefused, NotServed, ServerFailed, ServerUnreachable, StreamBroken
from genops.models import Call, ModelRequest
from genops.models.alias import stored_model
from genops.models.embeddings import EmbeddingRequest
from genops.models.servers import NEUTRAL_SAMPLING
from genops.settings import ModelAlias, Price
from genops.store import Store
from genops.store.records.serving import LoadTestRecord, PriceRecord
from genops.vllm_settings import VllmSettings
from tests.models.served_world import ServedWorld, record
from tests.store.conftest import new_postgres, postgres_server, store, url

__all__ = ["new_postgres", "postgres_server", "store", "url"]


@pytest.fixture
async def world(store, tmp_path):
    world = ServedWorld(store, tmp_path)
    yield world
    await world.gateway.close()


@pytest.fixture
def other():
    with LoopbackServer() as server:
        yield server


def kept_price(store, model="vllm/tiny"):
    test = LoadTestRecord("t" * 32, "local", 1, {}, {})
    store.keep_load_test(test, PriceRecord("local", 1.0, 2.0, None, test.id, 1, model))


async def seen(world, model, change, within=10.0):
    """Waits until a call shows that the gateway has read the store again."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if await change():
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_call_goes_to_the_server_that_the_store_knows_with_its_key(world, server, ask):
    server.key = "secret-1"
    world.serve(server)
    response = await world.gateway.call(world.model(), ask("hi"))
    assert response.text == "pong"
    (received,) = server.requests
    assert received.body["model"] == "tiny"
    assert received.headers["Authorization"] == "Bearer secret-1"


async def test_without_a_key_file_the_variable_of_the_alias_holds_the_key(world, server, ask, monkeypatch):
    world.aliases["local"] = world.aliases["local"].model_copy(update={"api_key_env": "LOCAL_KEY"})
    world.serve(server)
    await world.gateway.call(
        world.model(), ask("hi")
    )  # a server that genops runs has a key of its own where none is set
    assert "Authorization" not in server.requests[0].headers
    await world.gateway.close()
    monkeypatch.setenv("LOCAL_KEY", "from-the-environment")
    await world.gateway.call(world.model(), ask("hi"))
    assert server.requests[1].headers["Authorization"] == "Bearer from-the-environment"


async def test_an_explicit_base_url_wins(world, server, other, ask):
    world.serve(server)
    world.aliases["local"] = world.aliases["local"].model_copy(update={"base_url": other.url})
    await world.gateway.call(world.model(), ask("hi"))
    assert (len(server.requests), len(other.requests)) == (0, 1)


async def test_no_server_is_one_clear_error_that_says_how_to_start_one(world, ask):
    world.store.keep_served(record("http://127.0.0.1:1/v1", state="stopped", ended=2))
    with pytest.raises(NotServed) as caught:
        await world.gateway.call(world.model(), ask("hi"))
    assert "no server of the model alias 'local' runs" in caught.value.message
    assert "genops model serve local" in caught.value.hint
    assert world.slept == []  # nothing is waited for


async def test_a_server_that_starts_is_waited_for_as_long_as_retries_last(world, server, ask):
    starting = world.serve(server, state="starting", phase="load", ready=None)
    with pytest.raises(ServerUnreachable, match=r"is starting \(load\)") as caught:
        await world.gateway.call(world.model(), ask("hi"))
    assert len(caught.value.attempts) == 4
    world.serve(server, id=starting.id)
    assert (await world.gateway.call(world.model(), ask("hi"))).text == "pong"


async def test_a_start_whose_supervisor_fell_silent_is_no_server(world, server, ask):
    world.serve(server, state="starting", ready=None, beat=time.time_ns() - 120 * 10**9)
    with pytest.raises(NotServed):
        await world.gateway.call(world.model(), ask("hi"))


async def test_a_loopback_address_of_another_machine_is_not_this_machines(world, server, ask):
    world.serve(server, host="elsewhere")
    with pytest.raises(NotServed, match="runs on elsewhere"):
        await world.gateway.call(world.model(), ask("hi"))
    assert server.requests == []


async def test_replicas_get_calls_by_least_requests(world, server, other, ask):
    server.latency = other.latency = 0.05
    world.serve(server)
    world.serve(other, 1)
    model = world.model()
    await asyncio.gather(*(world.gateway.call(model, ask(str(n))) for n in range(20)))
    assert (len(server.requests), len(other.requests)) == (10, 10)
    assert server.busiest <= 10


async def test_a_slow_replica_gets_fewer(world, server, other, ask):
    server.latency, other.latency = 0.2, 0.01
    world.serve(server)
    world.serve(other, 1)
    model = world.model()

    async def caller():
        for _ in range(10):
            await world.gateway.call(model, ask("hi"))

    await asyncio.gather(*(caller() for _ in range(4)))
    assert len(server.requests) < len(other.requests) / 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault("reset"), "ServerUnreachable"), (Fault("half"), "StreamBroken"), (Fault("status", 500), "ServerFailed")],
)
async def test_a_call_that_fails_goes_to_another_replica_at_once(world, server, other, ask, fault, error):
    world.serve(server)
    world.serve(other, 1)
    server.fail(fault)
    other.fail(None)
    responses = [await world.gateway.call(world.model(), ask("hi")) for _ in range(2)]
    assert [response.text for response in responses] == ["pong", "pong"]
    failed = [attempt for response in responses for attempt in response.attempts]
    assert [(attempt["error"], attempt["delay"]) for attempt in failed] == [(error, 0.0)]
    assert world.slept == [0.0]


async def test_a_dead_replica_costs_no_call_and_is_left_alone_for_a_while(world, server, ask):
    with LoopbackServer() as dead:
        world.serve(dead)
        world.serve(server, 1)
    responses = [await world.gateway.call(world.model(), ask("hi")) for _ in range(10)]
    assert sum(len(response.attempts) for response in responses) == 1
    assert len(server.requests) == 10


async def test_what_was_shown_is_not_asked_of_another_replica(world, server, other, ask):
    world.serve(server)
    world.serve(other, 1)
    for one in (server, other):
        one.answer = lambda body: Reply(text=" ".join(map(str, range(100))))
        one.fail(Fault("half"))
    shown = []
    with pytest.raises(StreamBroken):
        await world.gateway.call(world.model(), ask("hi"), Call(on_text=shown.append))
    assert shown
    assert len(server.requests) + len(other.requests) == 1


async def test_when_every_replica_fails_the_ordinary_retries_follow(world, server, other, ask):
    world.serve(server)
    world.serve(other, 1)
    for one in (server, other):
        one.fail(*[Fault("status", 503)] * 20)
    with pytest.raises(ServerFailed) as caught:
        await world.gateway.call(world.model(), ask("hi"))
    assert Counter(attempt["delay"] == 0.0 for attempt in caught.value.attempts) == {True: 4, False: 4}
    assert len(server.requests) == len(other.requests) == 4


async def test_what_the_server_refuses_is_refused_by_all(world, server, other, ask):
    world.serve(server)
    world.serve(other, 1)
    for one in (server, other):
        one.fail(Fault("status", 400))
    with pytest.raises(ModelRefused):
        await world.gateway.call(world.model(), ask("hi"))
    assert len(server.requests) + len(other.requests) == 1


async def test_a_new_server_is_found_and_one_that_stops_is_left_without_a_failed_call(world, server, other, ask):
    first = world.serve(server)
    model = world.model()
    assert (await world.gateway.call(model, ask("hi"))).attempts == []
    world.serve(other, 1)
    world.serve(server, state="stopping", id=first.id)
    found = await seen(world, model, lambda: moved(world, model, other, ask))
    assert found
    asked = len(server.requests)
    for _ in range(3):
        assert (await world.gateway.call(model, ask("hi"))).attempts == []
    assert len(server.requests) == asked


async def moved(world, model, other, ask):
    await world.gateway.call(model, ask("hi"))
    return bool(other.requests)


async def test_a_restart_with_another_key_is_noticed_when_the_old_one_is_refused(world, server, ask):
    server.key = "old"
    world.serve(server)
    model = world.model()
    await world.gateway.call(model, ask("hi"))
    server.key = "new"
    world.serve(server, engine_pid=99)
    response = await world.gateway.call(model, ask("hi"))
    assert [attempt["error"] for attempt in response.attempts] == ["ModelRefused"]
    server.key = "nobody knows"
    with pytest.raises(ModelRefused):
        await world.gateway.call(model, ask("hi"))


async def test_calls_do_not_ask_the_store_each(world, server, ask):
    world.serve(server)
    reads = Counter()
    served = world.store.served
    world.gateway._serving = CountingRecords(world.store, reads)
    world.gateway._servers.clear()
    model = world.model()
    started = time.monotonic()
    for _ in range(50):
        await world.gateway.call(model, ask("hi"))
    assert reads["served"] <= 2 + (time.monotonic() - started)
    assert served("local")


class CountingRecords:
    """The store, with its readings counted."""

    def __init__(self, store: Store, reads: Counter) -> None:
        self._store, self._reads = store, reads

    def served(self, alias=None, *, live=True):
        self._reads["served"] += 1
        return self._store.served(alias, live=live)

    def measured_prices(self):
        self._reads["prices"] += 1
        return self._store.measured_prices()


async def test_calls_go_on_while_the_store_is_away(world, server, ask):
    world.serve(server)
    model = world.model()
    await world.gateway.call(model, ask("hi"))
    world.store._engine.dispose()
    from genops.errors import StoreUnavailable

    def away(*_args, **_kwargs):
        raise StoreUnavailable("away")

    world.store.served = away
    server.fail(Fault("status", 500))
    assert (await world.gateway.call(model, ask("hi"))).text == "pong"


async def test_the_answer_carries_what_answered_and_how_it_sampled(world, server, ask):
    world.serve(server, sampling={**NEUTRAL_SAMPLING, "temperature": 0.6, "top_p": 0.95})
    server.answer = lambda body: Reply(metrics=METRICS)
    request = ask("hi", parameters={"temperature": 0.2, "max_tokens": 5, "seed": 1})
    engine = (await world.gateway.call(world.model(), request)).engine
    assert engine["name"] == "vllm 0.32.0"
    assert engine["weights"] == "a" * 64
    assert engine["tokenizer"] == "b" * 64
    assert engine["sampling"] == {
        "temperature": 0.2,
        "top_p": 0.95,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "max_tokens": 5,
        "seed": 1,
    }
    assert {name: engine[name] for name in FIGURES} == FIGURES


METRICS = {
    "time_to_first_token_ms": 20.0,
    "generation_time_ms": 30.0,
    "queue_time_ms": 5.0,
    "mean_itl_ms": 1.0,
    "tokens_per_second": 7.0,
}
FIGURES = {"queue_s": 0.005, "prefill_s": 0.02, "decode_s": 0.03, "time_to_first_token_s": 0.025}


async def test_figures_that_the_version_does_not_give_are_null(world, server, ask):
    world.serve(server)
    engine = (await world.gateway.call(world.model(), ask("hi"))).engine
    assert {name: engine[name] for name in FIGURES} == dict.fromkeys(FIGURES)


async def test_a_measured_price_is_the_price_of_an_alias_without_one(world, server, ask):
    world.serve(server)
    assert (await world.gateway.call(world.model(), ask("hi"))).cost is None
    await world.gateway.close()
    kept_price(world.store)
    response = await world.gateway.call(world.model(), ask("hi"))
    assert response.cost == pytest.approx((7 * 1.0 + 3 * 2.0) / 1e6)
    world.aliases["local"] = world.aliases["local"].model_copy(update={"price": Price(input=10, output=0)})
    assert (await world.gateway.call(world.model(), ask("hi"))).cost == pytest.approx(7e-5)


async def test_a_price_that_was_measured_on_another_model_is_none_of_this_one(world, server, ask):
    world.serve(server)
    kept_price(world.store, "vllm/earlier")
    assert (await world.gateway.call(world.model(), ask("hi"))).cost is None


async def test_an_alias_that_another_serves_has_its_price_and_the_servers_of_that_one(world, server, ask):
    world.serve(server)
    kept_price(world.store)
    world.aliases["mine"] = ModelAlias(model="vllm/tiny", adapter="support", served_by="local")
    response = await world.gateway.call(world.model("mine"), ask("hi"))
    assert server.requests[0].body["model"] == "support"
    assert response.cost is not None


async def test_an_adapter_is_asked_of_the_replicas_that_have_it(world, server, other, ask):
    world.serve(server)
    world.serve(other, 1, adapters={"support": "d" * 64})
    world.aliases["mine"] = ModelAlias(model="vllm/tiny", adapter="support", served_by="local")
    for _ in range(3):
        response = await world.gateway.call(world.model("mine"), ask("hi"))
    assert (len(server.requests), len(other.requests)) == (0, 3)
    assert response.engine["adapter"] == "d" * 64


async def test_an_adapter_that_is_not_loaded_is_one_clear_error(world, server, ask):
    world.serve(server)
    world.aliases["mine"] = ModelAlias(model="vllm/tiny", adapter="support", served_by="local")
    server.fail(Fault("status", 404, body={"error": {"message": "The model `support` does not exist."}}))
    with pytest.raises(ModelRefused) as caught:
        await world.gateway.call(world.model("mine"), ask("hi"))
    assert "genops model adapter list local" in caught.value.hint


async def test_another_adapter_under_the_name_is_refused(world, server, ask):
    folder = world.root / "support"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    block = world.aliases["local"].vllm.model_validate({"adapters": {"support": {"path": folder}}})
    world.aliases["local"] = world.aliases["local"].model_copy(update={"vllm": block})
    world.aliases["mine"] = ModelAlias(model="vllm/tiny", adapter="support", served_by="local")
    model = world.model("mine")
    world.serve(server, adapters={"support": "d" * 64})
    with pytest.raises(NotServed, match="'support' with the digest") as caught:
        await world.gateway.call(model, ask("hi"))
    assert "genops model adapter load local support" in caught.value.hint
    world.serve(server, adapters={"support": model.adapter.digest}, engine_pid=5)
    await world.gateway.close()
    assert (await world.gateway.call(model, ask("hi"))).text == "pong"


async def test_vectors_come_from_the_servers_too(world, server):
    server.key = "k"
    world.serve(server)
    response = await world.gateway.embed(world.model(), EmbeddingRequest(["one text"], None))
    assert len(response.vectors) == 1


async def test_a_model_is_asked_for_by_the_name_that_its_server_gives_it(world, server, ask):
    world.serve(server)
    before = world.model().component.digest
    block = VllmSettings(served_name="known-as")
    world.aliases["local"] = world.aliases["local"].model_copy(update={"vllm": block})
    world.aliases["also"] = ModelAlias(model="vllm/tiny", served_by="local")
    world.aliases["elsewhere"] = ModelAlias(model="vllm/tiny", vllm=block, base_url=server.url)
    world.aliases["adapted"] = ModelAlias(model="vllm/tiny", adapter="support", served_by="local")
    for name in ("local", "also", "elsewhere", "adapted"):
        await world.gateway.call(world.model(name), ask("hi"))
    assert [one.body["model"] for one in server.requests] == ["known-as", "known-as", "known-as", "support"]
    assert world.model().component.digest == before, "it is the same model"


async def test_a_former_model_is_not_asked_for_by_the_name_of_the_present_one(world):
    former = world.model().component
    block = VllmSettings(served_name="known-as")
    world.aliases["local"] = ModelAlias(model="vllm/tiny", vllm=block, parameters={"temperature": 0.5})
    assert stored_model(world.settings, former).requested == "known-as"
    world.aliases["local"] = ModelAlias(model="vllm/larger", vllm=block)
    assert stored_model(world.settings, former).requested == "tiny"


async def test_a_gateway_without_a_store_says_so(server):
    from genops.models import Gateway, resolve_model
    from genops.settings import Settings
    from genops.vllm_settings import VllmSettings

    settings = Settings(models={"local": ModelAlias(model="vllm/tiny", vllm=VllmSettings())})
    with pytest.raises(ModelError, match="no store"):
        await Gateway(settings).call(resolve_model(settings, "local"), ModelRequest([{"role": "user", "content": "x"}]))
