import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from genops.artifacts import canonical_bytes
from genops.errors import DefinitionError, InputError
from genops.prompts import InputSpec
from genops.syntax import read_yaml


def spec(text: str) -> InputSpec:
    file = read_yaml("inputs:\n" + "\n".join(f"  {line}" for line in text.splitlines()), "chain.yaml")
    return InputSpec.parse(file.data["inputs"], file, "inputs")


EVERYTHING = """\
question: str
k: {type: int, default: 3, description: How many.}
weight: {type: float, optional: true}
strict: {type: bool, default: false}
tone: {type: enum, values: [kind, terse, 7]}
tags: {type: list, items: str, default: []}
picture: {type: bytes, optional: true}
anything: {type: any, optional: true}
passages:
  type: list
  items: {type: object, properties: {text: str, source: {type: str, default: ""}}}
filter:
  optional: true
  schema: {type: object, properties: {year: {type: integer, minimum: 2000}}, additionalProperties: false}
"""
GIVEN: dict[str, Any] = {"question": "q", "tone": "kind", "passages": [{"text": "t", "score": 0.5}]}


def test_values_are_checked_and_defaults_filled_in():
    assert spec(EVERYTHING).validate(GIVEN) == {
        "question": "q",
        "k": 3,
        "weight": None,
        "strict": False,
        "tone": "kind",
        "tags": [],
        "picture": None,
        "anything": None,
        "passages": [{"text": "t", "source": "", "score": 0.5}],
        "filter": None,
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"question": 3}, "input 'question': expected str, got 3 (int)"),
        ({"question": None}, "input 'question': expected str, got nothing (null)"),
        ({"question": b"q"}, "input 'question': expected str, got b'q' (bytes)"),
        ({"k": "3"}, "input 'k': expected int, got '3' (str)"),
        ({"k": 3.0}, "input 'k': expected int, got 3.0 (float)"),
        ({"k": True}, "input 'k': expected int, got True (bool)"),
        ({"weight": "1"}, "input 'weight': expected float, got '1' (str)"),
        ({"weight": True}, "input 'weight': expected float, got True (bool)"),
        ({"strict": 0}, "input 'strict': expected bool, got 0 (int)"),
        ({"strict": "false"}, "input 'strict': expected bool, got 'false' (str)"),
        ({"tone": "loud"}, "input 'tone': expected one of 'kind', 'terse', 7, got 'loud' (str)"),
        ({"tone": 7.0}, "input 'tone': expected one of 'kind', 'terse', 7, got 7.0 (float)"),
        ({"tags": "a"}, "input 'tags': expected list of str, got 'a' (str)"),
        ({"tags": ["a", 1]}, "input 'tags[1]': expected str, got 1 (int)"),
        ({"passages": [{"text": "t"}, {}]}, "input 'passages[1].text': expected str, it is missing"),
        ({"passages": {}}, "input 'passages': expected list of object, got {} (dict)"),
        ({"picture": "text"}, "input 'picture': expected bytes, got 'text' (str)"),
        ({"filter": {"year": 1999}}, "input 'filter.year': 1999 is less than the minimum of 2000"),
        ({"filter": {"month": 1}}, "input 'filter': Additional properties are not allowed ('month' was unexpected)"),
        ({"anything": object}, "input 'anything': a value of type type cannot be recorded"),
    ],
)
def test_a_mistyped_value_names_the_input_the_type_and_what_was_given(values, message):
    with pytest.raises(InputError) as caught:
        spec(EVERYTHING).validate({**GIVEN, **values})
    assert caught.value.message.startswith(message)


def test_missing_and_unknown_names():
    inputs = spec("question: str\nk: {type: int, default: 1}")
    with pytest.raises(InputError, match=r"input 'question' \(str\) is missing"):
        inputs.validate({})
    with pytest.raises(InputError, match=r"missing\n.*qestion was given; did you mean question"):
        inputs.validate({"qestion": "q"})
    with pytest.raises(InputError, match=r"no input 'kk'\n.*did you mean k"):
        inputs.validate({"question": "q", "kk": 1})
    with pytest.raises(InputError, match="there are none"):
        InputSpec({}).validate({"a": 1})


def test_an_int_is_a_float_only_when_it_is_exactly_one():
    inputs = spec("x: float")
    found = inputs.validate({"x": 3})["x"]
    assert (found, type(found)) == (3.0, float)
    for value in (2**53 + 1, 10**400):
        with pytest.raises(InputError, match="no exact float"):
            inputs.validate({"x": value})


def test_plain_values_are_made_of_what_is_nearly_plain():
    assert spec("x: {type: list, items: list}").validate({"x": ((1, 2),)}) == {"x": [[1, 2]]}


@settings(max_examples=80)
@given(st.text())
def test_text_is_let_through_unchanged(text):
    assert spec("q: str").validate({"q": text}) == {"q": text}


def test_the_stored_form_is_the_same_declaration():
    original = spec(EVERYTHING)
    stored = InputSpec.from_body(json.loads(canonical_bytes(original.body())))
    assert stored.validate(GIVEN) == original.validate(GIVEN)
    assert stored.body() == original.body()
    assert stored == original
    assert stored.names() == original.names()
    assert stored.json_schema() == original.json_schema()


def test_the_short_and_the_long_notation_are_the_same_declaration():
    assert (
        spec("a: str\nb: {type: int, default: 1}").body() == spec("a: {type: str}\nb: {default: 1, type: int}").body()
    )


def test_the_json_schema_keeps_the_order_and_fits_the_values():
    schema = spec(EVERYTHING).json_schema()
    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == list(spec(EVERYTHING).declared)
    assert schema["required"] == ["question", "tone", "passages"]
    assert schema["properties"]["k"] == {"type": "integer", "default": 3, "description": "How many."}
    Draft202012Validator(schema).validate(GIVEN)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("question", "3", "3"),
        ("question", "", ""),
        ("k", "-3", -3),
        ("weight", "1e-3", 0.001),
        ("weight", "2", 2.0),
        ("strict", "true", True),
        ("tone", "kind", "kind"),
        ("tone", "7", 7),
        ("tags", '["a"]', ["a"]),
        ("filter", '{"year": 2001}', {"year": 2001}),
        ("anything", "[1]", [1]),
        ("anything", "plain text", "plain text"),
    ],
)
def test_text_of_the_command_line_becomes_the_declared_type(name, text, value):
    found = spec(EVERYTHING).coerce_text(name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("k", "3.0", "expected int, got '3.0'"),
        ("k", "three", "expected int"),
        ("k", "٣", "expected int"),
        ("weight", "nan", "expected float"),
        ("weight", "1_0", "expected float"),
        ("strict", "yes", "expected bool"),
        ("tone", "loud", "expected one of 'kind', 'terse', 7"),
        ("tags", "a,b", "as JSON"),
        ("tags", "[1]", r"tags\[0\]"),
        ("picture", "x", "expected bytes"),
        ("filter", "{}x", "is not of type 'object'"),
        ("qestion", "x", "did you mean question"),
    ],
)
def test_text_that_is_not_of_the_type_is_refused(name, text, problem):
    with pytest.raises(InputError, match=problem):
        spec(EVERYTHING).coerce_text(name, text)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: string", 2, "write str; a full JSON Schema goes under `schema:`"),
        ("a: flaot", 2, "did you mean float"),
        ("a: 3", 2, "a type is expected"),
        ("a: {}", 2, "`type` is missing"),
        ("b: str\na: {type: str, defalt: x}", 3, "did you mean default"),
        ("a: {type: int, default: x}", 2, "the default: expected int, got 'x'"),
        ("a: {type: enum}", 2, "needs `values`"),
        ("a: {type: enum, values: []}", 2, "needs `values`"),
        ("a: {type: str, items: str}", 2, "`items` belongs to type list"),
        ("a:\n  type: list\n  items: {type: nope}", 4, "no type 'nope'"),
        ("a: {type: str, schema: {}}", 2, "not both"),
        ("a: {schema: {type: nope}}", 2, "not a valid JSON Schema"),
        ('a: {schema: {$ref: "https://example.com/x.json"}}', 2, "not in it"),
        ('a: {schema: {$ref: "#/$defs/X"}}', 2, "not in it"),
        ("a-b: str", 2, "use letters, digits and _"),
    ],
)
def test_a_declaration_that_is_none_is_an_error_with_its_line(text, line, problem):
    with pytest.raises(DefinitionError, match=problem.replace("$", r"\$")) as caught:
        spec(text)
    assert caught.value.at.line == line
