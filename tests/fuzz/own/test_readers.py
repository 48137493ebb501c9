"""Rows, settings, locks, payloads, references, filters, expressions and configurations of others: read, or refused."""

import json
import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.artifacts import Component, Lock, Reference, decode, encode
from genops.evals.datasets import DatasetSpec
from genops.evals.promptfoo import import_promptfoo
from genops.evals.rules import Rule
from genops.executor.swaps import Swap
from genops.models.recorded import Recording
from genops.prompts import InputSpec
from genops.prompts.examples import parse_rows
from genops.retrieval.filters import parse_filter
from genops.settings import Settings, make_settings
from genops.settings_file import OWN, parse_table, read_table
from genops.syntax import Expression, YamlFile, compile_value, read_yaml
from genops.syntax.moment import moment
from genops.tracing.traceparent import parse_traceparent
from tests.fuzz.own.material import changed_data, changed_text, few, files, or_says_why, texts, values

YAML = [*files("chains/*.yaml"), *files("evals/*.yaml"), "a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}}\ne: |\n  text\n"]
TOML = [
    *files("tests/fuzz/weak/genops.toml"),
    'default_model = "big"\nplugins = []\n\n[models.big]\nmodel = "openai/x"\nbase_url = "http://localhost:1/v1"\n'
    'parameters = {temperature = 0}\n\n[indexes.docs]\nsources = ["docs/*.md"]\nchunk_tokens = 64\n\n[limits]\n'
    "payload_bytes = 1000000\n",
]
JSONL = [
    '{"id": "a", "inputs": {"question": "why?"}, "expected": "so", "tags": ["x"], "weight": 2}\n'
    '{"inputs": {"question": "how?", "n": 3}, "expected": {"label": "b"}, "metadata": {"m": 1}}\n',
    *files("evals/*.jsonl"),
]
CSV = ['id,question,expected,tags\na,why?,so,x\nb,"how, ""then""?\n",thus,"x,y"\n', "question;expected\nwhy;so\n"]
ROWS = [
    "- inputs: {question: why}\n  expected: so\n  tags: [x]\n- inputs: {question: how}\n",
    "cases: [{question: x}]\n",
]
EXAMPLES = ['{"question": "one", "n": 1, "output": "x"}\n{"question": "two", "n": 2, "output": "y"}\n']
EXPRESSIONS = [
    "{{ steps.answer.output.text }}",
    "{{ inputs.question | upper }} and {{ inputs['n'] + 1 }}",
    "{{ [x * 2 for x in y] }}",
    "{% for x in inputs.items %}{{ x }}{% endfor %}",
    "{{ 'a' * inputs.n }}{{ '%5d' % inputs.n }}{{ inputs.question.center(inputs.n) }}",
    "{{ {'a': [1, inputs.n ** 2]} }}",
    "{{ inputs.question | b64encode | b64decode | replace('a', 'b') | indent(2) | tojson | fromjson }}",
]
FILTERS = [
    {"lang": "en", "year": {">=": 2020, "<": 2024}},
    {"and": [{"tags": {"in": ["a", "b"]}}, {"not": {"or": [{"draft": True}, {"score": {"!=": 0.5}}]}}]},
]
PROMPTFOO = [
    """description: Capitals
prompts:
  - "What is the capital of {{country}}?"
  - id: chat
    raw: '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{ country }}"}]'
providers: [openai:gpt-4o-mini, {id: "openai:chat:gpt-4o", label: big, config: {temperature: 0}}]
defaultTest: {assert: [{type: latency, threshold: 5000}], options: {provider: openai:gpt-4o}}
scenarios:
  - config: [{vars: {country: Norway}}]
    tests: [{assert: [{type: icontains, value: Oslo}]}]
tests:
  - vars: {country: France, n: 3}
    assert:
      - {type: equals, value: Paris}
      - {type: not-contains-any, value: [London, Rome], weight: 2}
      - {type: llm-rubric, value: "names {{ country }}", threshold: 0.5}
      - {type: is-json, value: {type: object}}
      - {type: assert-set, assert: [{type: regex, value: "^P"}]}
"""
]
ESCAPED = [{"$": "map", "v": [["a", {"$": "int", "v": "0x1"}], ["b", [{"$": "bytes", "v": "YQ=="}]]]}]
LOCK = Lock.of(
    "answer", [Component("chain", "answer", {"steps": {}}), Component("prompt", "p", {"template": "é"})]
).dumps()
VALUES = {"inputs": {"question": "why\ud800", "n": 3, "items": [1, {"a": None}]}, "steps": {"answer": {"output": {}}}}

TEXT_READERS = {
    "yaml": (YAML, lambda text: read_yaml(text, "fuzzed.yaml"), True),
    "toml": (TOML, lambda text: parse_table(text, OWN, "genops.toml"), True),
    "pyproject": (["[tool.genops]\nplugins = []\n"], lambda text: parse_table(text, "pyproject.toml", "p.toml"), True),
    "lock": ([LOCK], Lock.loads, False),
    "reference": (["answer", "a/b@3", "a@prod", "a@git:main~1", "a#1f2e3d"], Reference.parse, False),
    "swap": (["prompt:answer@2", "model:fast=big"], Swap.parse, False),
    "rule": (["accuracy >= 0.9", "latency <= 2 for 95%", "a >= baseline - 0.02"], Rule.parse, False),
    "moment": (["7d", "2026-11-03T08:00Z", "2026-11-03"], lambda text: moment(text, "--since"), False),
    "traceparent": ([f"00-{'a' * 32}-{'b' * 16}-01"], parse_traceparent, False),
    "expression": (EXPRESSIONS, lambda text: Expression(text).evaluate(VALUES), False),
    "examples": (EXAMPLES, lambda text: parse_rows(text, "e.jsonl", "e", EXAMPLE_INPUTS, None), True),
}
EXAMPLE_INPUTS = InputSpec.parse({"question": "str", "n": {"type": "int", "default": 1}}, YamlFile({}, "x"))


@pytest.mark.parametrize("name", TEXT_READERS)
class TestText:
    def test_is_read_or_refused(self, name):
        self.check(name, 60)

    @pytest.mark.slow
    def test_is_read_or_refused_many_times(self, name):
        self.check(name, 250)

    def check(self, name, count):
        valid, read, place = TEXT_READERS[name]
        for text in valid:
            or_says_why(read, text)

        @few(count)
        @given(changed_text(valid))
        def holds(text):
            or_says_why(read, text, place=place)

        holds()


class TestWhatIsReadAndWrittenAgain:
    @few(60)
    @given(changed_text(["answer", "a/b@3", "a@prod", "a@git:main~1", "a#1f2e3d"]))
    def test_a_reference_is_the_same(self, text):
        found = or_says_why(Reference.parse, text)
        assert found is None or Reference.parse(str(found)) == found

    @few(60)
    @given(changed_text([LOCK]))
    def test_a_lock_is_the_same(self, text):
        found = or_says_why(Lock.loads, text)
        assert found is None or Lock.loads(found.dumps()) == found

    @few(150)
    @given(values)
    def test_a_payload_is_the_same(self, value):
        again = decode(encode(value).data)
        assert encode(again) == encode(value)

    @few(60)
    @given(st.dictionaries(texts, texts | st.integers() | st.none(), max_size=3))
    def test_json_is_the_same_as_yaml_but_for_what_yaml_refuses(self, value):
        found = or_says_why(read_yaml, json.dumps(value), "fuzzed.yaml", place=True)
        assert found is None or found.data == value


class TestPayloads:
    @few(150)
    @given(st.binary(max_size=40) | changed_data(ESCAPED).map(lambda data: b"e" + json.dumps(data).encode()))
    def test_are_decoded_or_refused(self, data):
        with suppress(ValueError):
            decode(data)


class TestData:
    @few(150)
    @given(changed_data(FILTERS))
    def test_a_filter_is_one_or_not(self, data):
        or_says_why(parse_filter, data)

    @few(60)
    @given(values)
    def test_a_value_of_a_definition_compiles_or_not(self, data):
        or_says_why(compile_value, data)

    @few(80)
    @given(data=changed_data([parse_table(text, OWN, "x") for text in TOML]))
    def test_settings_are_some_or_not(self, tmp_path, data):
        if isinstance(data, dict) and all(isinstance(key, str) for key in data):
            or_says_why(make_settings, data, tmp_path, None)

    @few(40)
    @given(text=changed_text(TOML))
    def test_a_settings_file_is_one_or_not(self, tmp_path, text):
        path = tmp_path / OWN
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        table = or_says_why(read_table, path, place=True)
        if table is not None:
            or_says_why(make_settings, table, tmp_path, path, place=True)

    @few(80)
    @given(changed_data([{"rows": [{"inputs": {"a": 1}}], "tags": ["x"], "sample": 3, "seed": 1}, "a.jsonl", [{}]]))
    def test_a_dataset_of_a_suite_is_one_or_not(self, data):
        or_says_why(DatasetSpec.parse, data, YamlFile(data, "fuzzed.yaml"), "dataset", place=True)


@pytest.mark.parametrize(
    ("suffix", "valid"), [("jsonl", JSONL), ("csv", CSV), ("yaml", ROWS), ("json", ['[{"a": 1}]'])]
)
class TestDatasets:
    def test_are_read_or_refused(self, tmp_path, suffix, valid):
        self.check(tmp_path, suffix, valid, 30)

    @pytest.mark.slow
    def test_are_read_or_refused_many_times(self, tmp_path, suffix, valid):
        self.check(tmp_path, suffix, valid, 100)

    def check(self, folder, suffix, valid, count):
        path, settings = folder / f"cases.{suffix}", Settings(root=folder)
        spec = DatasetSpec(file=path.name)

        @few(count)
        @given(changed_text(valid))
        def holds(text):
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            found = or_says_why(spec.open, settings, folder, place=True)
            if found is not None:
                again = type(found).stored(found.digest, settings.data_dir)
                assert list(again) == list(found)
                assert type(found).of(found, settings.data_dir).digest == found.digest

        holds()


class TestPromptfoo:
    @few(60)
    @given(text=changed_text(PROMPTFOO))
    def test_is_imported_or_refused(self, tmp_path, text):
        self.check(tmp_path, text)

    @pytest.mark.slow
    @few(250)
    @given(data=changed_data([read_yaml(PROMPTFOO[0], "valid").data]))
    def test_is_imported_or_refused_many_times(self, tmp_path, data):
        self.check(tmp_path, json.dumps(data))

    def check(self, folder, text):
        path = folder / "promptfooconfig.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        found = or_says_why(import_promptfoo, path, "fuzzed")
        assert found is None or tomllib.loads(found.settings) is not None
        for name, written in found.files.items() if found is not None else ():
            if name.endswith(".yaml"):
                assert read_yaml(written, name).data is not None


@few(40)
@given(text=changed_text(['{"format": 1}\n{"digest": "a", "request": {}, "response": {"text": "x"}}\n']))
def test_recorded_models_are_read_or_refused(tmp_path, text):
    path = tmp_path / "recording.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    or_says_why(Recording.load, path, place=True)
