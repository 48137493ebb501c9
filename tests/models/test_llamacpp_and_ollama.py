"""Aliases of llama.cpp and Ollama, against servers that answer in their words.

Replies are as the servers gave them: llama.cpp's from its README (tools/server) and its pull request 16109, which
changed how it reports an error in a stream; Ollama's from its page on OpenAI compatibility and its issues 7881 and
15457.
"""

import json

import pytest

from genops.errors import ModelRefused, ModelTimeout, ServerFailed
from genops.models import Call, Gateway, resolve_model
from genops.settings import ModelAlias, ModelLimits, Settings
from tests.models.conftest import ask
from tests.servers.openai_server import OpenAiServer

CHAT = "/v1/chat/completions"
TOOL = {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True}}
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
TIMINGS = {"cache_n": 4, "prompt_n": 5, "prompt_ms": 80.0, "predicted_n": 2, "predicted_ms": 250.0}


def events(*chunks, done=True, kind="data"):
    lines = [f"{kind}: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return [*lines, "data: [DONE]\n\n"] if done else lines


def chunk(delta=None, finish=None, **more):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "small", "choices": choices, **more}


def whole(message, finish="stop", **more):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "small", "choices": [choice], **more}


async def answer(reply, model="llamacpp/small", streamed=False, retries=0, timeout=10.0, **fields):
    """The response to one call, and the server."""
    with OpenAiServer({CHAT: reply}) as server:
        limits = ModelLimits(retries=retries, timeout=timeout)
        alias = ModelAlias(model=model, base_url=f"{server.url}/v1", limits=limits)
        settings = Settings(models={"small": alias})
        gateway = Gateway(settings)
        pieces = []
        call = Call(on_text=pieces.append) if streamed else Call()
        try:
            response = await gateway.call(resolve_model(settings, "small"), ask("hi", **fields), call)
        finally:
            await gateway.close()
        return response, server, pieces


@pytest.mark.parametrize(
    ("model", "url"),
    [("llamacpp/small", "http://localhost:8080/v1"), ("ollama/qwen3:4b", "http://localhost:11434/v1")],
)
def test_an_alias_needs_no_address_where_the_server_stands_at_its_own(model, url):
    from genops.models.alias import base_url_of

    assert base_url_of(resolve_model(Settings(models={"small": ModelAlias(model=model)}), "small")) == url


async def test_llamacpp_streams_and_says_how_long_it_took():
    reply = events(
        chunk({"role": "assistant", "content": None}),
        chunk({"content": "for"}),
        chunk({"content": "ty"}),
        chunk({}, "stop"),
        chunk(usage=USAGE, timings=TIMINGS),
    )
    response, server, pieces = await answer((200, reply), streamed=True)
    assert (response.text, pieces) == ("forty", ["for", "ty"])
    assert (response.usage.input_tokens, response.usage.output_tokens) == (9, 2)
    assert response.engine["prefill_s"] == 0.08
    assert response.engine["decode_s"] == 0.25
    assert response.engine["queue_s"] is None
    assert server.requests[0]["stream_options"] == {"include_usage": True}


async def test_ollama_streams():
    reply = events(
        chunk({"role": "assistant", "content": "for"}),
        chunk({"role": "assistant", "content": "ty"}),
        chunk({"role": "assistant", "content": ""}, "stop"),
        chunk(usage=USAGE),
    )
    response, _, pieces = await answer((200, reply), "ollama/qwen3:4b", streamed=True)
    assert (response.text, pieces) == ("forty", ["for", "ty"])
    assert response.usage.output_tokens == 2
    assert response.engine == {}


async def test_llamacpp_streams_a_tool_call_in_pieces():
    call = {"index": 0, "id": "Xm1", "type": "function", "function": {"name": "add", "arguments": ""}}
    reply = events(
        chunk({"role": "assistant", "content": None}),
        chunk({"tool_calls": [call]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
        chunk({}, "tool_calls"),
    )
    response, server, _ = await answer((200, reply), streamed=True, tools=[TOOL])
    assert [call["function"] for call in response.tool_calls] == [{"name": "add", "arguments": '{"a":1}'}]
    assert response.finish_reason == "tool_calls"
    assert server.requests[0]["tools"] == [TOOL]


@pytest.mark.parametrize("index", [{"index": 0}, {}], ids=["all numbered 0", "not numbered"])
async def test_ollama_streams_several_tool_calls_whole_and_they_are_not_run_together(index):
    def called(number):
        function = {"name": "add", "arguments": f'{{"a":{number}}}'}
        return chunk({"content": "", "tool_calls": [{"id": f"call_{number}", **index, "function": function}]})

    reply = events(called(1), called(2), called(3), chunk({"content": ""}, "tool_calls"))
    response, _, _ = await answer((200, reply), "ollama/qwen3:4b", streamed=True, tools=[TOOL])
    assert [call["id"] for call in response.tool_calls] == ["call_1", "call_2", "call_3"]
    assert [call["function"]["arguments"] for call in response.tool_calls] == ['{"a":1}', '{"a":2}', '{"a":3}']


async def test_a_tool_call_without_an_id_gets_one():
    message = {"content": None, "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": "{}"}}]}
    response, _, _ = await answer((200, whole(message, "tool_calls", timings=TIMINGS)), tools=[TOOL])
    assert response.tool_calls[0]["id"] == "call_0"
    assert response.engine["decode_s"] == 0.25


@pytest.mark.parametrize("model", ["llamacpp/small", "ollama/qwen3:4b"])
async def test_a_schema_is_sent_as_openai_has_it(model):
    response, server, _ = await answer((200, whole({"content": '{"city": "Bern"}'})), model, response_format=FORMAT)
    assert server.requests[0]["response_format"] == FORMAT
    assert response.text == '{"city": "Bern"}'


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_reasoning_is_kept_apart_under_one_name(field, streamed):
    stream = events(chunk({field: "hm"}), chunk({field: "m"}), chunk({"content": "42"}), chunk({}, "stop"))
    reply = (200, stream if streamed else whole({"content": "42", field: "hmm"}))
    response, _, _ = await answer(reply, "ollama/qwen3:4b", streamed=streamed)
    assert response.text == "42"
    assert response.extra["reasoning_content"] == "hmm"


LOADING = (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})


async def test_a_llamacpp_that_still_loads_is_asked_again():
    replies = [LOADING, LOADING, (200, whole({"content": "here"}))]
    response, server, _ = await answer(lambda _: replies.pop(0), retries=3)
    assert response.text == "here"
    assert len(server.requests) == 3


async def test_a_llamacpp_that_does_not_end_loading_says_so():
    with pytest.raises(ServerFailed, match="503: Loading model"):
        await answer(LOADING)


OVERFLOW = {
    "code": 400,
    "message": "the request exceeds the available context size, try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 14429,
    "n_ctx": 8192,
}


@pytest.mark.parametrize(
    "reply",
    [
        (400, {"error": OVERFLOW}),
        (200, {"error": OVERFLOW}),
        (200, events({"error": OVERFLOW})),
        (200, events(OVERFLOW, kind="error")),
        (200, events(chunk({"content": "so far"}))[:-1] + events(OVERFLOW, kind="error")),
    ],
    ids=["by its status", "as an answer", "in the stream", "in a field of its own", "in the middle of the answer"],
)
async def test_a_prompt_that_llamacpp_has_no_room_for_is_refused_once(reply):
    with pytest.raises(ModelRefused, match="exceeds the available context size") as refused:
        await answer(reply, streamed=isinstance(reply[1], list), retries=3)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (404, 'model "qwen9" not found, try pulling it first', "try pulling it first"),
        (400, "registry.ollama.ai/library/gemma:2b does not support tools", "does not support tools"),
    ],
)
async def test_what_ollama_cannot_do_is_said_in_its_words(status, error, says):
    body = {"error": {"message": error, "type": "api_error", "param": None, "code": None}}
    with pytest.raises(ModelRefused, match=says):
        await answer((status, body), "ollama/qwen9", retries=3)


async def test_an_ollama_that_loads_the_model_first_may_take_longer_than_the_limit():
    with pytest.raises(ModelTimeout):
        await answer((200, whole({"content": "late"}), 1.0), "ollama/qwen3:4b", timeout=0.2)


async def test_a_server_without_the_v1_in_its_address_is_pointed_out():
    with OpenAiServer({CHAT: (200, whole({"content": "x"}))}) as server:
        alias = ModelAlias(model="llamacpp/small", base_url=server.url, limits=ModelLimits(retries=0))
        settings = Settings(models={"small": alias})
        gateway = Gateway(settings)
        with pytest.raises(ModelRefused) as refused:
            await gateway.call(resolve_model(settings, "small"), ask("hi"))
        await gateway.close()
    assert "/v1" in (refused.value.hint or "")
