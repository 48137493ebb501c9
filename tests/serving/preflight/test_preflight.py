"""What a preflight finds: every fault once, and all of them at a time."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genops.errors import DefinitionError, ReferenceNotFound, UsageError
from genops.serving.files.digests import adapter_digest, digests_of
from genops.serving.files.tensor import Tensor
from genops.serving.preflight import Preflight, preflight
from genops.settings import ModelAlias, Settings
from tests.serving.folders import (
    COMMIT,
    config_of,
    make_adapter,
    make_hub_model,
    make_model,
    make_sharded,
    make_tokenizer,
    settings_of,
    write_safetensors,
)
from tests.serving.published import DEEPSEEK_V3, LLAMA_8B, LLAMA_70B, QWEN3_CODER_30B


def checked(root: Path, gpu: str = "h100", *, alias: dict[str, Any] | None = None, **block: Any) -> Preflight:
    return preflight(settings_of(root, alias=alias, **block), "m", gpu)


def codes(found: Preflight, severity: str = "error") -> list[str]:
    return [finding.code for finding in found.findings if finding.severity == severity]


def rewrite(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_shards_that_are_all_there_need_no_index(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    found = checked(tmp_path)
    assert "index_missing" in codes(found, "note")
    assert codes(found) == []


def test_a_whole_model_is_ready(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    found = checked(tmp_path)
    assert found.ready
    assert codes(found, "warning") == []
    assert (found.architecture, found.dtype, found.licence, found.context) == (
        "LlamaForCausalLM",
        "BF16",
        "apache-2.0",
        512,
    )
    assert found.sizes is not None
    assert found.sizes.weights == sum(path.stat().st_size for path in [tmp_path / "model/model.safetensors"]) - _header(
        tmp_path / "model/model.safetensors"
    )


def _header(path: Path) -> int:
    return 8 + int.from_bytes(path.read_bytes()[:8], "little")


def _break(file: str, change: Callable[[Path], Any]) -> Callable[[Path], None]:
    return lambda folder: change(folder / file) and None


FAULTS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "no config": ("config_missing", lambda folder: (folder / "config.json").unlink()),
    "half a config": ("config_broken", lambda folder: (folder / "config.json").write_text('{"hidden_size": 64, ')),
    "a config of something else": ("config_broken", lambda folder: (folder / "config.json").write_text("{}")),
    "a list for a config": ("config_broken", lambda folder: (folder / "config.json").write_text("[]")),
    "no weights": ("weights_missing", lambda folder: (folder / "model.safetensors").unlink()),
    "half the weights": (
        "shard_broken",
        lambda folder: (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-9]),
    ),
    "a shard without its index": (
        "index_missing",
        lambda folder: (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors"),
    ),
    "a broken index": ("index_broken", lambda folder: (folder / "model.safetensors.index.json").write_text("{")),
    "pickles": ("pickle_weights", lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin")),
    "code": (
        "remote_code",
        lambda folder: rewrite(
            folder / "config.json", model_type="own_model", auto_map={"AutoConfig": "configuration_own.OwnConfig"}
        ),
    ),
    "no tokenizer": ("tokenizer_missing", lambda folder: (folder / "tokenizer.json").unlink()),
    "half a tokenizer": ("tokenizer_broken", lambda folder: (folder / "tokenizer.json").write_text('{"version"')),
    "another tokenizer": ("vocabulary_mismatch", lambda folder: make_tokenizer(folder, size=301)),
    "an end outside the vocabulary": (
        "special_token_mismatch",
        lambda folder: rewrite(folder / "config.json", eos_token_id=[1, 300]),
    ),
    "no template": ("no_chat_template", lambda folder: make_tokenizer(folder, None)),
    "a broken template": ("template_broken", lambda folder: make_tokenizer(folder, "{% for %}")),
    "a template that refuses": (
        "template_broken",
        lambda folder: make_tokenizer(folder, "{{ raise_exception('no users') }}"),
    ),
    "a template that drops the message": ("template_drops_message", lambda folder: make_tokenizer(folder, "hello")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_error(tmp_path: Path, fault: str) -> None:
    code, damage = FAULTS[fault]
    damage(make_model(tmp_path / "model"))
    found = checked(tmp_path)
    assert codes(found) == [code]
    error = found.findings[0]
    assert error.message
    assert error.hint or code == "template_broken"
    assert not found.ready


def test_every_fault_is_said_and_not_just_the_first(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    for fault in ("half the weights", "no tokenizer", "code"):
        FAULTS[fault][1](folder)
    rewrite(folder / "config.json", eos_token_id=999)
    found = checked(
        tmp_path, tensor_parallel=3, max_model_len=4096, quantization="awq", adapters={"x": {"path": "none"}}
    )
    assert set(codes(found)) == {
        "shard_broken", "tokenizer_missing", "remote_code", "heads_not_divisible", "context_too_long",
        "quantization_mismatch", "adapter_broken", "gpus_missing",
    }  # fmt: skip


def test_what_is_wrong_with_files_is_among_the_findings_and_not_an_error_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert codes(checked(tmp_path)) == ["config_missing", "weights_missing", "tokenizer_missing", "no_chat_template"]


def test_wrong_usage_is_an_error_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(ReferenceNotFound, match="no model alias"):
        preflight(Settings(root=tmp_path), "m")
    with pytest.raises(DefinitionError, match="no files"):
        preflight(Settings(root=tmp_path), "offline")
    with pytest.raises(UsageError, match="no GPU is called"):
        checked(tmp_path, "h1000")


def test_a_download_that_stopped_names_each_file_that_lacks(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "model", config_of(num_hidden_layers=8), 5)
    (folder / "model-00002-of-00005.safetensors").unlink()
    cut = folder / "model-00004-of-00005.safetensors"
    cut.write_bytes(cut.read_bytes()[:-100])
    found = checked(tmp_path)
    assert codes(found) == ["shard_missing", "shard_broken"]
    assert "model-00002-of-00005" in found.findings[0].message
    assert "model-00004-of-00005" in found.findings[1].message
    assert found.sizes is not None  # by config.json, where the files cannot say


def test_an_index_of_another_version_is_found(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "model", config_of(), 2)
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    index["weight_map"]["model.layers.9.extra.weight"] = "model-00001-of-00002.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert codes(checked(tmp_path)) == ["tensor_missing"]
    del index["weight_map"]["model.layers.9.extra.weight"]
    index["metadata"]["total_size"] += 1
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert codes(checked(tmp_path), "warning") == ["index_size_differs", "licence_missing"]


def test_a_file_that_was_not_published_so_is_found(tmp_path: Path) -> None:
    make_hub_model(tmp_path / "hub", "some/model")
    alias = {"model": "vllm/some/model", "revision": COMMIT}
    block = {"path": None, "environment": {"HF_HUB_CACHE": str(tmp_path / "hub")}}
    assert checked(tmp_path, alias=alias, **block).ready
    snapshot = tmp_path / "hub/models--some--model/snapshots" / COMMIT
    rewrite((snapshot / "config.json").resolve(), max_position_embeddings=256)
    weights = (snapshot / "model.safetensors").resolve()
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    found = checked(tmp_path, alias=alias, **block)
    assert codes(found) == ["wrong_hash", "wrong_hash"]
    assert found.findings[0].message.startswith("config.json is not the file that was published")


def test_large_weights_are_hashed_when_that_is_asked_for_or_was_done_before(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    size = 20 * 1024 * 1024
    write_safetensors(folder / "model.safetensors", [Tensor("x", "BF16", (size // 2,), size)])
    published = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  model.safetensors\n")
    settings = settings_of(tmp_path)
    unread = preflight(settings, "m", "h100")
    assert "hashes_not_checked" in codes(unread, "note")
    assert codes(unread) == []
    assert codes(preflight(settings, "m", "h100", read=True)) == ["wrong_hash"]
    digests_of(settings, "m")
    assert codes(preflight(settings, "m", "h100")) == ["wrong_hash"]
    (folder / "SHA256SUMS").write_text(f"{published}  model.safetensors\n")
    assert "hashes_not_checked" not in codes(preflight(settings, "m", "h100"), "note")


def test_what_a_download_left_behind_is_said(tmp_path: Path) -> None:
    make_hub_model(tmp_path / "hub", "some/model")
    place = tmp_path / "hub/models--some--model"
    (place / "blobs/abc.incomplete").write_bytes(b"x")
    (place / "snapshots" / COMMIT / "model.safetensors").resolve().unlink()
    block = {"path": None, "environment": {"HF_HUB_CACHE": str(tmp_path / "hub")}}
    found = checked(tmp_path, alias={"model": "vllm/some/model"}, **block)
    assert "shard_missing" in codes(found) or "weights_missing" in codes(found)
    assert codes(found, "warning") == ["revision_not_pinned", "download_unfinished"]


def test_room_on_the_disk_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    cache = tmp_path / "hub/models--some--model"
    make_sharded(cache / "snapshots" / COMMIT, LLAMA_70B, 30)
    (cache / "snapshots" / COMMIT / "model-00030-of-00030.safetensors").unlink()
    alias = {"model": "vllm/some/model", "revision": COMMIT}
    block = {"path": None, "environment": {"HF_HUB_CACHE": str(tmp_path / "hub")}}
    full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    found = checked(tmp_path, "h200x4", alias=alias, **block, tensor_parallel=4)
    assert codes(found) == ["shard_missing", "disk_full"]
    assert "GiB are still to be fetched" in found.findings[1].message


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ({"allow_pickle": True}, None),
        ({}, "pickle_weights"),
    ],
)
def test_pickles_are_read_only_when_that_is_allowed(tmp_path: Path, block: dict[str, Any], error: str | None) -> None:
    FAULTS["pickles"][1](make_model(tmp_path / "model"))
    assert codes(checked(tmp_path, **block)) == ([error] if error else [])


def test_code_is_run_only_when_that_is_allowed(tmp_path: Path) -> None:
    FAULTS["code"][1](make_model(tmp_path / "model"))
    found = checked(tmp_path, trust_remote_code=True)
    assert (codes(found), codes(found, "warning")) == ([], ["remote_code"])
    assert "configuration_own.py" in found.findings[0].message


def test_code_that_is_not_needed_is_no_fault(tmp_path: Path) -> None:
    make_model(tmp_path / "model", auto_map={"AutoConfig": "configuration_llama.LlamaConfig"})
    found = checked(tmp_path)
    assert codes(found) == []
    assert "remote_code" in codes(found, "note")


@pytest.mark.parametrize(("generation", "severity"), [("auto", "warning"), ("vllm", "note"), ("own", "error")])
def test_sampling_that_a_model_brings_is_said(tmp_path: Path, generation: str, severity: str) -> None:
    make_model(tmp_path / "model")
    found = checked(tmp_path, generation_config=generation)
    assert [code for code in codes(found, severity) if code.startswith(("sampling", "generation"))]


def test_a_configured_template_is_rendered(tmp_path: Path) -> None:
    make_model(tmp_path / "model", template=None)
    (tmp_path / "own.jinja").write_text("{{ messages[0]['content'] }}")
    assert checked(tmp_path, chat_template="own.jinja").ready
    assert codes(checked(tmp_path, chat_template="none.jinja")) == ["template_broken"]


def test_what_a_template_cannot_do_is_a_warning(tmp_path: Path) -> None:
    text = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}{{ messages[0].content }}"
    )
    make_model(tmp_path / "model", template=text)
    found = checked(tmp_path, tool_call_parser="hermes")
    assert codes(found, "warning") == ["template_refuses_system", "template_without_tools"]
    assert "no system" in found.findings[0].message


def test_the_end_that_the_server_does_not_stop_at_is_a_warning(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    rewrite(folder / "tokenizer_config.json", eos_token="<s>")
    assert "special_token_mismatch" in codes(checked(tmp_path), "warning")


def test_licences_are_compared_with_the_settings(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    assert codes(checked(tmp_path, alias={"facts": {"licence": "mit"}}), "warning") == ["licence_differs"]
    (folder / "README.md").write_text("---\nlicense: llama3.1\n---\n")
    assert "licence_conditions" in codes(checked(tmp_path), "note")
    (folder / "README.md").unlink()
    assert codes(checked(tmp_path), "warning") == ["licence_missing"]


@pytest.mark.parametrize(
    ("gpu", "block", "config", "code"),
    [
        ("h100", {"tensor_parallel": 3}, {}, "heads_not_divisible"),
        (
            "h100x6",
            {"tensor_parallel": 6},
            {"num_attention_heads": 12, "num_key_value_heads": 4},
            "heads_not_divisible",
        ),
        ("h100x4", {"pipeline_parallel": 3}, {}, "too_few_layers"),
        ("h100", {"tensor_parallel": 2}, {}, "gpus_missing"),
        ("h100x2", {"data_parallel": 4}, {}, "gpus_missing"),
        ("h100", {"max_model_len": 513}, {}, "context_too_long"),
        ("h100", {"quantization": "gptq"}, {}, "quantization_mismatch"),
        ("h100", {"quantization": "awq"}, {"quantization_config": {"quant_method": "fp8"}}, "quantization_mismatch"),
        ("t4", {"dtype": "bfloat16"}, {}, "dtype_unsupported"),
        ("cpu", {"gpu_memory_utilization": 0.01}, {"head_dim": 16}, "cpu_heads"),
        ("cpu", {"gpu_memory_utilization": 1.0}, {}, "memory_in_use"),
    ],
)
def test_what_the_settings_ask_for_must_be_possible(
    tmp_path: Path, gpu: str, block: dict[str, Any], config: dict[str, Any], code: str
) -> None:
    make_model(tmp_path / "model", **config)
    assert code in codes(checked(tmp_path, gpu, **block))


@pytest.mark.parametrize(
    ("gpu", "block", "code"),
    [
        ("h100x2", {"tensor_parallel": 2}, "kv_heads_repeated"),
        ("t4", {}, "dtype_unsupported"),
        ("h100", {"kv_cache_dtype": "fp7"}, "kv_cache_dtype_unknown"),
        ("h100", {"quantization": "fp8"}, ""),
        ("h100", {"speculative": {"model": "small", "num_speculative_tokens": 4}}, "speculative_not_counted"),
    ],
)
def test_what_is_possible_may_be_worth_a_word(tmp_path: Path, gpu: str, block: dict[str, Any], code: str) -> None:
    make_model(tmp_path / "model")
    found = checked(tmp_path, gpu, **block)
    assert codes(found) == []
    assert not code or code in codes(found, "warning") + codes(found, "note")


def test_a_context_in_place_of_the_settings_is_sized(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    found = preflight(settings_of(tmp_path, max_model_len=64), "m", "h100", context=256)
    assert found.sizes is not None
    assert (found.sizes.context, found.sizes.kv_sequence) == (256, 256 * found.sizes.kv_token)
    assert codes(preflight(settings_of(tmp_path), "m", "h100", context=1024)) == ["context_too_long"]


def test_without_gpus_a_model_is_sized_and_not_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    make_model(tmp_path / "model")
    found = preflight(settings_of(tmp_path), "m")
    assert found.ready
    assert "no_gpus" in codes(found, "note")
    assert found.sizes is not None
    assert found.sizes.weights > 0
    assert found.sizes.longest is None


@pytest.mark.parametrize(
    ("config", "gpu", "block", "hints"),
    [
        (QWEN3_CODER_30B, "h100", {}, ['kv_cache_dtype = "fp8"', "max_model_len = "]),
        (LLAMA_8B, "l4", {}, ['kv_cache_dtype = "fp8"\nquantization = "fp8"', "max_model_len = "]),
        (LLAMA_70B, "h100x4", {"tensor_parallel": 2}, ["tensor_parallel = 4", 'quantization = "fp8"']),
        (LLAMA_70B, "l4", {}, ["on 8 x l4 with 22.5 GiB, with this", "tensor_parallel = 8"]),
        (DEEPSEEK_V3, "t4", {}, ["take a smaller or quantised model"]),
    ],
)
def test_what_does_not_fit_comes_with_what_would(
    tmp_path: Path, config: dict[str, Any], gpu: str, block: dict[str, Any], hints: list[str]
) -> None:
    make_sharded(tmp_path / "model", config, 3)
    found = checked(tmp_path, gpu, **block)
    error = next(finding for finding in found.findings if finding.code == "does_not_fit")
    assert all(hint in error.hint for hint in hints), error.hint


def test_a_setting_that_is_offered_fits_when_it_is_pasted(tmp_path: Path) -> None:
    make_sharded(tmp_path / "model", QWEN3_CODER_30B, 3)
    error = next(one for one in checked(tmp_path).findings if one.code == "does_not_fit")
    offers = re.split(r"^# .*\n", error.hint, flags=re.MULTILINE)[1:]
    assert len(offers) == 3
    for offer in offers:
        assert "does_not_fit" not in codes(checked(tmp_path, **tomllib.loads(offer))), offer


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"hidden_size": None, "d_text": 64}, "not_sized"),
        ({"layer_types": ["wavy_attention", "full_attention"]}, "layers_not_known"),
        ({"layer_types": ["linear_attention", "full_attention"]}, "state_not_counted"),
    ],
)
def test_a_model_of_a_new_kind_is_not_refused_for_that(tmp_path: Path, config: dict[str, Any], code: str) -> None:
    rewrite(make_model(tmp_path / "model") / "config.json", **config)
    found = checked(tmp_path)
    assert found.ready
    assert code in codes(found, "warning") + codes(found, "note")


def test_the_published_cases_are_what_the_report_says(tmp_path: Path) -> None:
    for name, config, gib in (("qwen", QWEN3_CODER_30B, 24.0), ("llama", LLAMA_8B, 16.0)):
        make_sharded(tmp_path / name, config, 4)
        found = preflight(settings_of(tmp_path, path=name), "m", "h200")
        assert found.sizes is not None
        assert found.sizes.kv_sequence / 1024**3 == gib


def test_adapters_that_belong_have_digests(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    digest = adapter_digest(make_adapter(tmp_path / "ad"))
    found = checked(tmp_path, adapters={"x": {"path": "ad", "digest": digest[:8]}})
    assert found.ready
    assert codes(found, "warning") == []
    assert found.adapters == {"x": digest}


def _foreign(folder: Path) -> None:
    write_safetensors(
        folder / "adapter_model.safetensors",
        [Tensor("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", "F32", (8, 64), 4 * 8 * 64)],
    )


ADAPTER_FAULTS: dict[str, tuple[str, dict[str, Any], Callable[[Path], Any]]] = {
    "no folder": ("adapter_broken", {}, lambda folder: folder.rename(folder.with_name("gone"))),
    "no weights": ("adapter_broken", {}, lambda folder: (folder / "adapter_model.safetensors").unlink()),
    "half the weights": (
        "adapter_broken",
        {},
        lambda folder: (folder / "adapter_model.safetensors").write_bytes(
            (folder / "adapter_model.safetensors").read_bytes()[:-1]
        ),
    ),
    "a rank above the highest": ("adapter_rank", {"max_lora_rank": 8}, lambda folder: make_adapter(folder, rank=32)),
    "a rank above all": ("adapter_rank", {}, lambda folder: make_adapter(folder, rank=1024)),
    "a rank of one module": (
        "adapter_rank",
        {"max_lora_rank": 8},
        lambda folder: make_adapter(folder, rank_pattern={"v_proj": 64}),
    ),
    "another base": ("adapter_base", {}, lambda folder: make_adapter(folder, hidden=48)),
    "modules that are not there": ("adapter_base", {}, _foreign),
    "a decomposition": ("adapter_unsupported", {}, lambda folder: make_adapter(folder, use_dora=True)),
    "whole modules": ("adapter_unsupported", {}, lambda folder: make_adapter(folder, modules_to_save=["lm_head"])),
    "other words": ("adapter_vocabulary", {}, lambda folder: make_tokenizer(folder, size=302)),
    "another digest": ("adapter_digest", {"digest": "0" * 8}, lambda folder: None),
    "a pickle": (
        "pickle_weights",
        {},
        lambda folder: (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin"),
    ),
    "a pickle under its other name": (
        "pickle_weights",
        {},
        lambda folder: (folder / "adapter_model.safetensors").rename(folder / "adapter_model.pt"),
    ),
}


@pytest.mark.parametrize("fault", ADAPTER_FAULTS)
def test_an_adapter_that_would_fail_is_named(tmp_path: Path, fault: str) -> None:
    code, settings, damage = ADAPTER_FAULTS[fault]
    make_model(tmp_path / "model")
    damage(make_adapter(tmp_path / "ad"))
    entry = {"path": "ad", **({"digest": settings["digest"]} if "digest" in settings else {})}
    limits = {key: value for key, value in settings.items() if key != "digest"}
    found = checked(tmp_path, adapters={"x": entry}, **limits)
    assert codes(found) == [code]
    assert "adapter 'x'" in found.findings[0].message


def test_what_an_adapter_was_trained_with_is_compared(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    make_tokenizer(make_adapter(tmp_path / "ad", base_model_name_or_path="other/base"), "[{{ messages }}]")
    rewrite(tmp_path / "ad/tokenizer_config.json", eos_token="<s>")
    found = checked(tmp_path, adapters={"x": {"path": "ad"}})
    assert codes(found, "warning") == ["adapter_base", "adapter_special_tokens", "adapter_template"]


def test_the_report_is_json(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    value = json.loads(json.dumps(checked(tmp_path).to_json()))
    assert value["ready"] is True
    assert value["sizes"]["gpus"] == "1 x h100 with 79.6 GiB"
    assert {"code", "severity", "message", "hint"} == set(value["findings"][0])


def test_settings_that_name_no_vllm_are_said(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    found = checked(tmp_path, python="none/bin/python")
    assert codes(found) == ["no_vllm"]


def test_an_alias_may_have_no_vllm_table(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, models={"m": ModelAlias(model="openai/gpt-4o-mini")})
    with pytest.raises(DefinitionError, match=r"vllm"):
        preflight(settings, "m")
