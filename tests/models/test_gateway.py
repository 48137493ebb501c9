import asyncio
import time

import pytest

from benchmarks.loopback_server import Fault, Reply
from genops.errors import ModelError, ModelRefused, ModelTimeout, RateLimited, ServerFailed, StreamBroken
from genops.models import Call, ModelResponse, Usage
from genops.plugins import registry
from genops.settings import Price


class Shelf:
    """A response cache in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def cached_response(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def cache_response(self, key: str, response: bytes) -> None:
        self.kept[key] = response


async def test_what_may_heal_is_tried_again_and_listed(world, ask):
    world.server.fail(Fault("status", 500), Fault("reset"), Fault("half"))
    response = await world.gateway.call(world.model(), ask("hi"))
    assert response.text == "pong"
    assert [attempt["error"] for attempt in response.attempts] == ["ServerFailed", "ServerUnreachable", "StreamBroken"]
    assert [attempt["delay"] for attempt in response.attempts] == world.slept
    assert len(world.server.requests) == 4


async def test_delays_grow_at_most_twofold_and_are_jittered(world, ask):
    world.server.fail(*[Fault("status", 500)] * 5)
    await world.gateway.call(world.model(limits=world.limits(retries=5)), ask("hi"))
    assert all(0 <= delay <= 0.5 * 2**n for n, delay in enumerate(world.slept))
    assert len(set(world.slept)) == 5


async def test_what_will_not_heal_is_not_tried_again(world, ask):
    world.server.fail(Fault("status", 400))
    with pytest.raises(ModelRefused) as caught:
        await world.gateway.call(world.model(), ask("hi"))
    assert len(world.server.requests) == 1
    assert caught.value.attempts == [
        {"error": "ModelRefused", "message": "the server answered 400: injected 400", "delay": None}
    ]


async def test_the_last_error_lists_every_attempt(world, ask):
    world.server.fail(*[Fault("status", 503)] * 3)
    with pytest.raises(ServerFailed) as caught:
        await world.gateway.call(world.model(limits=world.limits(retries=2)), ask("hi"))
    assert [attempt["delay"] is None for attempt in caught.value.attempts] == [False, False, True]


async def test_retry_after_is_honoured(world, ask):
    world.server.fail(Fault("status", 429, {"Retry-After": "17"}), Fault("status", 503, {"Retry-After": "9"}))
    await world.gateway.call(world.model(), ask("hi"))
    assert 17 <= world.slept[0] <= 17.5
    assert 9 <= world.slept[1] <= 10


async def test_text_that_was_shown_is_not_asked_for_again(world, ask):
    world.server.answer = lambda body: Reply(text=" ".join(map(str, range(100))))
    world.server.fail(Fault("half"))
    shown = []
    with pytest.raises(StreamBroken):
        await world.gateway.call(world.model(), ask("hi"), Call(on_text=shown.append))
    assert shown
    assert len(world.server.requests) == 1


async def test_a_stream_that_failed_before_any_text_is_tried_again(world, ask):
    world.server.fail(Fault("status", 500))
    shown = []
    await world.gateway.call(world.model(), ask("hi"), Call(on_text=shown.append))
    assert shown == ["pong"]


async def test_every_timeout_of_an_attempt_is_a_model_timeout(world, ask):
    world.server.fail(Fault("hang"), None)
    response = await world.gateway.call(world.model(limits=world.limits(timeout=1.0)), ask("hi"))
    assert [attempt["error"] for attempt in response.attempts] == ["ModelTimeout"]


async def test_cancelling_a_call_gives_its_slot_back(world, ask):
    asked, answer = asyncio.Event(), asyncio.Event()

    class Silent:
        def __init__(self, settings):
            pass

        async def complete(self, model, request, call):
            asked.set()
            await answer.wait()
            return ModelResponse(text="at last")

        async def close(self):
            pass

    registry.add("provider", "silent", Silent)
    model = world.model(model="silent/one", base_url=None, limits=world.limits(concurrency=1))
    task = asyncio.create_task(world.gateway.call(model, ask("hi")))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answer.set()
    assert (await world.gateway.call(model, ask("hi"))).text == "at last"


async def test_no_more_calls_are_under_way_than_the_alias_allows(world, ask):
    world.server.latency = 0.005
    model = world.model(limits=world.limits(concurrency=3))
    await asyncio.gather(*(world.gateway.call(model, ask(str(n))) for n in range(20)))
    assert world.server.busiest == 3


async def test_calls_are_admitted_in_the_order_they_came(world, ask):
    model = world.model(limits=world.limits(concurrency=1))
    await asyncio.gather(*(world.gateway.call(model, ask(str(n))) for n in range(20)))
    assert [received.last for received in world.server.requests] == [str(n) for n in range(20)]


async def test_cost_is_unknown_without_a_price_and_zero_with_a_price_of_zero(world, ask):
    world.server.answer = lambda body: Reply(prompt_tokens=1000, completion_tokens=100, cached_tokens=400)

    async def cost(**fields):
        return (await world.gateway.call(world.model(**fields), ask("hi"))).cost

    assert await cost() is None
    assert await cost(model="openai/gpt-4o-mini") is None  # some other server's weights, at some other price
    assert await cost(price=Price(input=0, output=0)) == 0.0
    assert await cost(price=Price(input=2, output=10)) == pytest.approx(0.003)
    assert await cost(price=Price(input=2, output=10, cached_input=1)) == pytest.approx(0.0026)


async def test_the_cache_is_off_unless_asked_for(world, ask):
    gateway = world.new_gateway(cache=Shelf())
    for _ in range(2):
        assert not (await gateway.call(world.model(), ask("hi"))).cached
    assert len(world.server.requests) == 2
    await gateway.close()


async def test_an_equal_request_is_answered_from_the_cache(world, ask):
    gateway, model = world.new_gateway(cache=Shelf()), world.model()
    first = await gateway.call(model, ask("a \ud800"), use_cache=True)
    shown = []
    again = await gateway.call(model, ask("a \ud800"), Call(on_text=shown.append), use_cache=True)
    assert (again.text, again.usage, again.cached, again.cost) == (first.text, first.usage, True, 0.0)
    assert shown == ["pong"]
    assert len(world.server.requests) == 1
    await gateway.close()


async def test_anything_that_differs_is_another_entry(world, ask):
    gateway = world.new_gateway(cache=Shelf())
    calls = [
        (world.model(), ask("hi"), Call()),
        (world.model(), ask("ho"), Call()),
        (world.model(), ask("hi", parameters={"seed": 1}), Call()),
        (world.model(), ask("hi", tool_choice="none"), Call()),
        (world.model(), ask("hi"), Call(repeat=1)),
        (world.model(revision="2"), ask("hi"), Call()),
    ]
    for model, request, call in calls:
        assert not (await gateway.call(model, request, call, use_cache=True)).cached
    assert (await gateway.call(world.model("other"), ask("hi"), Call(turn=3), use_cache=True)).cached
    await gateway.close()


async def test_errors_are_never_cached(world, ask):
    shelf = Shelf()
    gateway, model = world.new_gateway(cache=shelf), world.model(limits=world.limits(retries=0))
    world.server.fail(Fault("status", 500))
    with pytest.raises(ModelError):
        await gateway.call(model, ask("hi"), use_cache=True)
    assert shelf.kept == {}
    assert (await gateway.call(model, ask("hi"), use_cache=True)).text == "pong"
    await gateway.close()


async def test_a_closed_gateway_can_be_used_again(world, ask):
    await world.gateway.close()
    assert (await world.gateway.call(world.model(), ask("hi"))).text == "pong"


async def test_plug_ins_bring_providers(world, ask):
    class Parrot:
        def __init__(self, settings):
            self.failures = 1

        async def complete(self, model, request, call):
            if self.failures:
                self.failures -= 1
                raise RateLimited("later", retry_after=2)
            return ModelResponse(text=str(request.messages[-1]["content"]), usage=Usage(3, 4))

        async def close(self):
            pass

    registry.add("provider", "parrot", Parrot)
    response = await world.gateway.call(world.model(model="parrot/grey", base_url=None), ask("hello"))
    assert response.text == "hello"
    assert len(response.attempts) == 1


async def test_what_a_provider_needs_is_loaded_once_and_in_no_calls_time(world, ask):
    loads = []

    class Bear:
        def __init__(self, settings):
            pass

        async def load(self):
            await asyncio.sleep(1.0)
            loads.append(world.gateway.sending.is_set())

        async def complete(self, model, request, call):
            assert loads
            return ModelResponse(text="awake")

        async def close(self):
            pass

    registry.add("provider", "bear", Bear)
    model = world.model(model="bear/brown", base_url=None, limits=world.limits(timeout=0.9, retries=0))
    answers = await asyncio.gather(*(world.gateway.call(model, ask("hello")) for _ in range(5)))
    assert [answer.text for answer in answers] == ["awake"] * 5
    assert loads == [False]
    assert world.gateway.sending.is_set()


async def test_a_plug_ins_timeout_is_ours(world, ask):
    class Sloth:
        def __init__(self, settings):
            pass

        async def complete(self, model, request, call):
            await asyncio.Event().wait()

        async def close(self):
            pass

    registry.add("provider", "sloth", Sloth)
    model = world.model(model="sloth/three-toed", base_url=None, limits=world.limits(timeout=0.01, retries=0))
    with pytest.raises(ModelTimeout):
        await world.gateway.call(model, ask("hello"))


def test_a_response_survives_being_stored():
    response = ModelResponse(text="a", usage=Usage(1, 2, 3), cost=0.5, attempts=[{"error": "X"}], extra={"k": [1]})
    assert ModelResponse.from_value(response.to_value()) == response


async def test_what_a_server_takes_at_once_is_found_without_losing_a_call(world, ask):
    """The server refuses whatever is more than five at once, without a word on when to come again."""
    under_way = refused = 0

    class Narrow:
        async def complete(self, model, request, call):
            nonlocal under_way, refused
            under_way += 1
            try:
                await asyncio.sleep(0.001)
                if under_way > 5:
                    refused += 1
                    raise RateLimited("too many", status=429)
                await asyncio.sleep(0.002)
                return ModelResponse("fine")
            finally:
                under_way -= 1

        async def close(self):
            pass

    gateway = world.new_gateway(sleep=lambda seconds: asyncio.sleep(seconds / 100), clock=time.perf_counter)
    gateway._providers["openai-compatible"] = Narrow()
    model = world.model(limits=world.limits(concurrency=100, retries=3))
    answers = await asyncio.gather(*(gateway.call(model, ask(str(number))) for number in range(300)))
    assert [answer.text for answer in answers] == ["fine"] * 300
    assert refused > 0


async def test_while_a_server_asks_to_wait_nobody_else_knocks(world, ask):
    world.server.fail(Fault("status", 429, {"Retry-After": "17"}))
    with pytest.raises(RateLimited):
        await world.gateway.call(world.model(limits=world.limits(retries=0)), ask("one"))
    assert world.slept == []
    await world.gateway.call(world.model(), ask("two"))
    assert 16 < sum(world.slept) <= 17
