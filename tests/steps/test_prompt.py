"""prompt and retrieve steps: requests, schemas, re-asks, tool calls."""

import json

import pytest

import genops
from benchmarks.loopback_server import LoopbackServer, Reply
from genops.errors import DefinitionError, InputError, OutputInvalid
from genops.executor import Chain
from tests.executor.site import paths

NUMBER = """
    ---
    output: {schema: {type: object, properties: {n: {type: integer}}, required: [n]}, max_reasks: BOUND}
    ---
    {% message "system" %}Numbers only.{% endmessage %}
    {% message "user" %}Which?{% endmessage %}
    """


@pytest.fixture
def server():
    with LoopbackServer() as running:
        yield running


def answers(server, *texts):
    left = iter(texts)
    server.answer = lambda body: Reply(text=next(left))


def test_parameters_of_alias_template_and_step_the_later_over_the_former(site, server):
    site.served(server.url, more="parameters = {temperature = 0.1, top_p = 0.1, seed = 1}")
    site.prompt("ask", "---\nparameters: {temperature: 0.2, top_p: 0.2}\n---\nhi\n")
    site.chain('steps: {a: {prompt: ask, parameters: {temperature: "{{ 0.1 + 0.2 }}"}}}').run()
    body = server.requests[0].body
    assert (body["temperature"], body["top_p"], body["seed"]) == (0.1 + 0.2, 0.2, 1)


class TestParametersThatGenopsSetsItself:
    @pytest.mark.parametrize("kind", ["prompt", "agent"])
    @pytest.mark.parametrize("name", ["stream", "model", "messages", "tools", "response_format", "n"])
    def test_are_refused_when_the_chain_is_loaded(self, site, kind, name):
        site.prompt("ask", "hi\n")
        with pytest.raises(DefinitionError, match=f"'{name}'") as caught:
            site.chain(f"""
                steps:
                  a:
                    {kind}: ask
                    parameters:
                      seed: 1
                      {name}: 2
                """)
        assert str(caught.value.at) == "chains/main.yaml:6"

    def test_are_refused_when_an_expression_gives_them(self, site, server):
        site.served(server.url)
        site.prompt("ask", "hi\n")
        for parameters in ("{{ {'stream': true} }}", {"n": "{{ 2 }}"}):
            chain = Chain.define("main", steps={"a": {"prompt": "ask", "parameters": parameters}}, project=site.project)
            with pytest.raises(InputError, match="parameters: "):
                chain.run()
        assert server.requests == []

    def test_one_answer_is_what_there_is_anyway(self, site, server):
        site.served(server.url, more="parameters = {n = 1}")
        site.prompt("ask", "hi\n")
        site.chain('steps: {a: {prompt: ask, parameters: {tool_choice: none, n: "{{ 1 }}"}}}').run()
        assert server.requests[0].body["tool_choice"] == "none"


def test_the_model_of_step_template_project(site, server):
    for alias in ("m", "of_template", "of_step"):
        site.served(server.url, alias)
    site.prompt("plain", "hi\n")
    site.prompt("own", "---\nmodel: of_template\n---\nhi\n")
    site.chain("""
        steps:
          a: {prompt: plain}
          b: {prompt: own, after: [a]}
          c: {prompt: own, model: of_step, after: [b]}
        output: 1
        """).run()
    assert [request.body["model"] for request in server.requests] == ["m", "of_template", "of_step"]


class TestSchemas:
    def test_give_the_value(self, site, server):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", "2"))
        answers(server, '```json\n{"n": 3}\n```')
        assert site.chain("steps: {a: {prompt: number}}").run().output == {"n": 3}
        assert server.requests[0].body["response_format"]["json_schema"]["schema"]["required"] == ["n"]

    def test_ask_again_with_what_is_wrong(self, site, server):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", "2"))
        answers(server, "three", '{"n": "3"}', '{"n": 3}')
        run = site.chain("steps: {a: {prompt: number}}").run()
        assert run.output == {"n": 3}
        roles = [[message["role"] for message in request.body["messages"]] for request in server.requests]
        again = ["assistant", "user"]
        assert roles == [["system", "user"], ["system", "user", *again], ["system", "user", *again, *again]]
        assert "not valid JSON" in server.requests[1].last
        assert "integer" in server.requests[2].last

    def test_of_the_step_narrow_what_the_template_takes(self, site, server):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", "2"))
        answers(server, '{"n": 3}', '{"n": 7}')
        chain = """
            inputs: {known: list}
            steps:
              a: {prompt: number, fits: {properties: {n: {enum: "{{ inputs.known }}"}}}}
            """
        run = site.chain(chain).run(known=[7, 8])
        assert run.output == {"n": 7}
        assert "$.n: 3 is not one of [7, 8]" in server.requests[1].last
        sent = [request.body["response_format"] for request in server.requests]
        assert "enum" not in json.dumps(sent)
        assert site.replay(run).identical

    @pytest.mark.parametrize(
        ("template", "fits", "told"),
        [
            ("number", "{type: number-ish}", "not a valid JSON Schema"),
            ("number", "a", "is a JSON Schema: a mapping"),
            ("number", "false", "is a JSON Schema: a mapping"),
            ("number", "[]", "is a JSON Schema: a mapping"),
            ("text", "{type: string}", "'text' declares no output"),
        ],
    )
    def test_of_the_step_are_refused_where_nothing_can_fit_them(self, site, server, template, fits, told):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", "2"))
        site.prompt("text", "Say something.")
        with pytest.raises(InputError, match=told):
            site.chain(f"steps: {{a: {{prompt: {template}, fits: {fits}}}}}").run()
        assert server.requests == []

    @pytest.mark.parametrize("bound", [0, 2])
    def test_ask_no_more_often_than_the_bound(self, site, server, bound):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", str(bound)))
        server.answer = lambda body: Reply(text="no")
        with pytest.raises(OutputInvalid, match=f"after {bound} re-asks"):
            site.chain("steps: {a: {prompt: number}}").run()
        assert len(server.requests) == 1 + bound

    def test_a_step_may_try_again_as_a_whole(self, site, server):
        site.served(server.url)
        site.prompt("number", NUMBER.replace("BOUND", "1"))
        answers(server, "a", "b", "c", '{"n": 1}')
        run = site.chain("steps: {a: {prompt: number, retry: {attempts: 2, delay: 0, on: [invalid_output]}}}").run()
        assert run.output == {"n": 1}
        trace = site.trace(run)
        assert paths(trace, "model") == ["a#2/model", "a#2/model[1]", "a/model", "a/model[1]"]
        assert site.replay(run).identical


def test_offered_tools_are_called_by_nobody_and_given_as_output(site, server):
    called = []

    @genops.tool
    def weather(city: str) -> str:
        """Tells the weather."""
        called.append(city)
        return "rain"

    site.served(server.url)
    site.prompt("ask", "---\ntools: [weather]\n---\nhi\n")

    def call(arguments):
        return {"id": "1", "type": "function", "function": {"name": "weather", "arguments": arguments}}

    server.answer = lambda body: Reply(text="", tool_calls=[call('{"city": "Paris"}'), call("{oops")])
    output = site.chain("steps: {a: {prompt: ask}}").run().output
    assert output == {
        "text": "",
        "tool_calls": [
            {"id": "1", "name": "weather", "arguments": {"city": "Paris"}},
            {"id": "1", "name": "weather", "arguments": "{oops"},
        ],
    }
    assert called == []
    assert server.requests[0].body["tools"][0]["function"]["description"] == "Tells the weather."


def test_inputs_of_the_template_are_checked(site, server):
    site.served(server.url)
    site.prompt("ask")
    with pytest.raises(InputError, match="'question'") as caught:
        site.chain("steps: {a: {prompt: ask, with: {question: 3}}}").run()
    assert caught.value.path == "a"
    assert server.requests == []


def test_retrieve_gives_hits_best_first(site):
    site.index("docs", "Whales live in the sea.", "Bread is baked from flour.", "Locks pin digests.")
    chain = site.chain("""
        inputs: {q: str}
        steps: {find: {retrieve: docs, query: "{{ inputs.q }}", k: "{{ 1 + 1 }}"}}
        """)
    run = chain.run(q="where do whales live")
    assert len(run.output) == 2
    assert "Whales" in run.output[0]["text"]
    assert run.output[0]["score"] >= run.output[1]["score"]
    hits = site.trace(run).by_path["find/search"].attributes["genops.chunk.ids"]
    assert hits == [hit["chunk_id"] for hit in run.output]
    found = site.replay(run)
    assert (found.identical, found.injected) == (True, 1)


class TestLogProbabilities:
    LOGPROBS = {"content": [{"token": "4", "logprob": -0.1, "top_logprobs": [{"token": "4", "logprob": -0.1}]}]}  # noqa: RUF012

    def answering(self, server):
        server.answer = lambda body: Reply(text="4", choice={"logprobs": self.LOGPROBS} if body.get("logprobs") else {})

    def test_are_given_beside_the_output_and_replayed(self, site, server):
        site.served(server.url)
        self.answering(server)
        site.prompt("ask", "---\nparameters: {logprobs: true}\n---\nHow many?\n")
        run = site.chain("steps: {a: {prompt: ask, logprobs: true}}").run()
        assert run.output == {"value": "4", "logprobs": self.LOGPROBS}
        again = site.replay(run)
        assert again.identical
        assert len(server.requests) == 1

    def test_are_null_where_the_provider_gives_none(self, site, server):
        site.served(server.url)
        self.answering(server)
        site.prompt("ask", "How many?\n")
        assert site.chain("steps: {a: {prompt: ask, logprobs: true}}").run().output == {"value": "4", "logprobs": None}
