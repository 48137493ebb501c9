import dataclasses
import enum
import math
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from genops.artifacts import decode, encode, normalise

texts = st.text(st.characters(), max_size=10)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=10)
keys = texts | st.sampled_from(["$", "v"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=15
)


def same(a, b):
    """Equal in value, type and key order; NaN equals NaN and -0.0 is not 0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


@settings(max_examples=200)
@given(values)
@example("\ud83d\ude00")
@example({"\ud83d\ude00": 1, "😀": 2})
@example({"$": "bytes", "v": "aGk="})
@example([{"$": {"$": math.nan}}, b"", -(2**63), 2**63, 2**64])
@example(10**5000)
@example([-0.0, 1.0, 1e22, 5e-324])
def test_a_value_comes_back_as_it_was(value):
    assert same(decode(encode(value).data), value)


@settings(max_examples=80)
@given(values)
def test_the_same_value_has_the_same_digest_after_a_round_trip(value):
    payload = encode(value)
    assert encode(decode(payload.data)) == payload


@settings(max_examples=80)
@given(values, values)
def test_different_values_have_different_digests(a, b):
    assert (encode(a).digest == encode(b).digest) == same(a, b)


@settings(max_examples=80)
@given(values)
def test_plain_values_are_normal_already(value):
    assert same(normalise(value), value)


class Colour(str, enum.Enum):  # noqa: UP042 - the kind whose str() is not its text
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Model(BaseModel):
    name: str
    colour: Colour


@dataclasses.dataclass
class Point:
    x: float
    tags: tuple[str, ...]


def test_what_is_nearly_plain_becomes_plain():
    value = {
        Colour.RED: (Colour.RED, Level.HIGH, np.float64(0.5)),
        "m": Model(name="n", colour=Colour.RED),
        "p": Point(1, ("a",)),
    }
    expected = {"red": ["red", 3, 0.5], "m": {"name": "n", "colour": "red"}, "p": {"x": 1, "tags": ["a"]}}
    assert same(normalise(value), expected)


@pytest.mark.parametrize("value", [object(), {1: 2}, {1, 2}, len, Point, Model, 1j, np.zeros(2)])
def test_what_cannot_be_recorded_is_refused_by_its_type(value):
    with pytest.raises(TypeError, match="cannot be recorded"):
        normalise([value])


def test_a_value_that_holds_itself_is_refused():
    endless: dict = {}
    endless["again"] = [endless]
    with pytest.raises(TypeError, match="nests deeper"):
        normalise(endless)


def test_the_deepest_value_that_is_let_through_can_be_stored():
    value: list = []
    for _ in range(199):
        value = [value]
    assert decode(encode(normalise(value)).data) == value
    with pytest.raises(TypeError, match="nests deeper"):
        normalise([[value]])


@pytest.mark.parametrize(
    "data", [b"", b"x", b"j{", b"e{", b'e{"$":"bytes"}', b'e{"$":"pickle","v":""}', b"e" + b"[" * 100_000]
)
def test_damaged_bytes_are_no_payload(data):
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_plain_json_stays_readable():
    assert encode({"b": [1, "é"], "a": None}).data == 'j{"b":[1,"é"],"a":null}'.encode()
    assert encode(b"\x00raw").data == b"b\x00raw"
    assert sys.getsizeof(encode("x").data) < 100
