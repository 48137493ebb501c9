import json

import pytest

from genops.errors import DefinitionError, ModelRefused, ModelTimeout, RateLimited, ServerFailed, StreamBroken
from genops.models import Call, ModelRequest

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


@pytest.fixture
def script(world):
    """A model that follows the rules of a text."""

    def make(text, retries=0):
        (world.root / "script.yaml").write_text(text)
        limits = world.limits(retries=retries)
        return world.model("actor", model="scripted/demo", base_url=None, file="script.yaml", limits=limits)

    return make


RULES = r"""
rules:
  - name: turn two
    when: {turn: 2}
    text: the third time
  - name: adds
    when: {user: 'what is (?P<a>\d+)\+(?P<b>\d+)', tools: [add]}
    tool_calls:
      - name: add
        arguments: {a: "{{ a | int }}", b: "{{ b | int }}", note: "{{ a }} and {{ b }}"}
  - name: result
    when: {tool: '^(?P<sum>\d+)$'}
    text: It is {{ sum }}.
  - name: decodes
    when: {user: 'decode (?P<code>\S+)'}
    text: "{{ code | b64decode }}"
  - name: long
    when: {expression: "{{ messages | length > 3 and parameters.temperature | default(0) == 0 }}"}
    text: You talk a lot.
  - name: pieces
    when: {user: stream}
    stream: [one, {text: " two", delay: 0.001}]
"""


async def say(world, model, request, **fields):
    return await world.gateway.call(model, request, Call(**fields))


async def test_the_first_rule_that_matches_answers_and_is_named(world, ask, script):
    model = script(RULES)
    response = await say(world, model, ask("decode aGVsbG8="))
    assert response.text == "hello"
    assert response.extra == {"scripted": "decodes"}
    assert response.model == "scripted/demo"
    assert response.cost == 0.0
    assert (await say(world, model, ask("decode aGVsbG8="), turn=2)).text == "the third time"
    assert (await say(world, model, ask("a", "b", "c", "d"))).text == "You talk a lot."


async def test_tool_calls_keep_the_types_of_their_arguments(world, ask, script):
    response = await say(world, script(RULES), ask("what is 1+22", tools=[TOOL]))
    assert response.finish_reason == "tool_calls"
    assert response.tool_calls[0]["function"]["name"] == "add"
    assert json.loads(response.tool_calls[0]["function"]["arguments"]) == {"a": 1, "b": 22, "note": "1 and 22"}


async def test_a_rule_for_tools_needs_them_to_be_offered(world, ask, script):
    with pytest.raises(ModelRefused, match=r"no rule .* matches .*user: 'what is 1\+2'"):
        await say(world, script(RULES), ask("what is 1+2"))


async def test_a_tools_result_is_matched(world, script):
    request = ModelRequest(
        [{"role": "user", "content": "what?"}, {"role": "tool", "tool_call_id": "1", "content": "23"}]
    )
    assert (await say(world, script(RULES), request)).text == "It is 23."


async def test_a_stream_comes_in_its_pieces(world, ask, script):
    pieces = []
    response = await say(world, script(RULES), ask("stream"), on_text=pieces.append)
    assert pieces == ["one", " two"]
    assert response.text == "one two"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limit", RateLimited),
        ("server_error", ServerFailed),
        ("timeout", ModelTimeout),
        ("broken_stream", StreamBroken),
        ("refuse", ModelRefused),
    ],
)
async def test_a_rule_may_fail(world, ask, script, kind, error):
    with pytest.raises(error, match="scripted fault"):
        await say(world, script(f"rules: [{{fault: {{kind: {kind}}}}}]"), ask("hi"))


async def test_a_fault_heals_after_its_times_for_each_request_by_itself(world, ask, script):
    rules = "rules: [{fault: {kind: rate_limit, retry_after: 3, times: 2}, text: fine}]"
    model = script(rules, retries=3)
    for text in ("a", "b"):
        response = await say(world, model, ask(text))
        assert response.text == "fine"
        assert len(response.attempts) == 2
    assert all(3 <= delay <= 4 for delay in world.slept)


async def test_a_healed_rule_with_no_answer_of_its_own_is_passed_over(world, ask, script):
    rules = "rules: [{name: bad, fault: {kind: server_error, times: 1}}, {name: good, text: fine}]"
    assert (await say(world, script(rules, retries=1), ask("hi"))).extra == {"scripted": "good"}


async def test_a_broken_stream_shows_its_beginning(world, ask, script):
    pieces = []
    model = script("rules: [{stream: [one, two, three, four], fault: {kind: broken_stream}}]")
    with pytest.raises(StreamBroken):
        await say(world, model, ask("hi"), on_text=pieces.append)
    assert pieces == ["one", "two"]


async def test_an_undefined_name_is_an_error_with_its_line(world, ask, script):
    with pytest.raises(ModelRefused, match=r"script\.yaml:3: scripted rule 'x': .*nowhere"):
        await say(world, script('rules:\n  - name: x\n    text: "{{ nowhere }}"\n'), ask("hi"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: []", r"script\.yaml:1: rules: "),
        ("", r"script\.yaml: script: "),
        ("rules:\n  - name: x\n", r"script\.yaml:2: rules\.0: a rule needs"),
        ("rules:\n  - text: a\n    txt: b\n", r"script\.yaml:3: rules\.0\.txt: "),
        ("rules:\n  - text: a\n    when: {user: '('}\n", r"script\.yaml:3: rules\.0\.when\.user: not a regular"),
        ("rules:\n  - text: a\n    when: {user: '(?P<turn>.)'}\n", r"script\.yaml:3: .* cannot be called turn"),
        ("rules:\n  - text: a\n    when:\n      expression: '{{ ( }}'\n", r"script\.yaml:4: "),
        ("rules:\n  - text: a\n    stream: [b]\n", r"script\.yaml:2: .* either text or stream"),
        ("rules:\n  - fault: {kind: flood}\n", r"script\.yaml:2: rules\.0\.fault\.kind: "),
        ("rules: [\n", r"script\.yaml:\d+:\d+: not valid YAML"),
    ],
)
def test_a_broken_file_is_named_with_its_line(script, text, message):
    with pytest.raises(DefinitionError, match=message):
        script(text)


def test_expressions_are_sandboxed(script):
    with pytest.raises(DefinitionError):
        script("rules: [{text: '{% include \"x\" %}{{ }}'}]")
