"""Where the files of a model are."""

from __future__ import annotations

from pathlib import Path

import pytest

from genops.errors import DefinitionError
from genops.serving.files.place import NotDownloaded, hub_cache, model_files
from genops.settings import ModelAlias, Settings
from tests.serving.folders import make_hub_model, make_model, settings_of


def hub_settings(root: Path, revision: str | None = None, **block: object) -> Settings:
    alias = ModelAlias(model="vllm/some/model", revision=revision, vllm=block)
    return Settings(root=root, models={"m": alias})


def test_a_path_is_relative_to_the_project(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    files = model_files(settings_of(tmp_path), "m")
    assert files.folder == tmp_path / "model"
    assert [path.name for path in files.weights] == ["model.safetensors"]
    assert files.repository is None


@pytest.mark.parametrize(
    "block",
    [{"environment": {"HF_HUB_CACHE": "{}"}}, {"environment": {"HF_HOME": "{}/.."}}, {"extra": {"download-dir": "{}"}}],
)
def test_the_cache_is_the_one_that_the_server_reads(tmp_path: Path, block: dict[str, dict[str, str]]) -> None:
    cache = tmp_path / "home" / "hub"
    commit = make_hub_model(cache, "some/model")
    filled = {key: {name: value.format(cache) for name, value in inner.items()} for key, inner in block.items()}
    files = model_files(hub_settings(tmp_path, **filled), "m")
    assert (files.repository, files.commit) == ("some/model", commit)


def test_without_a_word_the_cache_is_the_hubs_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub.constants import default_cache_path

    alias = ModelAlias(model="vllm/some/model", vllm={})
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert hub_cache(alias) == Path("~/.cache/huggingface/hub").expanduser()
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert hub_cache(alias) == tmp_path / "hub"
    assert Path(default_cache_path).name == "hub"


def test_a_revision_is_a_commit_or_a_branch_that_the_cache_knows(tmp_path: Path) -> None:
    commit = make_hub_model(tmp_path, "some/model")
    block = {"environment": {"HF_HUB_CACHE": str(tmp_path)}}
    assert model_files(hub_settings(tmp_path, commit, **block), "m").commit == commit
    assert model_files(hub_settings(tmp_path, "main", **block), "m").commit == commit
    with pytest.raises(NotDownloaded, match="some/model at v2"):
        model_files(hub_settings(tmp_path, "v2", **block), "m")
    with pytest.raises(NotDownloaded, match="hf download some/model --revision"):
        model_files(hub_settings(tmp_path, "f" * 40, **block), "m")


def test_a_gguf_file_is_found_by_either_setting(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    one = Settings(root=tmp_path, models={"m": ModelAlias(model="llamacpp/a", file="a.gguf")})
    other = Settings(root=tmp_path, models={"m": ModelAlias(model="vllm/a", vllm={"path": "a.gguf"})})
    assert model_files(one, "m").gguf == model_files(other, "m").gguf == tmp_path / "a.gguf"
    with pytest.raises(DefinitionError, match="there is no file"):
        model_files(Settings(root=tmp_path, models={"m": ModelAlias(model="llamacpp/b", file="b.gguf")}), "m")


def test_weights_in_two_layouts_count_once(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    (tmp_path / "model" / "consolidated.safetensors").write_bytes(b"the same, for another library")
    assert [path.name for path in model_files(settings_of(tmp_path), "m").weights] == ["model.safetensors"]
