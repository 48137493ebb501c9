"""How much memory the past of a sequence takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from genops.serving.sizing.gpus import GIB
from genops.serving.sizing.kv_cache import BLOCK, KvCache, kv_bits
from genops.serving.sizing.shape import model_shape
from tests.serving.folders import config_of
from tests.serving.published import (
    DEEPSEEK_V3,
    GEMMA2_9B,
    GEMMA3_27B,
    GPT_OSS_20B,
    LLAMA4_SCOUT,
    LLAMA_8B,
    LLAMA_70B,
    QWEN3_CODER_30B,
    QWEN3_CODER_480B,
    QWEN3_NEXT,
)


def cache_of(config: dict[str, Any], *, tensor: int = 1, bits: int = 16, batched: int = 8192) -> KvCache:
    return KvCache(model_shape(config).layers, tensor, bits, (2, 2), batched)


@pytest.mark.parametrize(
    ("config", "tokens", "gib"),
    [(QWEN3_CODER_30B, 262_144, 24.0), (LLAMA_8B, 131_072, 16.0), (QWEN3_CODER_480B, 262_144, 62.0)],
    ids=["qwen3-coder-30b", "llama-3.1-8b", "qwen3-coder-480b"],
)
def test_a_whole_context_needs_what_vllm_says_that_it_needs(config: dict[str, Any], tokens: int, gib: float) -> None:
    assert cache_of(config).sequence_bytes(tokens) / GIB == gib


def test_latent_attention_keeps_70_thousand_bytes_a_token() -> None:
    """DeepSeek-V3: 70.272 KB (arXiv:2505.09343, table 1), where Llama-3.1-405B keeps 516 KB and Qwen2.5-72B 327 KB."""
    assert cache_of(DEEPSEEK_V3).token_bytes() == 70_272
    large = {**LLAMA_70B, "num_hidden_layers": 126, "num_attention_heads": 128, "hidden_size": 16384}
    assert cache_of(large).token_bytes() == 516_096
    assert cache_of(LLAMA_70B).token_bytes() == 327_680


def test_a_latent_vector_is_on_every_gpu() -> None:
    assert cache_of(DEEPSEEK_V3, tensor=8).token_bytes() == 70_272


def test_an_fp8_cache_is_half_as_large() -> None:
    assert cache_of(LLAMA_8B, bits=8).sequence_bytes(131_072) / GIB == 8.0


@pytest.mark.parametrize(("gpus", "share"), [(1, 1), (2, 2), (8, 8), (16, 8), (32, 8)])
def test_heads_are_shared_out_and_then_repeated(gpus: int, share: int) -> None:
    assert cache_of(LLAMA_70B, tensor=gpus).token_bytes() == 327_680 // share


def test_layers_of_a_window_keep_the_window_and_a_step() -> None:
    cache = cache_of(GEMMA3_27B)
    layer = 2 * 16 * 128 * 2
    assert (cache.token_bytes(), cache.long_token_bytes()) == (62 * layer, 10 * layer)
    window = (-(-(1024 - 1 + 8192) // BLOCK) + 1) * BLOCK
    assert cache.sequence_bytes(131_072) == layer * (10 * 131_072 + 60 * window)  # 52 layers in groups of ten


def test_a_sequence_that_is_shorter_than_the_window_keeps_all() -> None:
    assert cache_of(GEMMA2_9B).sequence_bytes(1600) == 42 * (1600 + BLOCK // 2) * 2 * 8 * 256 * 2


def test_without_the_hybrid_allocator_a_window_frees_nothing() -> None:
    cache = replace(cache_of(GEMMA3_27B), windowed=False)
    assert cache.sequence_bytes(131_072) == 70 * 2 * 16 * 128 * 2 * 131_072
    assert cache.long_token_bytes() == cache.token_bytes()


def test_chunks_are_kept_as_windows_are() -> None:
    cache = cache_of(LLAMA4_SCOUT)
    layer = 2 * 8 * 128 * 2
    assert cache.sequence_bytes(1 << 20) == layer * (12 * (1 << 20) + 36 * (8192 + 8192))


def test_every_second_layer_slides() -> None:
    layer = 2 * 8 * 64 * 2
    assert cache_of(GPT_OSS_20B).long_token_bytes() == 12 * layer


def test_a_state_is_as_large_for_any_length() -> None:
    cache = cache_of(QWEN3_NEXT)
    state = 3 * (2 * 16 * 128 + 32 * 128) + 32 * 128 * 128
    assert cache.token_bytes() == 12 * 2 * 2 * 256 * 2
    assert cache.sequence_bytes(16) == 16 * cache.token_bytes() + 36 * state * 2
    assert cache.sequence_bytes(16_000) == 16_000 * cache.token_bytes() + 36 * state * 2


@pytest.mark.parametrize(
    ("config", "numbers"),
    [
        ({"state_size": 16, "expand": 2, "conv_kernel": 4}, 3 * 128 + 128 * 16),
        ({"mamba_d_state": 16, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1}, 3 * (32 + 32) + 32 * 16),
        ({"linear_attn_config": {"full_attn_layers": [2], "num_heads": 2, "head_dim": 8}}, 3 * 3 * 16 + 16 * 8),
        ({"conv_L_cache": 3}, 3 * 64),
    ],
)
def test_states_are_counted_by_the_words_of_their_kind(config: dict[str, Any], numbers: int) -> None:
    cache = cache_of(config_of(layer_types=["mamba", "full_attention"], **config))
    assert cache.sequence_bytes(16) - 16 * cache.token_bytes() == 2 * numbers


def test_sparse_attention_keeps_an_index_beside_the_latent() -> None:
    sparse = {**DEEPSEEK_V3, "index_head_dim": 128, "index_topk": 2048}
    assert cache_of(sparse).token_bytes() == 61 * (576 * 2 + 132)
    assert cache_of(sparse, bits=8).token_bytes() == 61 * (656 + 132)


def test_the_longest_sequence_is_the_longest_that_fits() -> None:
    for config in (LLAMA_8B, GEMMA3_27B, QWEN3_NEXT):
        cache = cache_of(config)
        longest = cache.longest(5 * GIB, 131_072)
        assert cache.sequence_bytes(longest) <= 5 * GIB
        assert longest == 131_072 or cache.sequence_bytes(longest + BLOCK) > 5 * GIB
    assert cache_of(LLAMA_8B).longest(1000, 131_072) == 0


@pytest.mark.parametrize(
    ("dtype", "scales", "bits"),
    [
        (None, False, 16),
        ("auto", True, 8),
        ("fp8", False, 8),
        ("fp8_e5m2", False, 8),
        ("bfloat16", True, 16),
        ("x", False, None),
    ],
)
def test_the_caches_type_follows_the_settings_and_then_the_checkpoint(
    dtype: str | None, scales: bool, bits: int | None
) -> None:
    assert kv_bits(dtype, 2, scales) == bits
