import json
from pathlib import Path

import pytest

from benchmarks.loopback_server import Fault, Reply
from genops.errors import DefinitionError, ModelRefused
from genops.models import Call, Recorder


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "calls" / "calls.jsonl"


async def record(world, path, *requests, **fields):
    with Recorder(path, **fields) as recorder:
        gateway = world.new_gateway(recorder=recorder)
        for request in requests:
            await gateway.call(world.model("live", parameters={"seed": 1}), request)
        await gateway.close()


def replayed(world, name="other", **fields):
    fields = {"model": "recorded/openai/test-model", "base_url": None, "file": "calls/calls.jsonl", **fields}
    return world.model(name, **fields)


async def test_a_recorded_call_is_answered_under_any_alias_and_without_the_provider(world, ask, recording):
    world.server.answer = lambda body: Reply(text="recorded \ud800 text", prompt_tokens=5)
    world.server.fail(Fault("status", 500))
    await record(world, recording, ask("hi \ud800", parameters={"seed": 1}))
    asked = len(world.server.requests)
    shown = []
    response = await world.gateway.call(
        replayed(world), ask("hi \ud800", parameters={"seed": 1}), Call(on_text=shown.append)
    )
    assert response.text == "recorded \ud800 text"
    assert response.usage.input_tokens == 5
    assert response.attempts == []
    assert "".join(shown) == response.text
    assert len(world.server.requests) == asked


async def test_repeated_requests_are_answered_in_order_then_by_the_last(world, ask, recording):
    answers = iter(["first", "second"])
    world.server.answer = lambda body: Reply(text=next(answers))
    await record(world, recording, ask("hi"), ask("hi"))
    model = replayed(world)
    assert [(await world.gateway.call(model, ask("hi"))).text for _ in range(3)] == ["first", "second", "second"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"parameters": {"temperature": 1}}, r"parameters\.temperature: 0 recorded, 1 asked"),
        ({"tool_choice": "none"}, "tool_choice: None recorded, 'none' asked"),
    ],
)
async def test_anything_else_is_an_error_that_names_the_nearest_and_the_difference(
    world, ask, recording, change, named
):
    await record(world, recording, ask("hi", parameters={"temperature": 0}), ask("quite another thing"))
    with pytest.raises(ModelRefused, match=named) as caught:
        await world.gateway.call(replayed(world), ask("hi", **{"parameters": {"temperature": 0}, **change}))
    assert "genops run --record" in str(caught.value)


async def test_the_difference_in_a_long_text_is_shown_where_it_is(world, ask, recording):
    await record(world, recording, ask("word " * 400 + "red"))
    with pytest.raises(ModelRefused, match=r"messages\[0\]\.content: .*red.* recorded, .*blue.* asked"):
        await world.gateway.call(replayed(world), ask("word " * 400 + "blue"))


async def test_another_model_was_not_recorded(world, ask, recording):
    await record(world, recording, ask("hi"))
    with pytest.raises(ModelRefused, match=r"model\.id: 'openai/test-model' recorded, 'openai/other' asked"):
        await world.gateway.call(replayed(world, model="recorded/openai/other"), ask("hi"))


async def test_what_is_written_is_redacted(world, ask, recording):
    def redact(value):
        return json.loads(json.dumps(value).replace("s3cret", "<KEY:1>"))

    await record(world, recording, ask("my s3cret"), redact=redact)
    assert "s3cret" not in recording.read_text()
    assert (await world.gateway.call(replayed(world), ask("my s3cret"))).text == "pong"


async def test_every_line_is_there_at_once(world, ask, recording):
    recorder = Recorder(recording)
    gateway = world.new_gateway(recorder=recorder)
    await gateway.call(world.model(), ask("hi"))
    assert len(recording.read_text().splitlines()) == 1
    assert set(json.loads(recording.read_text())) == {"request_digest", "model", "request", "response"}
    recorder.close()
    await gateway.close()


async def test_the_content_is_part_of_the_models_digest(world, ask, recording):
    await record(world, recording, ask("one"))
    first = replayed(world)
    await record(world, recording, ask("two"))
    assert replayed(world).component.digest != first.component.digest
    with pytest.raises(DefinitionError, match="has changed since"):
        await world.gateway.call(first, ask("one"))


@pytest.mark.parametrize(
    "line", ["not json", "{}", "[]", '{"request_digest": "a", "request": {}, "response": {"txt": 1}}']
)
def test_a_broken_file_is_named_with_its_line(world, recording, line):
    recording.parent.mkdir()
    recording.write_text(f"\n{line}\n")
    with pytest.raises(DefinitionError, match=r"calls\.jsonl:2: not a recorded call"):
        replayed(world)
