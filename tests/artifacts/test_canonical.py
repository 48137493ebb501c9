import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.artifacts import Component, canonical_bytes, digest_of, ordered_schema, plain_schema, short
from genops.errors import DefinitionError

scalars = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
bodies = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


def shuffled(value, rng):
    if isinstance(value, dict):
        items = [(key, shuffled(item, rng)) for key, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@settings(max_examples=80)
@given(bodies, st.integers(0, 2**32))
def test_a_digest_does_not_depend_on_the_order_of_keys(body, seed):
    assert digest_of(shuffled(body, random.Random(seed))) == digest_of(body)


@settings(max_examples=80)
@given(bodies)
def test_what_is_read_back_from_the_canonical_form_has_the_same_digest(body):
    assert digest_of(json.loads(canonical_bytes(body))) == digest_of(body)


def test_a_large_float_has_the_same_digest_when_it_is_read_back_as_an_integer():
    assert digest_of([1e16, {"a": 1.2345678901234567e20}]) == digest_of([10**16, {"a": 123456789012345670000}])


def test_the_canonical_form_is_that_of_rfc_8785():
    body = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27, -0.0], "literals": [None, True], "€": "\u20ac$\n"}
    expected = '{"literals":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"€":"€$\\n"}'
    assert canonical_bytes(body) == expected.encode()


def test_digests_are_the_same_on_every_platform():
    body = {"b": 1.0, "a": ["é", None]}
    assert digest_of(body) == "6b940ff97b8f64e75080429519f8fe71eb9a5693540a8b6c61147486f08706db"
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    "body",
    [
        float("nan"),
        float("inf"),
        2**53 + 1,
        2**60,
        10**400,
        pytest.param(10**5000, id="huge"),
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        b"x",
        {"a": {1, 2}},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(body):
    with pytest.raises(DefinitionError, match="no canonical form"):
        canonical_bytes({"value": body})


def test_nesting_without_end_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(DefinitionError, match="no canonical form"):
        canonical_bytes(endless)


names = st.sampled_from(["a", "b", "c", "type", "properties", "default", "enum", "items"])
data = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=5,
)
schemas = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer"])}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(names, inner, max_size=4),
            "items": inner,
            "anyOf": st.lists(inner, max_size=2),
            "$defs": st.dictionaries(st.sampled_from(["X", "Y"]), inner, max_size=2),
            "default": data,
            "enum": st.lists(data, max_size=2),
        },
    ),
    max_leaves=8,
)


@settings(max_examples=100)
@given(schemas)
def test_a_schema_survives_the_canonical_form_with_the_order_of_its_properties(schema):
    stored = json.loads(canonical_bytes(ordered_schema(schema)))
    back = plain_schema(stored)
    assert back == schema
    assert property_orders(back) == property_orders(schema)


def property_orders(schema):
    """The property names of each object schema, in order; other mappings have no order."""
    if isinstance(schema, list):
        return [property_orders(item) for item in schema]
    if not isinstance(schema, dict):
        return None
    inner = {
        key: property_orders(schema[key]) for key in sorted(schema) if key not in ("properties", "default", "enum")
    }
    properties = schema.get("properties")
    if isinstance(properties, dict):
        return inner, [(name, property_orders(item)) for name, item in properties.items()]
    return inner


def test_the_order_of_properties_is_part_of_the_digest():
    first = {"properties": {"reason": {"type": "string"}, "verdict": {"type": "string"}}}
    second = {"properties": dict(reversed(first["properties"].items()))}
    assert digest_of(ordered_schema(first)) != digest_of(ordered_schema(second))


def test_a_component_is_named_by_kind_and_body_and_not_by_its_name():
    one = Component("prompt", "answer", {"text": "x"})
    assert one.digest == Component("prompt", "other", {"text": "x"}, source="other@3").digest
    assert one.digest != Component("partial", "answer", {"text": "x"}).digest
    assert one.source == "answer"
    assert short(one.digest) == one.digest[:12]
