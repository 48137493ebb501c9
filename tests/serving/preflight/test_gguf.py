"""The preflight of a model that is one GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genops.serving.preflight import Preflight, preflight
from genops.settings import ModelAlias, Settings
from tests.serving.folders import make_gguf


def checked(root: Path, gpu: str = "l4", file: str = "a.gguf", **alias: Any) -> Preflight:
    described = ModelAlias.model_validate({"model": "llamacpp/a", "file": file, **alias})
    return preflight(Settings(root=root, models={"m": described}), "m", gpu)


def codes(found: Preflight) -> list[str]:
    return [finding.code for finding in found.findings if finding.severity == "error"]


def test_a_whole_file_is_sized_by_its_header(tmp_path: Path) -> None:
    make_gguf(tmp_path / "a.gguf")
    found = checked(tmp_path)
    assert found.ready
    assert (found.architecture, found.licence, found.context) == ("llama", "apache-2.0", 2048)
    assert found.sizes is not None
    assert found.sizes.kv_token == 2 * 1 * (32 + 32) * 2
    assert found.sizes.weights == 300 * 64 * 2 + 2 * (64 * 64 // 32 * 34 + 64 * 4)


def test_a_file_that_is_not_here_is_said(tmp_path: Path) -> None:
    assert codes(checked(tmp_path)) == ["model_missing"]


def test_a_file_that_was_cut_off_is_said_with_what_lacks(tmp_path: Path) -> None:
    path = make_gguf(tmp_path / "a.gguf")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-100])
    found = checked(tmp_path)
    assert codes(found) == ["gguf_broken"]
    assert f"{size - 100:,} of {size:,} bytes" in found.findings[0].message
    path.write_bytes(path.read_bytes()[:200])
    assert codes(checked(tmp_path)) == ["gguf_broken"]


def test_the_parts_of_a_split_model_must_all_be_here(tmp_path: Path) -> None:
    for number in (1, 2):
        make_gguf(tmp_path / f"a-{number:05d}-of-00003.gguf")
    found = checked(tmp_path, file="a-00001-of-00003.gguf")
    assert codes(found) == ["shard_missing"]
    assert "a-00003-of-00003.gguf" in found.findings[0].message


def test_a_file_without_a_template_is_said(tmp_path: Path) -> None:
    make_gguf(tmp_path / "a.gguf", template=None)
    assert codes(checked(tmp_path)) == ["no_chat_template"]


@pytest.mark.parametrize(
    ("alias", "code"), [({"context_length": 4096}, "context_too_long"), ({"context_length": 1024}, "")]
)
def test_the_context_of_the_settings_is_compared(tmp_path: Path, alias: dict[str, Any], code: str) -> None:
    make_gguf(tmp_path / "a.gguf")
    assert codes(checked(tmp_path, **alias)) == ([code] if code else [])


def test_a_context_that_does_not_fit_comes_with_one_that_does(tmp_path: Path) -> None:
    make_gguf(tmp_path / "a.gguf", context=1 << 24)
    found = checked(tmp_path, "2GiB")
    assert codes(found) == ["does_not_fit"]
    assert "--ctx-size" in found.findings[0].hint


def test_ollama_and_vllm_may_name_one_too(tmp_path: Path) -> None:
    make_gguf(tmp_path / "a.gguf")
    assert checked(tmp_path, model="ollama/a").ready
    assert checked(tmp_path, model="vllm/a", file=None, vllm={"path": "a.gguf"}).ready
