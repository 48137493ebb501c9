"""A configuration of promptfoo becomes files that work, and a list of what could not be carried over."""

import json
import textwrap
import tomllib

import pytest

from genops.errors import DefinitionError
from genops.evals.datasets import DatasetSpec
from genops.evals.promptfoo import import_promptfoo
from genops.evals.suite import Suite
from genops.executor import Chain
from genops.prompts import Prompt
from genops.settings import load_settings
from genops.syntax import read_yaml
from tests.executor.site import site

__all__ = ["site"]


@pytest.fixture
def imported(tmp_path):
    """Imports a configuration with files beside it."""

    def imported(config, **files):
        folder = tmp_path / "foo"
        for name, text in {"promptfooconfig.yaml": config, **files}.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return import_promptfoo(folder / "promptfooconfig.yaml", "capitals")

    return imported


def rows(imported):
    return [json.loads(line) for line in imported.files["evals/capitals.jsonl"].splitlines()]


def suite(imported):
    return read_yaml(imported.files["evals/capitals.yaml"], "suite").data


def chain(imported):
    return read_yaml(imported.files["chains/capitals.yaml"], "chain").data


class TestPrompts:
    def test_become_templates_with_the_types_of_the_variables(self, imported):
        found = imported(
            """
            prompts: ["What is the capital of {{country}}? {{n}} words{% if polite %}, please{% endif %}."]
            tests:
              - vars: {country: France, n: 3, polite: true}
              - vars: {country: NO, n: 4}
            """
        )
        prompt = Prompt.parse(found.files["prompts/capitals.prompt"], "capitals")
        assert prompt.inputs.names() == ["country", "n", "polite"]
        assert chain(found)["inputs"] == {"country": "str", "n": "int", "polite": {"type": "bool", "default": None}}
        assert [row["inputs"]["country"] for row in rows(found)] == ["France", "NO"]

    def test_are_read_from_files_of_every_kind(self, imported):
        found = imported(
            """
            prompts:
              - file://prompts/*.txt
              - file://chat.json
              - {id: "file://more.csv"}
              - {raw: "Raw {{q}}", label: raw one}
              - file://made.py:build
              - langfuse://somewhere
            tests: [{vars: {q: x}}]
            """,
            prompts__a="one {{q}}\n---\ntwo {{q}}\n",
            **{
                "prompts__b.txt": "b {{q}}",
                "chat.json": '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{q}}"}]',
                "more.csv": 'prompt,label\n"csv {{q}}",from csv\n',
                "prompts__two.txt": "one {{q}}\n---\ntwo {{q}}\n",
            },
        )
        names = [name for name in found.files if name.startswith("prompts/")]
        assert names == [
            "prompts/capitals_b.prompt",
            "prompts/capitals_two_1.prompt",
            "prompts/capitals_two_2.prompt",
            "prompts/capitals_chat.prompt",
            "prompts/capitals_from_csv.prompt",
            "prompts/capitals_raw_one.prompt",
        ]
        chat = Prompt.parse(found.files["prompts/capitals_chat.prompt"], "chat")
        assert [message["role"] for message in chat.render({"q": "x"})] == ["system", "user"]
        assert suite(found)["variants"]["prompt"][:2] == ["capitals_b", "capitals_b=capitals_two_1"]
        assert found.left_out == [
            "prompt file://made.py:build: it is made by a script",
            "prompt langfuse://somewhere: it is kept somewhere else",
        ]

    @pytest.mark.parametrize(
        "text",
        [
            '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{q}}"}]',
            "- role: system\n  content: Be brief.\n- role: user\n  content: '{{q}}'\n",
        ],
        ids=["json", "yaml"],
    )
    def test_that_are_messages_keep_their_roles(self, imported, text):
        found = imported(json.dumps({"prompts": [text], "tests": [{"vars": {"q": "x"}}]}))
        prompt = Prompt.parse(found.files["prompts/capitals.prompt"], "capitals")
        assert prompt.render({"q": "x"}) == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "x"},
        ]

    @pytest.mark.parametrize(
        "text",
        [
            '[{"role": "system", "content": "x"}{% for m in past %}, {"role": "user", "content": "{{m}}"}{% endfor %}]',
            '[{% for m in past %}{"role": "user", "content": "{{m}}"},{% endfor %}]',
            "- role: system\n  content: x\n{% for m in past %}\n- role: user\n  content: {{m}}\n{% endfor %}",
        ],
    )
    def test_whose_messages_a_template_makes_are_listed_and_not_sent_as_text(self, imported, text):
        found = imported(json.dumps({"prompts": [text, "{{q}}"], "tests": [{"vars": {"q": "x"}}]}))
        assert [name for name in found.files if name.endswith(".prompt")] == ["prompts/capitals.prompt"]
        assert "its messages are a list only once the template is filled in" in found.left_out[0]

    def test_that_only_begin_with_a_bracket_are_text(self, imported):
        found = imported("{prompts: ['[INST] {{q}} [/INST]'], tests: [{vars: {q: x}}]}")
        assert found.files["prompts/capitals.prompt"].endswith("[INST] {{q}} [/INST]\n")

    def test_that_are_no_templates_here_are_listed(self, imported):
        found = imported(
            """
            prompts: ["{{ q | nunjucksOnly }}", "{{ env.HOME }}", "fine {{q}}"]
            tests: [{vars: {q: x}}]
            """
        )
        assert len([name for name in found.files if name.startswith("prompts/")]) == 1
        assert len(found.left_out) == 2

    def test_without_any_that_works_there_is_no_suite(self, imported):
        with pytest.raises(DefinitionError, match=r"no prompt that can be a template\n  prompt file://a.js"):
            imported("{prompts: ['file://a.js'], tests: []}")


class TestProviders:
    def test_become_aliases(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            providers:
              - openai:gpt-4o-mini
              - id: anthropic:messages:claude-sonnet
                label: Claude
                config: {temperature: 0, max_tokens: 100, apiKey: secret-in-file, tools: []}
              - {id: "openai:chat:local", config: {apiBaseUrl: "http://localhost:8000/v1", apiKeyEnvar: LOCAL_KEY}}
              - "ollama:chat:llama3.2"
              - file://provider.py
            tests: [{vars: {q: x}}]
            """
        )
        models = tomllib.loads(found.settings)["tool"]["genops"]["models"]
        assert models == {
            "gpt_4o_mini": {"model": "openai/gpt-4o-mini"},
            "claude": {"model": "anthropic/claude-sonnet", "parameters": {"temperature": 0, "max_tokens": 100}},
            "local": {"model": "openai/local", "base_url": "http://localhost:8000/v1", "api_key_env": "LOCAL_KEY"},
            "llama3_2": {"model": "ollama_chat/llama3.2"},
        }
        assert suite(found)["variants"] == {
            "model": ["gpt_4o_mini", "gpt_4o_mini=claude", "gpt_4o_mini=local", "gpt_4o_mini=llama3_2"]
        }
        assert chain(found)["steps"]["answer"]["model"] == "gpt_4o_mini"
        assert "secret-in-file" not in str(found)
        assert found.left_out == [
            "provider anthropic:messages:claude-sonnet: `apiKey`: name its variable with `api_key_env`",
            "provider anthropic:messages:claude-sonnet: `config.tools`",
            "provider file://provider.py: it is no model of a known provider",
        ]

    def test_of_azure_are_reached_at_their_host(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            providers:
              - {id: "azure:chat:gpt", config: {apiHost: x.openai.azure.com}}
              - {id: "openai:chat:other", config: {apiHost: example.org}}
            tests: [{vars: {q: x}}]
            """
        )
        models = tomllib.loads(found.settings)["tool"]["genops"]["models"]
        assert models["gpt"]["base_url"] == "https://x.openai.azure.com"
        assert models["other"]["base_url"] == "https://example.org/v1"


class TestTests:
    def test_are_every_combination_of_their_lists(self, imported):
        found = imported(
            """
            prompts: ["{{language}} {{word}}"]
            defaultTest: {vars: {language: [en, fr]}, metadata: {by: ann}}
            tests:
              - {vars: {word: [a, b]}, description: words}
              - {vars: {language: de, word: "in {{language}}"}, metadata: {level: 2}}
            """
        )
        assert [tuple(row["inputs"].values()) for row in rows(found)] == [
            ("en", "a"),
            ("en", "b"),
            ("fr", "a"),
            ("fr", "b"),
            ("de", "in de"),
        ]
        assert rows(found)[0]["metadata"] == {"by": "ann", "description": "words"}
        assert rows(found)[4]["metadata"] == {"by": "ann", "level": 2}

    def test_a_list_that_begins_with_no_text_is_one_value(self, imported):
        found = imported(
            """
            prompts: ["{% for m in history %}{{m.text}}{% endfor %} {{numbers}} {{word}}"]
            tests: [{vars: {history: [{text: a}, {text: b}], numbers: [1, 2], none: [], word: [x, y]}}]
            """
        )
        assert [row["inputs"] for row in rows(found)] == [
            {"history": [{"text": "a"}, {"text": "b"}], "numbers": [1, 2], "word": word} for word in ("x", "y")
        ]
        assert rows(found)[0]["metadata"] == {"none": []}
        assert "variable numbers: a template that shows it whole writes it as Python does" in found.changed

    def test_that_nothing_scores_are_told(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: [{vars: {q: x}}, {vars: {q: y}, assert: [{type: contains, value: y}]}]
            """
        )
        assert found.changed == [
            "1 of the cases: nothing scores them, which promptfoo counts as passed; "
            "the suite needs a scorer before it runs"
        ]

    def test_are_read_from_files(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: [file://a.yaml, file://b.csv, file://c.jsonl, "file://d.py", {vars: {q: "file://text.txt"}}]
            """,
            **{
                "a.yaml": "- {vars: {q: one}}\n",
                "b.csv": "q,__expected1,__expected2,__metadata:level,__prefix\n"
                'two,"contains-any: a, b",similar(0.9): c,hard,P\nthree,plain text,,,\n',
                "c.jsonl": '{"vars": {"q": "four"}}\n',
                "text.txt": "five",
            },
        )
        assert [row["inputs"]["q"] for row in rows(found)] == ["one", "two", "three", "four", "five"]
        assert rows(found)[1]["scorers"] == [
            {"contains": ["a", "b"], "mode": "any"},
            {"embedding_similarity": "c", "threshold": 0.9},
        ]
        assert rows(found)[1]["metadata"] == {"level": "hard"}
        assert rows(found)[2]["scorers"] == [{"equals": "plain text"}]
        assert found.left_out == ["column __prefix: it has no equal", "tests file://d.py: they are made by a script"]

    def test_an_expectation_of_a_type_without_an_equal_is_listed_and_no_text(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: file://b.csv
            """,
            **{"b.csv": 'q,__expected\none,levenshtein(5): two\nthree,not-webhook: x\nfour,"Levenshtein: a"\n'},
        )
        assert [row.get("scorers") for row in rows(found)] == [None, None, [{"equals": "Levenshtein: a"}]]
        assert found.left_out == [
            "assertion levenshtein: two: it has no equal",
            "assertion not-webhook: x: it has no equal",
        ]

    def test_an_expectation_has_the_threshold_of_rows_where_it_names_none(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: file://b.csv
            """,
            **{"b.csv": "q,__expected\none,similar: two\n"},
        )
        assert rows(found)[0]["scorers"] == [{"embedding_similarity": "two", "threshold": 0.8}]

    def test_an_expectation_needs_no_space_after_its_type(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: file://b.csv
            """,
            **{"b.csv": "q,__expected1,__expected2\none,contains:two,not-contains:three\n"},
        )
        assert rows(found)[0]["scorers"] == [
            {"contains": "two"},
            {"contains": "three", "mode": "none", "name": "contains_2"},
        ]

    def test_of_scenarios_are_combined(self, imported):
        found = imported(
            """
            prompts: ["{{language}} {{word}}"]
            scenarios:
              - config: [{vars: {language: en}}, {vars: {language: fr}}]
                tests: [{vars: {word: a}, assert: [{type: contains, value: x}]}, {vars: {word: b}}]
            """
        )
        assert [list(row["inputs"].values()) for row in rows(found)] == [
            ["en", "a"],
            ["en", "b"],
            ["fr", "a"],
            ["fr", "b"],
        ]

    def test_variables_that_no_prompt_reads_are_metadata(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            defaultTest: {assert: [{type: icontains, value: "{{answer}}"}]}
            tests: [{vars: {q: x, answer: y}}]
            """
        )
        assert rows(found) == [{"inputs": {"q": "x"}, "metadata": {"answer": "y"}}]
        assert suite(found)["scorers"] == [{"contains": "{{metadata.answer}}", "ignore_case": True}]


ASSERTIONS = [
    ({"type": "equals", "value": "x"}, {"equals": "x"}),
    ({"type": "not-equals", "value": "a.b"}, {"regex": r"\Aa\.b\Z", "negated": True}),
    ({"type": "equals", "value": {"a": 1}}, {"json_path": "$", "expected": {"a": 1}}),
    ({"type": "contains", "value": 7}, {"contains": "7"}),
    ({"type": "equals", "value": True}, {"equals": "true"}),
    ({"type": "equals", "value": 4.0}, {"equals": "4"}),
    ({"type": "not-equals", "value": False}, {"regex": r"\Afalse\Z", "negated": True}),
    ({"type": "contains-any", "value": [True, 0.5]}, {"contains": ["true", "0.5"], "mode": "any"}),
    ({"type": "not-contains", "value": "x"}, {"contains": "x", "mode": "none"}),
    ({"type": "contains-all", "value": ["a", "b"]}, {"contains": ["a", "b"]}),
    ({"type": "not-icontains-any", "value": ["a"]}, {"contains": ["a"], "mode": "none", "ignore_case": True}),
    ({"type": "contains-any", "value": 'a, "b, c",'}, {"contains": ["a", "b, c"], "mode": "any"}),
    ({"type": "icontains-all", "value": "{{q}}, b"}, {"contains": ["{{inputs.q}}", "b"], "ignore_case": True}),
    ({"type": "contains", "value": "a, b"}, {"contains": "a, b"}),
    ({"type": "regex", "value": r"\d+", "weight": 2}, {"regex": r"\d+", "weight": 2}),
    ({"type": "not-regex", "value": "x"}, {"regex": "x", "negated": True}),
    ({"type": "starts-with", "value": "x"}, {"starts_with": "x"}),
    ({"type": "is-json"}, {"is_json": None}),
    ({"type": "is-json", "value": {"type": "object"}}, {"json_schema": {"type": "object"}}),
    ({"type": "is-json", "value": '{"type": "object"}'}, {"json_schema": {"type": "object"}}),
    ({"type": "contains-json"}, {"is_json": None, "fenced": True}),
    ({"type": "is-xml", "value": {"requiredElements": ["a.b"]}}, {"xml": None, "elements": ["b"]}),
    ({"type": "is-xml", "value": "a.b, c"}, {"xml": None, "elements": ["b", "c"]}),
    ({"type": "contains-xml", "value": ["a.b"]}, {"xml": None, "elements": ["b"], "fenced": True}),
    ({"type": "is-sql", "value": {"databaseType": "PostgresQL"}}, {"sql": "postgres"}),
    ({"type": "word-count", "value": {"min": 2, "max": 5}}, {"length": "words", "at_least": 2, "at_most": 5}),
    ({"type": "not-is-refusal"}, {"refusal": False}),
    ({"type": "rouge-n", "value": "x"}, {"rouge": "x", "variant": "rouge1", "threshold": 0.75}),
    ({"type": "similar", "value": "x", "threshold": 0.8}, {"embedding_similarity": "x", "threshold": 0.8}),
    ({"type": "llm-rubric", "value": "polite"}, {"rubric": "polite", "threshold": 0.5}),
    ({"type": "model-graded-closedqa", "value": "polite"}, {"closed_qa": "polite"}),
    ({"type": "factuality", "value": "x", "metric": "Facts"}, {"factuality": "x", "threshold": 0.3, "name": "Facts"}),
    ({"type": "g-eval", "value": ["a", "b"]}, {"g_eval": "a\nb", "threshold": 0.7}),
]


class TestAssertions:
    @pytest.mark.parametrize(("given", "entry"), ASSERTIONS, ids=lambda value: str(value.get("type", "")))
    def test_with_an_equal_become_scorers(self, imported, given, entry):
        config = {"prompts": ["{{q}}"], "tests": [{"vars": {"q": "x"}}], "defaultTest": {"assert": [given]}}
        found = imported(json.dumps(config))
        assert found.left_out == []
        assert suite(found)["scorers"] == [entry]

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"type": "javascript", "value": "output.length > 3"}, "output.length > 3: it has no equal"),
            ({"type": "python", "value": "file://a.py"}, "it has no equal"),
            ({"type": "is-json", "value": "type: [object"}, "its schema is no mapping"),
            ({"type": "not-contains-all", "value": "a, b"}, "the negation of `contains-all`"),
            ({"type": "contains-all", "value": "{{ [q, q] | join }}, b"}, "a template with a comma in a list"),
            ({"type": "contains", "value": "file://a.js"}, "a script"),
            ({"type": "not-llm-rubric", "value": "x"}, "the negation"),
            ({"type": "not-contains-all", "value": ["a", "b"]}, "the negation of `contains-all`"),
            ({"type": "is-sql", "value": {"allowedTables": ["x"]}}, "`allowedTables`"),
            ({"type": "equals", "value": "{{unknown}}"}, "the template '{{unknown}}'"),
            ({"type": "contains", "value": "x", "transform": "output.trim()"}, "assertion contains: `transform`"),
            ({"type": "assert-set", "threshold": 0.5, "assert": []}, "it has no equal"),
            ({"type": "assert-set", "weight": 3, "assert": []}, "assertion assert-set: `weight`"),
            ({"type": "assert-set", "metric": "m", "assert": []}, "assertion assert-set: `metric`"),
            ({"type": "bleu", "value": "x", "threshold": "high"}, "its `threshold` is 'high'"),
            ({"type": "contains", "value": "x", "weight": -1}, "its `weight` is -1"),
            ({"type": "contains"}, "it has no value"),
            ({"type": "is-sql", "value": {"databaseType": "Noql"}}, "Unknown dialect 'noql'"),
            ({"type": "regex", "value": "[4"}, "not a regular expression"),
            ({"type": "similar", "value": "x", "threshold": 2}, "gives -1 to 1, never 2"),
            ({"type": "contains", "value": "x", "provider": "openai:gpt-4o"}, "`provider`: it asks no model"),
            ({"value": "x"}, "it has no type"),
        ],
        ids=str,
    )
    def test_without_one_are_listed(self, imported, given, why):
        config = {"prompts": ["{{q}}"], "tests": [{"vars": {"q": "x"}, "assert": [given]}]}
        (left,) = imported(json.dumps(config)).left_out
        assert why in left

    @pytest.mark.parametrize("key", ["threshold", "weight"])
    @pytest.mark.parametrize("value", [".nan", ".inf"])
    def test_with_what_is_no_number_are_listed(self, imported, key, value):
        found = imported(
            f"{{prompts: ['{{{{q}}}}'], defaultTest: {{assert: [{{type: bleu, value: x, {key}: {value}}}]}}}}"
        )
        assert suite(found)["scorers"] == []
        assert found.left_out == [f"assertion bleu: x: its `{key}` is {value.strip('.')}"]

    @pytest.mark.parametrize("metric", ["passed", "overall"])
    def test_have_no_name_that_the_suite_keeps_for_itself(self, imported, metric):
        config = {"prompts": ["x"], "defaultTest": {"assert": [{"type": "contains", "value": "x", "metric": metric}]}}
        assert suite(imported(json.dumps(config)))["scorers"] == [{"contains": "x", "name": f"{metric}_2"}]

    def test_compare_with_the_text_of_what_their_templates_give(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests:
              - vars: {q: x, n: 42, word: w, flag: true}
                assert:
                  - {type: equals, value: "{{ n }}"}
                  - {type: contains, value: "{{ word }}"}
                  - {type: contains, value: "{{ n + 1 }}"}
                  - {type: equals, value: {a: ["{{ n }}"], b: "n {{ flag }}"}}
            """
        )
        assert rows(found)[0]["scorers"] == [
            {"equals": "{{ (metadata.n) | string }}"},
            {"contains": "{{ metadata.word }}"},
            {"contains": "{{ (metadata.n + 1) | string }}", "name": "contains_2"},
            {"json_path": "$", "expected": {"a": ["{{ (metadata.n) | string }}"], "b": "n {{ metadata.flag }}"}},
        ]
        assert found.changed == ["variable flag: a template that shows it whole writes it as Python does"]

    def test_rename_variables_and_no_filters_of_their_name(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests:
              - vars: {q: x, title: a, string: b}
                assert: [{type: contains, value: "t {{ title | title if string is string }}"}]
            """
        )
        assert rows(found)[0]["scorers"] == [
            {"contains": "t {{ metadata.title | title if metadata.string is string }}"}
        ]

    def test_of_no_weight_fail_nothing(self, imported, site):
        found = imported(
            """
            prompts: ["{{q}}"]
            defaultTest: {assert: [{type: contains, value: a, weight: 0}, {type: latency, threshold: 500, weight: 0}]}
            """
        )
        for name, text in found.files.items():
            site.write(name, text)
        uses = Suite.load("capitals", load_settings(site.root)).scorers
        assert [(use.name, use.threshold, use.weight) for use in uses] == [("contains", None, 0), ("latency", None, 0)]

    def test_of_one_kind_get_names_of_their_own(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            assertionTemplates: {polite: {type: contains, value: please}}
            defaultTest: {assert: [{type: contains, value: a}]}
            tests:
              - vars: {q: x}
                assert:
                  - {type: assert-set, assert: [{type: contains, value: b}, {type: contains, value: c}]}
                  - {$ref: "#/assertionTemplates/polite"}
            """
        )
        assert [entry.get("name", "contains") for entry in suite(found)["scorers"]] == ["contains"]
        assert [entry["name"] for entry in rows(found)[0]["scorers"]] == ["contains_2", "contains_3", "contains_4"]

    def test_that_mean_nearly_the_same_are_listed(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            tests: [{vars: {q: x}, assert: [{type: rouge-n, value: y}]}]
            """
        )
        assert found.changed == ["assertion rouge-n: the F1 of ROUGE-1, where promptfoo counts recall"]

    def test_are_graded_by_the_model_that_they_name(self, imported):
        found = imported(
            """
            prompts: ["{{q}}"]
            providers: openai:gpt-4o-mini
            defaultTest: {options: {provider: "openai:gpt-4o"}}
            tests: [{vars: {q: x}, assert: [{type: llm-rubric, value: y, provider: "openai:o3"}]}]
            """
        )
        assert suite(found)["judge"] == "gpt_4o"
        assert rows(found)[0]["scorers"][0]["model"] == "o3"
        assert set(tomllib.loads(found.settings)["tool"]["genops"]["models"]) == {"gpt_4o_mini", "gpt_4o", "o3"}


def test_every_key_of_a_provider_of_the_default_test_and_of_a_file_of_tests_is_carried_over_or_listed(imported):
    found = imported(
        """
        prompts: ["{{q}}"]
        providers: [{id: openai:gpt-4o, label: big, inputs: {a: b}, config: {temperature: .nan, max_tokens: 9}}]
        defaultTest: {vars: {q: x}, assertScoringFunction: file://score.js}
        tests: {path: file://t.yaml, config: {rows: 3}}
        """,
        **{"t.yaml": "- {vars: {q: one}}"},
    )
    assert found.left_out == [
        "`defaultTest.assertScoringFunction`: it has no equal",
        "tests file://t.yaml: `config`",
        "provider openai:gpt-4o: `inputs`",
        "provider openai:gpt-4o: `config.temperature`: it is no number",
    ]
    assert tomllib.loads(found.settings)["tool"]["genops"]["models"]["big"]["parameters"] == {"max_tokens": 9}


def test_what_is_elsewhere_in_the_configuration_is_carried_over_or_listed(imported):
    found = imported(
        """
        description: Capitals
        prompts: ["{{q}}"]
        tests: [{vars: {q: x}, threshold: 0.5, options: {transform: output.trim()}}]
        evaluateOptions: {repeat: 3, maxConcurrency: 8, delay: 100, cache: false, showProgressBar: true}
        nunjucksFilters: {a: b.js}
        outputPath: out.html
        sharing: true
        commandLineOptions: {verbose: true}
        writeLatestResults: true
        tags: {team: geography}
        $schema: https://promptfoo.dev/config-schema.json
        """
    )
    assert (suite(found)["description"], suite(found)["repeat"], suite(found)["concurrency"]) == ("Capitals", 3, 8)
    assert [left.partition(":")[0] for left in found.left_out] == [
        "`commandLineOptions`",
        "`nunjucksFilters`",
        "`outputPath`",
        "`sharing`",
        "`tags`",
        "`writeLatestResults`",
        "test {'q'",
        "test {'q'",
        "`evaluateOptions.cache`",
        "`evaluateOptions.delay`",
        "`evaluateOptions.showProgressBar`",
    ]
    assert "`outputPath`: say `genops eval run --report FORMAT=FILE`" in found.left_out


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("[]", "no configuration of promptfoo"),
        ("{other: 1}", "no configuration of promptfoo"),
        ("prompts: [", "not valid YAML"),
        ("{prompts: ['{{q}}'], tests: 'file://gone.yaml'}", "gone.yaml: there is no such file"),
    ],
)
def test_what_is_broken_is_refused(imported, config, problem):
    with pytest.raises(DefinitionError, match=problem):
        imported(config)


def test_prompts_that_cases_cannot_fill_in_are_listed(imported):
    found = imported(
        """
        prompts:
          - "{{q}} {% if user.vip %}now{% endif %}"
          - "{{q.length}}"
          - '[{"role": "user", "content": "{{q}}"}]'
        tests: [{vars: {q: x, user: {vip: true}}}, {vars: {q: y}}]
        """
    )
    assert found.left_out == [
        "prompt capitals_1: 1 of the cases cannot fill it in: 'None' has no attribute 'vip'",
        "prompt capitals_2: 2 of the cases cannot fill it in: 'str object' has no attribute 'length'",
    ]


@pytest.mark.parametrize(("option", "value"), [("repeat", "two"), ("repeat", 0), ("maxConcurrency", True)])
def test_options_that_are_no_count_are_listed(imported, option, value):
    found = imported(json.dumps({"prompts": ["x"], "evaluateOptions": {option: value}}))
    assert found.left_out == [f"`evaluateOptions.{option}`: it is {value!r}"]
    assert not {"repeat", "concurrency"} & suite(found).keys()


def test_code_is_not_run(tmp_path):
    with pytest.raises(DefinitionError, match="a configuration that is code is not run"):
        import_promptfoo(tmp_path / "promptfooconfig.js", "x")


def test_what_comes_of_it_works(imported, site):
    found = imported(
        """
        prompts: ["What is the capital of {{country}}?", "Capital of {{country}}?"]
        providers: [openai:gpt-4o-mini]
        defaultTest: {assert: [{type: not-contains, value: sorry}]}
        tests:
          - vars: {country: [France, Spain]}
            assert: [{type: contains, value: "{{country}}"}]
        """
    )
    site.top = ""
    for name, text in found.files.items():
        site.write(name, text)
    site.scripted("rules: [{when: {user: 'apital of (?P<it>[A-Za-z]+)'}, text: 'that of {{ it }}'}]", "gpt_4o_mini")
    settings = site.project.settings
    made = Suite.load("capitals", load_settings(site.root))
    loaded = Chain.load("capitals", project=site.project)
    dataset = DatasetSpec(file="capitals.jsonl").open(settings, made.folder, loaded.closure.root.inputs)
    assert [variant.name for variant in made.variants] == ["capitals_1", "capitals_1=capitals_2"]
    assert [loaded.run_sync(dict(case.inputs)).output for case in dataset] == ["that of France", "that of Spain"]


class TestWhatIsMalformed:
    @pytest.mark.parametrize(
        ("config", "problem"),
        [
            ("prompts: [x]\nscenarios: '{% raw %}'", "`scenarios` is no list"),
            ("prompts: [x]\nscenarios: [1]", "a scenario is no mapping"),
            ("prompts: [x]\ntests: [{vars: [a]}]", "`vars` of a test is no mapping"),
            ("prompts: [x]\ntests: [{assert: 3}]", "`assert` of a test is no list"),
            ("prompts: [x]\ndefaultTest: [1]", "`defaultTest` is no mapping"),
            ("prompts: [x]\nproviders: 3", "`providers` is no list"),
            ("prompts: [x]\nproviders: file://promptfooconfig.yaml\nevaluateOptions: 1", "no mapping"),
            ("prompts: [x]\nproviders: [{id: 'openai:x', config: {stop: [null]}}]", "holds null"),
            ("prompts: [x]\nproviders: ['file://p.json']", "refers to itself"),
            ("prompts: [x]\ntests: 'file:///*'", "no pattern of files"),
            ("prompts: [x]\ntests: rows.csv", "more fields than the header"),
            ("prompts: [x]\ntests: [{vars: {n: 9999999999999999999999}}]", "cannot be written as JSON"),
            (
                f"prompts: ['{{{{a}}}}']\ntests: [{{vars: {{{', '.join(f'v{n}: [a, b]' for n in range(20))}}}}}]",
                "combinations",
            ),
        ],
    )
    def test_is_one_error_in_the_file(self, imported, config, problem):
        with pytest.raises(DefinitionError, match=problem) as caught:
            imported(config, **{"p.json": '["file://p.json"]', "rows.csv": "a\n1,2\n"})
        assert caught.value.at is not None

    def test_a_role_that_is_no_text_and_a_name_that_is_too_long_are_noted(self, imported):
        found = imported(f'prompts: [\'[{{"role": [], "content": "x"}}]\', {"a" * 280}]\n')
        assert "a message of role []" in found.left_out[0]

    def test_settings_are_toml_whatever_a_parameter_is_called(self, imported):
        found = imported("prompts: [x]\nproviders: [{id: 'openai:x', config: {stop: {'&a b': .inf}, seed: null}}]\n")
        alias = tomllib.loads(found.settings)["tool"]["genops"]["models"]["x"]
        assert alias["parameters"] == {"stop": {"&a b": float("inf")}}

    def test_what_a_variable_makes_of_another_may_fail(self, imported):
        found = imported("prompts: ['{{a}}']\ntests: [{vars: {a: '{{ 1 // b }}', b: 0}}]\n")
        assert rows(found)[0]["inputs"] == {"a": "{{ 1 // b }}"}
