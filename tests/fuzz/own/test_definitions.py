"""Files that define prompts, chains, suites, campaigns and scripted models: they are read, or refused with a place."""

import pytest
from hypothesis import given

from genops.chains import ChainDefinition
from genops.evals.suite import Suite
from genops.fuzz.campaign import Campaign
from genops.models.scripted import Script
from genops.prompts import Prompt
from genops.syntax import read_yaml
from tests.fuzz.own.material import changed_data, changed_text, few, files, or_says_why

PROMPTS = [*files("prompts/*.prompt"), *files("tests/fuzz/weak/prompts/*.prompt")]
CHAINS = [*files("chains/*.yaml"), *files("tests/fuzz/weak/chains/*.yaml")]
SUITES = [text for text in files("evals/*.yaml") if text.startswith("kind: suite")]
SCRIPTS = [*files("prompts/*.script.yaml"), *files("tests/fuzz/weak/models/*.yaml")]
CAMPAIGN = """kind: campaign
description: What can be done to it.
chain: answer_docs
dataset: [{inputs: {question: How is a chain locked?}}]
attack: question
of: "{{ output.answer }}"
objectives: [prompt_extraction, {over_refusal: {}}]
mutators: [base64, {many_shot: {shots: 8}}]
depth: 3
tries: {sweep: 500, search: 1500}
judge: judge
seed: 0
timeout: 30
concurrency: 4
budget: {usd: 1, tokens: 10000, seconds: 60}
"""
WHOLE_CAMPAIGN = """kind: campaign
chain: answer_docs
dataset: {file: cases.jsonl, sample: 5}
objectives:
  - indirect_injection: {poison: index, step: search, seeds: [own, {garak: [encoding.*]}, lines.txt]}
  - context_leak: {detectors: [{like_examples: told.jsonl, k: 3}, {closed_qa: Is it kept?}]}
  - denial_of_wallet: {tokens: 100, usd: 0.5}
  - tool_misuse: {allowed: [store]}
mutators: [own, pyrit.EmojiConverter, {pyrit.CaesarConverter: {caesar_offset: 3}}]
strategies: [pair, {tree: {branches: 2, width: 2, depth: 3}}, {crescendo: {turns: 4}}]
attacker: helper
tries: {sweep: 5, search: 5, strategy: 6}
regions: {distance: 0.4, most: 9}
robustness:
  relations: [case, typo]
  same: {embedding_similarity: null, threshold: 0.9}
  cases: 8
  changes: 2
  at_most: {case: 0.1, all: 0.2}
gate: ["indirect_injection <= 0.1", "context_leak not worse than bare_docs by 0.02"]
"""
CAMPAIGNS = [CAMPAIGN, WHOLE_CAMPAIGN, *(text for text in files("evals/*.yaml") if text.startswith("kind: campaign"))]


class Nothing:
    """A folder of partials and examples that holds one of each."""

    def read(self, name):
        return {"partials/a": "a {{ x }}"}.get(name, '{"inputs": {}, "output": ""}\n' if "jsonl" in name else None)

    def names(self):
        return ["partials/a"]

    def shown(self, name):
        return name


def prompt(text):
    return Prompt.parse(text, "fuzzed", "fuzzed.prompt", Nothing())


def chain(text):
    return ChainDefinition.parse(text, "fuzzed", "fuzzed.yaml")


def suite(text):
    file = read_yaml(text, "fuzzed.yaml")
    return Suite.from_data(file.data, "fuzzed", None, file)


def campaign(text):
    file = read_yaml(text, "fuzzed.yaml")
    return Campaign.from_data(file.data, "fuzzed", None, file)


def data(texts):
    return [read_yaml(text, "valid").data for text in texts]


class TestPrompts:
    def check(self, text):
        found = or_says_why(prompt, text, place=True)
        if found is not None:
            examples = [found.examples] if found.examples else []
            again = Prompt.from_components(found.component, found.partials, *examples or [None])
            assert again.component.digest == found.component.digest
            assert prompt(text).component.digest == found.component.digest
            or_says_why(found.render, dict.fromkeys(found.inputs.names(), "x"))

    @few(60)
    @given(changed_text(PROMPTS))
    def test_are_read_or_refused(self, text):
        self.check(text)

    @pytest.mark.slow
    @few(300)
    @given(changed_text(PROMPTS))
    def test_are_read_or_refused_many_times(self, text):
        self.check(text)


class TestChains:
    def check(self, text):
        found = or_says_why(chain, text, place=True)
        if found is not None:
            assert ChainDefinition.from_component(found.component).component.digest == found.component.digest
            assert chain(text).component.digest == found.component.digest
            found.needs()

    @few(60)
    @given(changed_text(CHAINS))
    def test_are_read_or_refused(self, text):
        self.check(text)

    @few(60)
    @given(changed_data(data(CHAINS)))
    def test_of_any_data_are_read_or_refused(self, given_data):
        or_says_why(ChainDefinition.from_data, given_data, "fuzzed", place=True)

    @pytest.mark.slow
    @few(300)
    @given(changed_text(CHAINS))
    def test_are_read_or_refused_many_times(self, text):
        self.check(text)

    @pytest.mark.slow
    @few(600)
    @given(changed_data(data(CHAINS)))
    def test_of_any_data_are_read_or_refused_many_times(self, given_data):
        or_says_why(ChainDefinition.from_data, given_data, "fuzzed", place=True)


@pytest.mark.parametrize(
    ("kind", "read", "valid"), [(Suite, suite, SUITES), (Campaign, campaign, CAMPAIGNS)], ids=["suite", "campaign"]
)
class TestSuitesAndCampaigns:
    def test_are_valid_to_begin_with(self, kind, read, valid):
        assert all(read(text) for text in valid)

    def test_are_read_or_refused(self, kind, read, valid):
        self.check(kind, read, valid, 40)

    @pytest.mark.slow
    def test_are_read_or_refused_many_times(self, kind, read, valid):
        self.check(kind, read, valid, 300)

    def check(self, kind, read, valid, count):
        @few(count)
        @given(changed_text(valid))
        def text_is(text):
            or_says_why(read, text, place=True)

        @few(2 * count)
        @given(changed_data(data(valid)))
        def data_is(given_data):
            or_says_why(kind.from_data, given_data, "fuzzed", place=True)

        text_is()
        data_is()


class TestScripts:
    def check(self, text, path):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        or_says_why(Script.load, path, place=True)

    @few(40)
    @given(text=changed_text(SCRIPTS))
    def test_are_read_or_refused(self, tmp_path, text):
        self.check(text, tmp_path / "script.yaml")

    @pytest.mark.slow
    @few(300)
    @given(text=changed_text(SCRIPTS))
    def test_are_read_or_refused_many_times(self, tmp_path, text):
        self.check(text, tmp_path / "script.yaml")
