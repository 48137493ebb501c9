"""A preflight of a model that is not here: the settings are looked at all the same, and the verdict stays open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from genops.serving.files.digests import adapter_digest
from genops.serving.preflight import Preflight, preflight
from genops.settings import load_settings
from tests.serving.faked import make_project
from tests.serving.folders import make_adapter, make_model, settings_of

HUB = {"model": "vllm/some/model"}


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)


def checked(root: Path, gpu: str = "h100", *, alias: dict[str, Any] | None = None, **block: Any) -> Preflight:
    """Of a model of the hub that no cache has."""
    own = {"path": None, "environment": {"HF_HUB_CACHE": str(root / "hub")}, **block}
    return preflight(settings_of(root, alias={**HUB, **(alias or {})}, **own), "m", gpu)


def codes(found: Preflight, severity: str = "error") -> list[str]:
    return [finding.code for finding in found.findings if finding.severity == severity]


def test_a_model_that_was_not_looked_at_is_neither_faulty_nor_ready(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert (found.looked_at, found.faulty, found.ready) == (False, False, False)
    assert codes(found, "warning") == ["not_downloaded", "revision_not_pinned"]
    assert codes(found, "note") == ["to_fetch", "no_vllm"]


def test_it_says_what_was_not_looked_at_and_how_to_get_it(tmp_path: Path) -> None:
    found = checked(tmp_path, alias={"revision": "v1"}).findings[0]
    assert found.message.endswith("its configuration, weights, tokenizer and licence were not looked at")
    cache = tmp_path / "hub"
    assert found.hint == f"fetch it with: hf download some/model --revision v1 --cache-dir {cache}"


def test_a_server_with_the_same_cache_as_this_process_needs_no_other_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert checked(tmp_path, environment={}).findings[0].hint == "fetch it with: hf download some/model"


def test_a_model_that_cannot_be_fetched_is_an_error(tmp_path: Path) -> None:
    environment = {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    found = checked(tmp_path, environment=environment)
    assert codes(found) == ["not_downloaded"]
    assert "HF_HUB_OFFLINE forbids" in found.findings[0].message


FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no vLLM": ("no_vllm", "h100", {"python": "none/bin/python"}),
    "no template": ("template_broken", "h100", {"chat_template": "none.jinja"}),
    "half a template": ("template_broken", "h100", {"chat_template": "half.jinja"}),
    "no sampling defaults": ("generation_config_missing", "h100", {"generation_config": "none"}),
    "no adapter": ("adapter_broken", "h100", {"adapters": {"x": {"path": "none"}}}),
    "another adapter": ("adapter_digest", "h100", {"adapters": {"x": {"path": "ad", "digest": "0" * 8}}}),
    "an adapter of a high rank": (
        "adapter_rank",
        "h100",
        {"adapters": {"x": {"path": "ad"}}, "max_lora_rank": 1},
    ),
    "too few GPUs": ("gpus_missing", "h100x2", {"tensor_parallel": 4}),
    "a GPU without bfloat16": ("dtype_unsupported", "t4", {"dtype": "bfloat16"}),
    "a machine that is full": ("memory_in_use", "cpu", {"gpu_memory_utilization": 1.0}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_needs_no_model_is_found_without_one(tmp_path: Path, fault: str) -> None:
    code, gpu, block = FAULTS[fault]
    (tmp_path / "half.jinja").write_text("{% for %}")
    make_adapter(tmp_path / "ad")
    found = checked(tmp_path, gpu, **block)
    assert codes(found) == [code]
    assert found.faulty


def test_a_template_is_rendered_with_stand_ins_for_special_tokens(tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text("{{ bos_token + messages[0].content + eos_token }}")
    assert codes(checked(tmp_path, chat_template="own.jinja")) == []
    (tmp_path / "own.jinja").write_text("{{ bos_token }}")
    assert codes(checked(tmp_path, chat_template="own.jinja")) == ["template_drops_message"]


def test_adapters_that_are_whole_have_digests(tmp_path: Path) -> None:
    digest = adapter_digest(make_adapter(tmp_path / "ad"))
    assert checked(tmp_path, adapters={"x": {"path": "ad"}, "y": {"path": "none"}}).adapters == {"x": digest}


def test_a_tokenizer_of_its_own_is_looked_at(tmp_path: Path) -> None:
    (make_model(tmp_path / "words") / "tokenizer.json").write_text("{")
    assert codes(checked(tmp_path, extra={"tokenizer": "words"})) == ["tokenizer_broken"]


MANY = """
chat_template = "nowhere.jinja"
kv_cache_dtype = "fp9"
tensor_parallel = 8
adapters = {x = {path = "nowhere"}}
extra = {swap-space = 4, enforce-eagre = true}
"""


@pytest.mark.parametrize(
    ("place", "said"), [("model = 'vllm/some/model'", set()), ("model = 'vllm/tiny'", {"model_missing"})]
)
def test_every_fault_of_the_settings_is_named_at_once(tmp_path: Path, place: str, said: set[str]) -> None:
    make_project(tmp_path, MANY + f'environment = {{HF_HUB_CACHE = "{tmp_path}"}}\n')
    file = tmp_path / "genops.toml"
    path = 'path = "elsewhere"\n' if said else ""
    file.write_text(file.read_text().replace('model = "vllm/tiny"', place).replace('path = "model"\n', path))
    found = preflight(load_settings(tmp_path), "tiny", "h100")
    assert set(codes(found)) == {"flag", "template_broken", "adapter_broken", "gpus_missing"} | said
    flags = " ".join(finding.message for finding in found.findings if finding.code == "flag")
    assert all(name in flags for name in ("swap-space", "enforce-eagre", "kv_cache_dtype"))
    assert found.vllm == "vllm 0.32.0"
    assert not found.looked_at


def test_a_broken_adapter_hides_no_flag_of_a_model_that_is_here(tmp_path: Path) -> None:
    make_project(tmp_path, MANY)
    found = preflight(load_settings(tmp_path), "tiny", "h100x8")
    assert codes(found).count("flag") == 3


def test_the_report_says_so(tmp_path: Path) -> None:
    value = json.loads(json.dumps(checked(tmp_path).to_json()))
    assert (value["looked_at"], value["ready"]) == (False, False)
