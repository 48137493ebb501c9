"""Vectors through the gateway: by the direct path, and by litellm on the same server."""

import numpy as np
import pytest

from benchmarks.loopback_server import Fault, embeddings
from genops.errors import ModelRefused, ModelTimeout, RateLimited, ServerFailed, ServerUnreachable, UsageError
from genops.models.embeddings import EmbeddingRequest, read_embeddings

REQUEST = EmbeddingRequest(["a whale", "fresh bread", "a lock file"])


@pytest.fixture(params=["direct", pytest.param("litellm", marks=pytest.mark.slow)])
def model(request, world, monkeypatch):
    """The same model, by either path."""
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")

    def made(**fields):
        name = "openai/test-model" if request.param == "direct" else "litellm/openai/test-model"
        return world.model(model=name, api_key_env="LOOPBACK_KEY", limits=world.limits(**{"timeout": 60, **fields}))

    return made


def answer(*rows):
    """The server answers with these rows, whatever was asked."""
    return lambda body: {"data": [dict(zip(("index", "embedding"), row, strict=True)) for row in rows]}


async def test_each_text_gets_its_vector(world, model):
    response = await world.gateway.embed(model(), REQUEST)
    expected = [row["embedding"] for row in embeddings({"input": REQUEST.texts})["data"]]
    assert response.vectors == pytest.approx(np.array(expected), abs=1e-6)
    assert response.vectors.dtype == np.float32
    assert response.usage.input_tokens == 7
    received = world.server.requests[0]
    assert (received.body["model"], received.body["input"]) == ("test-model", REQUEST.texts)
    assert received.headers["Authorization"] == "Bearer s3cret"


async def test_the_order_is_that_of_the_texts_whatever_the_servers(world, model):
    world.server.embed = answer((2, [2.0]), (0, [0.0]), (1, [1.0]))
    response = await world.gateway.embed(model(), REQUEST)
    assert response.vectors.ravel().tolist() == [0.0, 1.0, 2.0]


async def test_a_dimension_is_asked_for(world, model):
    response = await world.gateway.embed(
        world.model(model="openai/text-embedding-3-small"), EmbeddingRequest(["text"], dimension=4)
    )
    assert response.vectors.shape == (1, 4)
    assert world.server.requests[0].body["dimensions"] == 4


async def test_what_may_heal_is_tried_again_when_the_server_says(world, model):
    world.server.fail(Fault("status", 429, headers={"Retry-After": "7"}), Fault("status", 503))
    response = await world.gateway.embed(model(), REQUEST)
    assert response.vectors.shape == (3, 16)
    assert [7 <= world.slept[0] < 8, world.slept[1] < 2] == [True, True]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", 429), RateLimited),
        (Fault("status", 500), ServerFailed),
        (Fault("status", 400), ModelRefused),
        (Fault("wrong_json"), ServerFailed),
        (Fault("not_json"), ServerFailed),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_each_fault_has_its_own_error(world, model, fault, error):
    world.server.fail(fault)
    with pytest.raises(error) as caught:
        await world.gateway.embed(model(retries=0), REQUEST)
    assert type(caught.value) is error
    assert len(world.server.requests) == 1


async def test_a_server_that_does_not_answer_in_time_is_a_timeout(world):
    world.server.fail(Fault("hang"))
    with pytest.raises(ModelTimeout):
        await world.gateway.embed(world.model(limits=world.limits(timeout=0.2, retries=0)), REQUEST)


async def test_a_server_that_is_not_there_is_named(world):
    model = world.model(base_url="http://127.0.0.1:9/v1", limits=world.limits(retries=0))
    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:9/v1/embeddings"):
        await world.gateway.embed(model, REQUEST)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(0, [1.0]), (1, [1.0])], "2 vectors numbered .* for 3 texts"),
        ([(0, [1.0]), (1, [1.0]), (1, [1.0])], "numbered"),
        ([(0, [1.0]), (1, [1.0]), (2, [1.0, 2.0])], "no usable embeddings"),
        ([(0, [1.0]), (1, [1.0]), (2, [float("nan")])], "not finite"),
        ([(0, [1.0]), (1, [1.0]), (2, ["one"])], "no usable embeddings"),
        ([(0, []), (1, []), (2, [])], "shape"),
        ([(0, 1.0), (1, 1.0), (2, 1.0)], "shape"),
        ([(0, [1.0]), (1, [1.0]), ("two", [1.0])], "no usable embeddings|numbered"),
    ],
)
async def test_an_answer_that_is_no_vector_for_each_text_is_a_failure_of_the_server(world, rows, words):
    world.server.embed = answer(*rows)
    with pytest.raises(ServerFailed, match=words):
        await world.gateway.embed(world.model(limits=world.limits(retries=0)), REQUEST)


async def test_another_dimension_than_was_asked_for_is_a_failure(world):
    world.server.embed = answer((0, [1.0, 2.0]))
    with pytest.raises(ServerFailed, match=r"shape \(1, 2\), and 4 dimensions were asked for"):
        await world.gateway.embed(world.model(limits=world.limits(retries=0)), EmbeddingRequest(["x"], dimension=4))


def test_vectors_without_numbers_are_in_the_order_of_the_texts():
    read = read_embeddings({"data": [{"embedding": [0]}, {"embedding": [1]}]}, EmbeddingRequest(["a", "b"]))
    assert read.vectors.ravel().tolist() == [0, 1]


async def test_an_error_sent_as_an_answer_is_one(world):
    world.server.embed = lambda body: {"error": {"message": "overloaded", "code": 503}}
    with pytest.raises(ServerFailed, match="overloaded"):
        await world.gateway.embed(world.model(limits=world.limits(retries=0)), REQUEST)


async def test_a_provider_without_vectors_says_so(world):
    with pytest.raises(UsageError, match="gives no vectors"):
        await world.gateway.embed(world.model(model="offline/extractive", base_url=None), REQUEST)
