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


class TestServedByGenops:
    """Aliases with a ``vllm`` block, and those that the servers of another answer for."""

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Path:
        folder = tmp_path / "support"
        folder.mkdir()
        (folder / "adapter_config.json").write_text('{"r": 8}')
        (folder / "adapter_model.safetensors").write_bytes(b"weights")
        return folder

    def models(self, root: Path, block: dict[str, object], **others: dict[str, object]) -> dict[str, Model]:
        aliases = {"base": {"model": "vllm/tiny", "vllm": block}, **others}
        settings = Settings(root=root, models={name: ModelAlias.model_validate(one) for name, one in aliases.items()})
        return {name: resolve_model(settings, name) for name in aliases}

    def test_it_is_reached_through_its_own_servers(self, tmp_path):
        model = self.models(tmp_path, {})["base"]
        assert (model.served, provider_name(model), key_variable(model)) == ("base", "openai-compatible", None)

    def test_an_explicit_base_url_wins_and_the_model_is_the_same(self, tmp_path):
        here = self.models(tmp_path, {})["base"]
        there = self.models(tmp_path, {}, there={"model": "vllm/tiny", "vllm": {}, "base_url": "http://there/v1"})
        assert (there["there"].served, base_url_of(there["there"])) == (None, "http://there/v1")
        assert there["there"].component.digest == here.component.digest

    def test_what_of_the_server_shapes_answers_is_in_the_digest(self, tmp_path):
        (tmp_path / "chat.jinja").write_text("{{ messages }}")
        plain = self.models(tmp_path, {})["base"].component.digest
        digests = {plain}
        for change in (
            {"dtype": "float16"},
            {"quantization": "fp8"},
            {"kv_cache_dtype": "fp8"},
            {"chat_template": "chat.jinja"},
            {"generation_config": "auto"},
            {"tool_call_parser": "hermes"},
            {"reasoning_parser": "qwen3"},
            {"structured_outputs": "guidance"},
            {"extra": {"hf-overrides": "{}"}},
        ):
            digests.add(self.models(tmp_path, change)["base"].component.digest)
        assert len(digests) == 10
        (tmp_path / "chat.jinja").write_text("{{ messages[0] }}")
        assert self.models(tmp_path, {"chat_template": "chat.jinja"})["base"].component.digest not in digests

    def test_how_it_is_served_is_not(self, tmp_path):
        plain = self.models(tmp_path, {})["base"].component.digest
        for change in (
            {"path": "elsewhere"},
            {"port": 8000, "host": "0.0.0.0"},
            {"replicas": 2},
            {"tensor_parallel": 2},
            {"max_model_len": 512},
            {"gpu_memory_utilization": 0.5},
            {"prefix_caching": False},
            {"speculative": {"method": "ngram"}},
            {"environment": {"HF_HUB_OFFLINE": "1"}},
            {"gpu_hour": 2.0},
        ):
            assert self.models(tmp_path, change)["base"].component.digest == plain, change

    def test_an_adapter_is_part_of_it_by_its_files(self, tmp_path, adapter):
        block: dict[str, object] = {"adapters": {"support": {"path": "support"}}}
        mine: dict[str, object] = {"model": "vllm/tiny", "adapter": "support", "served_by": "base"}
        models = self.models(tmp_path, block, mine=mine)
        assert models["mine"].served == "base"
        assert models["mine"].adapter is not None
        assert models["base"].adapter is None
        assert models["mine"].component.body["adapter_digest"] == models["mine"].adapter.digest
        (adapter / "adapter_model.safetensors").write_bytes(b"trained again")
        again = self.models(tmp_path, block, mine=mine)
        assert again["mine"].component.digest != models["mine"].component.digest
        assert again["base"].component.digest == models["base"].component.digest

    def test_an_adapter_that_the_settings_pin_is_that_one(self, tmp_path, adapter):
        mine: dict[str, object] = {"model": "vllm/tiny", "adapter": "support", "served_by": "base"}

        def pinned(digest: str) -> dict[str, Model]:
            return self.models(tmp_path, {"adapters": {"support": {"path": "support", "digest": digest}}}, mine=mine)

        with pytest.raises(DefinitionError, match="'support' has the digest") as caught:
            pinned("00000000")
        digest = caught.value.message.split("the digest ")[1][:12]
        assert pinned(digest)["mine"].adapter is not None

    def test_an_alias_served_by_one_at_a_base_url_is_asked_there(self, tmp_path):
        aliases = {
            "base": {"model": "vllm/tiny", "base_url": "http://there/v1", "api_key_env": "THERE"},
            "mine": {"model": "vllm/tiny", "adapter": "support", "served_by": "base"},
        }
        settings = Settings(root=tmp_path, models={n: ModelAlias.model_validate(one) for n, one in aliases.items()})
        model = resolve_model(settings, "mine")
        assert (model.served, base_url_of(model), key_variable(model)) == (None, "http://there/v1", "THERE")

    @pytest.mark.parametrize(
        ("mine", "problem"),
        [
            ({"served_by": "bass"}, "names no model alias: 'bass'"),
            ({"model": "vllm/large", "served_by": "base"}, "is vllm/large and served by 'base', which is vllm/tiny"),
            ({"revision": "2", "served_by": "base"}, "is vllm/tiny@2 and served by"),
            ({"served_by": "base", "vllm": {}}, "a vllm block of its own"),
            ({"served_by": "second"}, "which is served by another"),
            ({"vllm": {"chat_template": "none.jinja"}}, r"vllm.chat_template: none.jinja cannot be read"),
            ({"vllm": {"adapters": {"a": {"path": "none"}}}, "adapter": "a"}, "the adapter 'a' is not there"),
        ],
    )
    def test_what_leads_nowhere_is_one_clear_error(self, tmp_path, mine, problem):
        second: dict[str, object] = {"model": "vllm/tiny", "served_by": "base"}
        with pytest.raises(DefinitionError, match=problem):
            self.models(tmp_path, {}, second=second, mine={"model": "vllm/tiny", **mine})
