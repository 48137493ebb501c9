from pathlib import Path

import pytest

from genops.errors import DefinitionError, ReferenceNotFound, UsageError
from genops.models import Model, provider_name, resolve_model
from genops.models.alias import base_url_of, key_variable
from genops.settings import ModelAlias, ModelLimits, Price, Settings


def model_of(**fields: object) -> Model:
    alias = ModelAlias.model_validate({"model": "openai/gpt-4o-mini", **fields})
    return resolve_model(Settings(models={"fast": alias}), "fast")


def test_the_digest_covers_what_shapes_answers():
    plain = model_of().component.digest
    for change in (
        {"model": "openai/gpt-4o"},
        {"model": "vllm/gpt-4o-mini"},
        {"revision": "2"},
        {"parameters": {"temperature": 0}},
        {"adapter": "legal"},
    ):
        assert model_of(**change).component.digest != plain, change


def test_the_digest_leaves_out_where_and_how_it_is_served():
    plain = model_of().component.digest
    for change in (
        {"base_url": "http://here/v1"},
        {"api_key_env": "KEY"},
        {"limits": ModelLimits(concurrency=1)},
        {"price": Price(input=1, output=2)},
        {"facts": {"region": "eu"}},
        {"context_length": 10},
    ):
        assert model_of(**change).component.digest == plain, change


def test_a_renamed_alias_is_the_same_model():
    alias = ModelAlias(model="openai/gpt-4o-mini")
    settings = Settings(models={"a": alias, "b": alias})
    assert resolve_model(settings, "a").component.digest == resolve_model(settings, "b").component.digest


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": "openai/gpt-4o"}, "openai-compatible"),
        ({"model": "vllm/llama"}, "openai-compatible"),
        ({"model": "ollama/llama"}, "openai-compatible"),
        ({"model": "mistral/small", "base_url": "http://here/v1"}, "openai-compatible"),
        ({"model": "anthropic/claude-sonnet-4-5"}, "litellm"),
        ({"model": "litellm/openai/gpt-4o", "base_url": "http://here/v1"}, "litellm"),
        ({"model": "offline/extractive"}, "offline"),
    ],
)
def test_the_model_id_says_which_path_leads_to_it(fields, path):
    assert provider_name(model_of(**fields)) == path


def test_a_script_is_part_of_the_digest_and_its_layout_is_not(tmp_path: Path):
    def digest(text: str, name: str) -> str:
        (tmp_path / name).write_text(text)
        alias = ModelAlias(model="scripted/demo", file=name)
        return resolve_model(Settings(root=tmp_path, models={"s": alias}), "s").component.digest

    first = digest("rules:\n  - name: one\n    text: hello\n", "a.yaml")
    assert digest("# a comment\nrules: [{text: hello, name: one}]\n", "b.yaml") == first
    assert digest("rules:\n  - name: one\n    text: good-bye\n", "c.yaml") != first


def test_unknown_and_broken_aliases_are_named():
    settings = Settings(models={"fast": ModelAlias(model="gpt-4o"), "off": ModelAlias(model="offline/abstractive")})
    with pytest.raises(ReferenceNotFound, match="fast"):
        resolve_model(settings, "fats")
    with pytest.raises(DefinitionError, match="PROVIDER/MODEL"):
        resolve_model(settings, "fast")
    with pytest.raises(DefinitionError, match="extractive"):
        resolve_model(settings, "off")
    with pytest.raises(DefinitionError, match="names no file"):
        resolve_model(Settings(models={"r": ModelAlias(model="recorded/openai/x")}), "r")


def test_openais_key_goes_to_openai_alone():
    assert key_variable(model_of()) == "OPENAI_API_KEY"
    assert key_variable(model_of(base_url="http://elsewhere/v1")) is None
    assert key_variable(model_of(base_url="http://elsewhere/v1", api_key_env="MINE")) == "MINE"


def test_a_server_needs_a_place():
    assert base_url_of(model_of(model="ollama/llama")) == "http://localhost:11434/v1"
    assert base_url_of(model_of(base_url="http://here/v1/")) == "http://here/v1"
    with pytest.raises(UsageError, match="base_url"):
        base_url_of(model_of(model="openai_like/x"))
