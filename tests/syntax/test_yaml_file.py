import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.errors import DefinitionError, Location
from genops.syntax import read_text, read_yaml


def read(text):
    return read_yaml(text, "chain.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-0", 0),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("1.10", 1.1),
        ("-.inf", -math.inf),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("'12'", "12"),
        ('"a\\nb"', "a\nb"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_scalars_are_those_of_the_core_schema(text, value):
    found = read(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_version_directive_does_not_bring_back_old_rules():
    assert read("%YAML 1.1\n---\na: no\nb: 010") == {"a": "no", "b": 10}


def test_keys_are_text_as_written():
    assert read("1: a\ntrue: b\n~: c\non: d") == {"1": "a", "true": "b", "~": "c", "on": "d"}


def test_aliases_and_merges():
    assert read("base: &b {x: 1, y: 2}\nother:\n  <<: *b\n  y: 3\nlist: [*b, *b]") == {
        "base": {"x": 1, "y": 2},
        "other": {"x": 1, "y": 3},
        "list": [{"x": 1, "y": 2}] * 2,
    }


def test_every_key_and_item_has_its_line():
    file = read_yaml("a:\n  b: 1\n  c:\n    - x\n    - y: 2\n", "chain.yaml", first_line=10)
    assert [file.at(*keys).line for keys in [("a",), ("a", "b"), ("a", "c", 0), ("a", "c", 1), ("a", "c", 1, "y")]] == [
        10,
        11,
        13,
        14,
        14,
    ]
    assert file.at("a", "nope", "deep") == Location("chain.yaml", 10)
    assert file.at("nope") == Location("chain.yaml")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: [1", 1, "not valid YAML"),
        ("a: 1\n\tb: 2", 2, "not valid YAML"),
        ("a: 1\na: 2", 2, "'a' is given twice"),
        ("1: x\n'1': y", 2, "'1' is given twice"),
        ("a: 1\n---\nb: 2", 2, "second YAML document"),
        ("\na: !!python/object:os.system x", 2, "tags are not allowed"),
        ("a: !!str 5", 1, "tags are not allowed"),
        ("a: !!binary aGk=", 1, "tags are not allowed"),
        ("a: !x {b: 1}", 1, "tags are not allowed"),
        ("!!set {a, b}", 1, "tags are not allowed"),
        ("? [a, b]\n: c", 1, "a key is text"),
        ("a: *nothing", 1, "stands for nothing"),
        ("a: &x [*x]", 1, "a part of"),
        ("a:\n  <<: 3", 2, "merges mappings"),
        ("a: 1\nb: \x07", 2, "control character"),
        ('a: "\\ud800"', 1, "lone surrogate"),
        ("a: 1e999", 1, "beyond what a number can hold"),
        ("a: " + "9" * 5000, 1, "too long"),
        ("a: " + "[" * 5000, 1, "nests too deep"),
    ],
)
def test_a_broken_file_is_one_error_with_its_line(text, line, problem):
    with pytest.raises(DefinitionError, match=problem) as caught:
        read(text)
    assert caught.value.at is not None
    assert caught.value.at.line == line


def doubling(leaf, levels):
    lines = [f"a0: &a0 {leaf}"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("leaf", ["[x, x]", "x", "{a: 1}", '"' + "x" * 100_000 + '"'])
def test_an_alias_bomb_is_refused(leaf):
    with pytest.raises(DefinitionError, match="expands to more than"):
        read(doubling(leaf, 9))


def test_aliases_cannot_nest_deeper_than_what_is_written_out():
    text = "a0: &a0 []\n" + "\n".join(f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, 200))
    with pytest.raises(DefinitionError, match="nests too deep"):
        read(text)


keys = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text("abc: -#'\"\n{}[]*&!é", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(plain, st.sampled_from([None, 2]))
def test_json_is_yaml(value, indent):
    assert read(json.dumps({"value": value}, indent=indent)) == {"value": value}


def test_text_files(tmp_path):
    path = tmp_path / "chain.yaml"
    with pytest.raises(DefinitionError, match="no such chain"):
        read_text(path, "chain")
    path.write_bytes("\ufeffsteps: é".encode())
    assert read_text(path) == "steps: é"
    path.write_bytes(b"a\nb\xff")
    with pytest.raises(DefinitionError, match="not UTF-8") as caught:
        read_text(path)
    assert caught.value.at.line == 2
    path.write_bytes(b"a\n\x00")
    with pytest.raises(DefinitionError, match="binary"):
        read_text(path)
    path.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    with pytest.raises(DefinitionError, match="larger than 8 MiB"):
        read_text(path)
    with pytest.raises(DefinitionError, match="cannot read"):
        read_text(tmp_path)


def test_escaped_surrogates_are_characters_in_pairs_and_nothing_alone():
    assert read_yaml(r'{"\ud83d\ude00": ["a\ud83d\ude00"]}', "x").data == {"😀": ["a😀"]}
    for text in (r'{"\ud83d": 1}', r'{"a": "\ude00\ud83d"}'):
        with pytest.raises(DefinitionError, match="lone surrogate"):
            read_yaml(text, "x")
