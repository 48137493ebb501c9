"""``genops schema``: every kind of file that people write, and the message of an alert, publishes one."""

import json

import jsonschema
import pytest

from genops.cli.schema import What


@pytest.mark.parametrize("what", What)
def test_a_kind_publishes_its_schema(genops, what):
    schema = json.loads(genops("schema", what.value).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"].startswith("genops ")
    assert schema["type"] == "object"


def test_what_has_none_is_answered_with_what_has(genops):
    assert "'message'" in genops("schema", "messages", code=2).err
