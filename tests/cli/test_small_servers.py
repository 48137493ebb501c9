"""Chains whose models are llama.cpp's and Ollama's: structured output, an agent with a tool, and what goes wrong."""

import json

import pytest

from tests.servers.openai_server import OpenAiServer

CHAT = "/v1/chat/completions"
FILES = {
    "prompts/place.prompt": """---
model: small
inputs: {text: str}
output:
  type: object
  properties: {city: str}
---
Where is {{ text }}?
""",
    "prompts/sums.prompt": """---
model: small
inputs: {sum: str}
---
What is {{ sum }}?
""",
    "chains/place.yaml": """
inputs: {text: str}
steps:
  found: {prompt: place, with: {text: "{{ inputs.text }}"}}
output: "{{ steps.found.output.city }}"
""",
    "chains/sums.yaml": """
inputs: {sum: str}
steps:
  work: {agent: sums, with: {sum: "{{ inputs.sum }}"}, tools: [calculate], max_turns: 3}
output: "{{ steps.work.output }}"
""",
}
SETTINGS = """
plugins = ["chains.tools"]

[models.small]
model = "{model}"
base_url = "{url}/v1"
price = {{input = 0.0, output = 0.0}}

[models.small.limits]
retries = 0
"""


def completion(message, finish="stop", **more):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    return 200, {"id": "c", "object": "chat.completion", "model": "small", "choices": [choice], "usage": usage, **more}


def speaks(dialect):
    """A server's answer to any of the chains' requests."""
    more = {"timings": {"prompt_ms": 80.0, "predicted_ms": 250.0}} if dialect == "llamacpp" else {}
    empty = None if dialect == "llamacpp" else ""

    def reply(body):
        if "response_format" in body:
            schema = body["response_format"]["json_schema"]["schema"]
            return completion({"content": json.dumps(dict.fromkeys(schema["properties"], "Bern"))}, **more)
        result = next((message["content"] for message in body["messages"] if message["role"] == "tool"), None)
        if result is None:
            function = {"name": body["tools"][0]["function"]["name"], "arguments": '{"expression": "6 * 7"}'}
            call = {"id": "" if dialect == "llamacpp" else "call_x", "type": "function", "function": function}
            return completion({"content": empty, "tool_calls": [call]}, "tool_calls", **more)
        return completion({"content": f"It is {result}."}, **more)

    return reply


@pytest.fixture
def served(site):
    """Points the project at a server."""

    def point(server, model):
        for name, text in FILES.items():
            (site / name).write_text(text.lstrip("\n"))
        (site / "genops.toml").write_text(SETTINGS.format(model=model, url=server.url))

    return point


@pytest.mark.parametrize("model", ["llamacpp/small", "ollama/qwen3:4b"])
def test_chains_run_on_it(genops, served, model):
    dialect = model.partition("/")[0]
    with OpenAiServer({CHAT: speaks(dialect)}) as server:
        served(server, model)
        assert genops("run", "place", "--input", "text=the parliament").out == "Bern\n"
        assert genops("run", "sums", "--input", "sum=6 * 7").out == "It is 42.\n"
    assert {request["model"] for request in server.requests} == {model.partition("/")[2]}
    spans = json.loads(genops("trace", "export", "last").out)["spans"]
    times = {span["attributes"].get("genops.engine.decode_s") for span in spans}
    assert times == ({None, 0.25} if dialect == "llamacpp" else {None})


@pytest.mark.parametrize(
    ("model", "status", "error", "says"),
    [
        (
            "llamacpp/small",
            503,
            {"code": 503, "message": "Loading model", "type": "unavailable_error"},
            "Loading model",
        ),
        ("ollama/nope", 404, {"message": 'model "nope" not found, try pulling it first', "code": None}, "pulling it"),
    ],
)
def test_what_it_cannot_do_ends_the_run_in_its_words(genops, served, model, status, error, says):
    with OpenAiServer({CHAT: (status, {"error": error})}) as server:
        served(server, model)
        done = genops("run", "place", "--input", "text=x", code=4)
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.trace


def test_an_answer_that_is_not_of_the_schema_is_an_error_of_the_step(genops, served):
    """A server that takes no schemas answers in prose."""
    with OpenAiServer({CHAT: completion({"content": "In Bern, I think."})}) as server:
        served(server, "ollama/old")
        assert "at step found" in genops("run", "place", "--input", "text=x", code=4).err
