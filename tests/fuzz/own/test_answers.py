"""What a model server answers: bytes, cut streams and wrong types give an answer or one error of a model call."""

import asyncio
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.loopback_server import Fault, LoopbackServer
from genops.errors import ModelError
from genops.models import Call, Gateway, ModelRequest, resolve_model
from genops.models.chat_completion import Assembly, error_of, read_completion
from genops.models.embeddings import EmbeddingRequest, read_embeddings
from genops.models.retry import parse_retry_after
from genops.models.server_sent_events import EventDecoder
from genops.models.types import ModelResponse
from genops.settings import ModelAlias, ModelLimits, Settings
from tests.fuzz.own.material import changed_data, changed_text, few

HEAD = {"id": "x", "model": "m", "system_fingerprint": "fp"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
CALLS = [{"index": 0, "id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]
COMPLETION = {
    **HEAD,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hello", "tool_calls": CALLS, "reasoning_content": "so"},
            "finish_reason": "stop",
            "logprobs": {"content": [{"token": "h", "logprob": -0.1}]},
        }
    ],
    "usage": USAGE,
}
CHUNKS = [
    {**HEAD, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "he"}, "logprobs": {"content": []}}]},
    {**HEAD, "choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "y"}], "refusal": "no"}}]},
    {**HEAD, "choices": [{"index": 0, "delta": {"tool_calls": [*CALLS, {**CALLS[0], "index": 1}]}}]},
    {**HEAD, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**HEAD, "choices": [], "usage": USAGE},
]
VECTORS = {"data": [{"index": 0, "embedding": [0.1, 0.2]}, {"index": 1, "embedding": [1, 0]}], "usage": USAGE}
ERRORS = [{"error": {"message": "slow down", "code": "rate_limit", "type": "x"}}, {"detail": "no"}, "text"]
STREAM = "".join(f": comment\n\ndata: {json.dumps(chunk)}\n\n" for chunk in CHUNKS) + "data: [DONE]\n\n"


def answered(read, *given):
    """Reads it; the one error that is allowed is that of a model call, and it says why."""
    try:
        found = read(*given)
    except ModelError as error:
        found = error.message.strip()
        assert found
    if isinstance(found, ModelResponse):
        check_types(found)


def check_types(response):
    """What steps, prices and the store take for granted of an answer."""
    assert isinstance(response.text, str)
    assert isinstance(response.finish_reason, str)
    assert all(isinstance(said, str) for said in (response.model, response.fingerprint, response.response_id) if said)
    counts = (response.usage.input_tokens, response.usage.output_tokens, response.usage.cached_input_tokens)
    assert all(count is None or (type(count) is int and count >= 0) for count in counts)
    for call in response.tool_calls:
        assert all(isinstance(said, str) for said in (call["id"], *call["function"].values()))


def assembled(chunks):
    heard = []
    assembly = Assembly(heard.append)
    for chunk in chunks:
        assembly.add(chunk)
    response = assembly.response()
    assert "".join(heard) == response.text
    return response


class TestBodies:
    @few(200)
    @given(changed_data([COMPLETION]))
    def test_a_completion_is_one_or_not(self, body):
        answered(read_completion, body)

    @few(200)
    @given(changed_data([CHUNKS]))
    def test_chunks_are_an_answer_or_not(self, chunks):
        answered(assembled, chunks if isinstance(chunks, list) else [chunks])

    @few(200)
    @given(changed_data([VECTORS]))
    def test_embeddings_are_some_or_not(self, body):
        answered(read_embeddings, body, EmbeddingRequest(["a", "b"]))

    @few(100)
    @given(st.integers(100, 999), changed_data(ERRORS))
    def test_an_error_is_an_error(self, status, body):
        assert error_of(status, body).message

    @few(100)
    @given(changed_text(["120", "Wed, 21 Oct 2026 07:28:00 GMT", "0.5"]))
    def test_the_time_to_wait_is_one_or_none(self, header):
        found = parse_retry_after(header)
        assert found is None or found >= 0

    @pytest.mark.slow
    @few(300)
    @given(changed_data([COMPLETION]), changed_data([CHUNKS]), changed_data([VECTORS]))
    def test_all_of_it_many_times(self, body, chunks, vectors):
        answered(read_completion, body)
        answered(assembled, chunks if isinstance(chunks, list) else [chunks])
        answered(read_embeddings, vectors, EmbeddingRequest(["a", "b"]))


@few(100)
@given(changed_text([STREAM]), st.lists(st.integers(0, 400), max_size=6))
def test_events_are_the_same_however_their_bytes_arrive(text, cuts):
    data = text.encode("utf-8", "surrogatepass")
    whole, pieces = EventDecoder(), EventDecoder()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [event for a, b in pairwise(places) for event in pieces.feed(data[a:b])]
    assert [*whole.feed(data), *whole.finish()] == [*found, *pieces.finish()]


class Client:
    """A gateway to a server that answers what it is told, in a loop of their own."""

    def __init__(self, server, root):
        self.server, self.loop = server, asyncio.new_event_loop()
        settings = Settings(root=root, models={"m": ModelAlias(model="openai/m", base_url=server.url)})
        limits = ModelLimits(retries=0, timeout=5)
        settings.models["m"] = settings.models["m"].model_copy(update={"limits": limits})
        self.gateway, self.model = Gateway(settings), resolve_model(settings, "m")

    def ask(self, status, body, streamed):
        call = Call(on_text=(lambda text: None) if streamed else None)
        self.server.faults.append(Fault("status", status=status, body=body))
        request = ModelRequest(messages=[{"role": "user", "content": "hi"}])
        answered(self.loop.run_until_complete, self.gateway.call(self.model, request, call))

    def close(self):
        self.loop.run_until_complete(self.gateway.close())
        self.loop.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with LoopbackServer() as server:
        client = Client(server, tmp_path_factory.mktemp("client"))
        yield client
        client.close()


BODIES = changed_text([STREAM, json.dumps(COMPLETION), json.dumps(ERRORS[0])])
STATUSES = st.sampled_from([200, 200, 200, 204, 302, 400, 404, 429, 500, 503])


class TestServers:
    @few(80)
    @given(status=STATUSES, body=BODIES, streamed=st.booleans())
    def test_answer_or_fail_in_one_way(self, client, status, body, streamed):
        client.ask(status, body.encode("utf-8", "replace").decode(), streamed)

    @pytest.mark.slow
    @few(500)
    @given(status=STATUSES, body=BODIES, streamed=st.booleans())
    def test_answer_or_fail_in_one_way_many_times(self, client, status, body, streamed):
        client.ask(status, body.encode("utf-8", "replace").decode(), streamed)
