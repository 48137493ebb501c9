import pytest

from genops.models import Capabilities, Model, capabilities, resolve_model
from genops.settings import ModelAlias, Settings


def model_of(name: str, **fields: object) -> Model:
    return resolve_model(Settings(models={"m": ModelAlias.model_validate({"model": name, **fields})}), "m")


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("openai/gpt-4o-mini", {}, Capabilities()),
        ("openai/gpt-3.5-turbo", {}, Capabilities(response_format=False)),
        ("vllm/anything", {}, Capabilities()),
        ("acme/anything", {"base_url": "http://here/v1"}, Capabilities()),
        ("acme/anything", {}, Capabilities(tools=False, response_format=False)),
        ("offline/extractive", {}, Capabilities(tools=False, streaming=False)),
    ],
)
def test_what_is_known_of_a_model(name, fields, expected):
    assert capabilities(model_of(name, **fields)) == expected


def test_the_aliass_facts_win():
    facts = {"tools": False, "response_format": False, "streaming": False}
    assert capabilities(model_of("openai/gpt-4o-mini", facts=facts)) == Capabilities(False, False, False)
