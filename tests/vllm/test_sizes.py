"""Sizes as vLLM itself computes them, and the findings of a preflight beside a real vLLM."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genops.serving.sizing.kv_cache import KvCache
from genops.serving.sizing.shape import model_shape
from tests.serving.published import (
    DEEPSEEK_V3,
    GEMMA2_9B,
    GEMMA3_27B,
    GPT_OSS_20B,
    LLAMA4_SCOUT,
    LLAMA_8B,
    QWEN3_CODER_30B,
)
from tests.vllm.served_project import ServedProject
from tests.vllm.tiny_llama import make_adapter, make_llama

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

CASES: list[tuple[dict[str, Any], int, int]] = [
    (LLAMA_8B, 131_072, 8192),
    (QWEN3_CODER_30B, 262_144, 8192),
    (DEEPSEEK_V3, 163_840, 8192),
    (GEMMA3_27B, 131_072, 8192),
    (GEMMA3_27B, 5_000, 2048),
    (GEMMA2_9B, 8192, 2048),
    (GPT_OSS_20B, 131_072, 16_384),
    (LLAMA4_SCOUT, 1 << 20, 8192),
]
ASK = """
import json, sys
from types import SimpleNamespace
import torch
from vllm.v1 import kv_cache_interface as kinds
from vllm.v1.core.kv_cache_utils import _get_kv_cache_groups_uniform_page_size as groups_of

def spec(kind, heads, width, window):
    common = dict(block_size=16, num_kv_heads=heads, head_size=width, dtype=torch.bfloat16)
    if kind == "sliding":
        return kinds.SlidingWindowSpec(sliding_window=window, **common)
    if kind == "chunked":
        return kinds.ChunkedLocalAttentionSpec(attention_chunk_size=window, **common)
    return (kinds.MLAAttentionSpec if kind == "latent" else kinds.FullAttentionSpec)(**common)

def needed(layers, length, batched):
    config = SimpleNamespace(
        model_config=SimpleNamespace(max_model_len=length),
        max_in_flight_tokens=batched,
        parallel_config=SimpleNamespace(decode_context_parallel_size=1),
    )
    groups = groups_of({f"layers.{number}": spec(*layer) for number, layer in enumerate(layers)})
    slots = max(len(group.layer_names) for group in groups)
    return slots * sum(group.kv_cache_spec.max_memory_usage_bytes(config) for group in groups)

print(json.dumps([needed(*case) for case in json.load(sys.stdin)]))
"""


def test_the_cache_is_as_large_as_vllms_own_allocator_makes_it(vllm_python: Path) -> None:
    asked, ours = [], []
    for config, length, batched in CASES:
        layers = model_shape(config).layers
        asked.append(([(one.kind, one.kv_heads, one.key_dim, one.window) for one in layers], length, batched))
        ours.append(KvCache(layers, 1, 16, (2, 2), batched).sequence_bytes(length))
    done = subprocess.run(
        [vllm_python, "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, timeout=300, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == ours


def checked(project: ServedProject, *options: str) -> dict[str, Any]:
    ended = project.command("model", "check", "tiny", "--json", *options, timeout=240)
    assert ended.returncode in (0, 1), ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["ready"] == (ended.returncode == 0)
    return found


def errors(found: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in found["findings"] if finding["severity"] == "error"]


def test_a_model_that_starts_is_ready(project: ServedProject) -> None:
    found = checked(project)
    assert errors(found) == []
    assert found["vllm"].startswith("vllm 0.")
    assert found["sizes"]["gpus"].startswith("CPU") == project.is_on_cpu
    assert found["sizes"]["available"] == 1 << 30 or not project.is_on_cpu
    assert found["sizes"]["kv_token"] == 2 * 2 * 2 * 64 * 2


Fault = Callable[[ServedProject, Path, Path], None]


def without_template(project: ServedProject, models: Path, scratch: Path) -> None:
    project.change(f'path = "{models / "base"}"', f'path = "{make_llama(scratch / "mute", template=None)}"')


def with_narrow_heads(project: ServedProject, models: Path, scratch: Path) -> None:
    project.change(f'path = "{models / "base"}"', f'path = "{make_llama(scratch / "narrow", heads=16)}"')


def with_an_adapter_of_high_rank(project: ServedProject, models: Path, scratch: Path) -> None:
    make_adapter(scratch / "high", models / "base", rank=64)
    project.change(f'path = "{models / "support"}"', f'path = "{scratch / "high"}"')


def with_a_context_that_is_too_long(project: ServedProject, models: Path, scratch: Path) -> None:
    project.change("max_model_len = 512", "max_model_len = 4096")


def with_a_misspelt_flag(project: ServedProject, models: Path, scratch: Path) -> None:
    project.change("enforce-eager = true", "enforce-eagre = true")


FAULTS: dict[str, Fault] = {
    "no_chat_template": without_template,
    "cpu_heads": with_narrow_heads,
    "adapter_rank": with_an_adapter_of_high_rank,
    "context_too_long": with_a_context_that_is_too_long,
    "flag": with_a_misspelt_flag,
}


def test_what_would_fail_is_found_one_by_one(project: ServedProject, models: Path, tmp_path: Path) -> None:
    settings = project.root / "genops.toml"
    sound = settings.read_text()
    for code, damage in FAULTS.items():
        if code == "cpu_heads" and not project.is_on_cpu:
            continue  # only vLLM for the processor cannot run them
        damage(project, models, tmp_path)
        assert errors(checked(project)) == [code]
        settings.write_text(sound)


def test_what_would_fail_is_found_all_at_once(project: ServedProject, models: Path, tmp_path: Path) -> None:
    bad = make_llama(tmp_path / "bad", heads=16, template=None)
    project.change(f'path = "{models / "base"}"', f'path = "{bad}"')
    for code in ("adapter_rank", "context_too_long", "flag"):
        FAULTS[code](project, models, tmp_path)
    everywhere = set(FAULTS) - {"cpu_heads"}
    assert set(errors(checked(project))) == everywhere | ({"cpu_heads"} if project.is_on_cpu else set())
