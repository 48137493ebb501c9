import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.artifacts import canonical_bytes
from genops.errors import DefinitionError
from genops.prompts import OutputSpec
from genops.syntax import read_yaml

VERDICT = """\
type: object
properties:
  reason: {type: str, description: "Why, in one sentence."}
  verdict: {type: enum, values: [good, bad]}
  scores: {type: list, items: int}
"""


def output(text: str) -> OutputSpec | None:
    file = read_yaml("output:\n" + "\n".join(f"  {line}" for line in text.splitlines()), "a.prompt")
    return OutputSpec.read(file.data["output"], file, "output")


def verdict() -> OutputSpec:
    found = output(VERDICT)
    assert found is not None
    return found


def test_text_needs_no_schema():
    assert output("text") is None
    assert OutputSpec.read(None, read_yaml("{}", "a.prompt"), "output") is None


def test_the_short_notation_becomes_a_closed_schema_in_the_order_of_the_file():
    spec = verdict()
    assert spec.schema == {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "Why, in one sentence."},
            "verdict": {"enum": ["good", "bad"]},
            "scores": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["reason", "verdict", "scores"],
        "additionalProperties": False,
    }
    assert list(spec.schema["properties"]) == ["reason", "verdict", "scores"]
    assert spec.max_reasks == 2


def test_the_stored_form_keeps_the_order_of_properties():
    spec = verdict()
    stored = OutputSpec.from_body(json.loads(canonical_bytes(spec.body())))
    assert stored == spec
    assert list(stored.schema["properties"]) == ["reason", "verdict", "scores"]


def test_the_response_format_is_strict_where_the_schema_allows_it():
    assert verdict().response_format()["json_schema"] == {"name": "output", "schema": verdict().schema, "strict": True}
    for text in (
        "{type: list, items: str}",
        "{type: object, properties: {a: {type: str, optional: true}}}",
        "{type: object, properties: {a: object}}",
        "{schema: {type: object, properties: {a: {type: string}}}}",
    ):
        assert output(text).response_format()["json_schema"]["strict"] is False, text


good = st.fixed_dictionaries(
    {
        "reason": st.text(max_size=20),
        "verdict": st.sampled_from(["good", "bad"]),
        "scores": st.lists(st.integers(), max_size=3),
    }
)


@settings(max_examples=50)
@given(
    good, st.sampled_from(["{}", " \n{}\n", "```json\n{}\n```", "```\n{}\n```\n", "```JSON\n{}\n  ```"]), st.booleans()
)
def test_an_answer_is_json_alone_or_in_one_fence(value, form, escaped):
    assert verdict().parse(form.replace("{}", json.dumps(value, ensure_ascii=escaped))) == value


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "not valid JSON: Expecting value at line 1, column 1"),
        ("It is good.", "not valid JSON"),
        ('Sure! {"reason": "r"}', "not valid JSON"),
        ('{"reason": "r",}', "not valid JSON"),
        ("[" * 100_000, "nests too deep|not valid JSON"),
        ('{"reason": NaN}', "NaN is not a JSON value"),
        ("[]", r"\$: \[\] is not of type 'object'"),
        ('{"reason": "r", "verdict": "bad"}', r"\$: 'scores' is a required property"),
        ('{"reason": "r", "verdict": "so-so", "scores": []}', r"\$\.verdict: 'so-so' is not one of"),
        ('{"reason": "r", "verdict": "bad", "scores": [1, "2"]}', r"\$\.scores\[1\]: '2' is not of type 'integer'"),
        ('{"reason": "r", "verdict": "bad", "scores": [], "x": 1}', r"\$: .*'x' was unexpected"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_so_that_a_model_can_mend_it(answer, problem):
    with pytest.raises(ValueError, match=problem):
        verdict().parse(answer)


def test_every_problem_is_named_up_to_five():
    with pytest.raises(ValueError, match="is not") as caught:
        verdict().parse(json.dumps({"reason": 1, "verdict": 2, "scores": ["a"] * 50}))
    assert len(str(caught.value).splitlines()) == 5


def test_asking_again_shows_the_answer_and_the_problem():
    asked = [{"role": "user", "content": "Judge."}]
    again = verdict().reask_messages(asked, "{good}", "not valid JSON: {x}")
    assert asked == [{"role": "user", "content": "Judge."}]
    assert again[:2] == [*asked, {"role": "assistant", "content": "{good}"}]
    assert again[2]["role"] == "user"
    assert "not valid JSON: {x}" in again[2]["content"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("3", "`output` is text or a mapping"),
        ("json", "`output` is text or a mapping"),
        ("{type: object, max_reasks: 11}", "from 0 to 10"),
        ("{type: object, max_reasks: true}", "from 0 to 10"),
        ("{type: object, default: {}}", "no `default`"),
        ("{type: string}", "write str"),
        ("{schema: {type: 3}}", "not a valid JSON Schema"),
        ('{schema: {$ref: "file:///etc/passwd"}}', "not in it"),
    ],
)
def test_an_output_that_is_none_is_an_error_with_its_line(text, problem):
    with pytest.raises(DefinitionError, match=problem) as caught:
        output(text)
    assert caught.value.at.line in (1, 2)


def test_a_recursive_schema_is_followed_within_itself():
    spec = output('{schema: {$ref: "#/$defs/T", $defs: {T: {type: object, properties: {next: {$ref: "#/$defs/T"}}}}}}')
    assert spec.parse('{"next": {"next": {}}}') == {"next": {"next": {}}}
    with pytest.raises(ValueError, match=r"\$\.next\.next: 3 is not of type"):
        spec.parse('{"next": {"next": 3}}')
