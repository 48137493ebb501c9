"""How weights are shared out over GPUs."""

from __future__ import annotations

from typing import Any

import pytest

from genops.serving.files.tensor import Tensor
from genops.serving.sizing.gpus import GIB
from genops.serving.sizing.parameters import tensors_of
from genops.serving.sizing.shape import model_shape
from genops.serving.sizing.sharing import Parallel, stages_of, weights_per_gpu
from tests.serving.folders import config_of
from tests.serving.published import LLAMA_8B, LLAMA_70B, MIXTRAL

ONE = Parallel()


def per_gpu(config: dict[str, Any], parallel: Parallel = ONE, **more: Any) -> list[int]:
    shape = model_shape(config)
    return weights_per_gpu(tensors_of(shape), shape, parallel, **{"dtype": shape.dtype, **more})


def test_llama_70b_takes_131_gib_and_the_8b_15() -> None:
    assert per_gpu(LLAMA_70B)[0] / GIB == pytest.approx(131.4, abs=0.05)
    assert per_gpu(LLAMA_8B)[0] / GIB == pytest.approx(14.9888, rel=0.005)  # what vLLM's log gave for it


def test_norms_are_on_every_gpu_and_all_else_is_cut() -> None:
    norms = 2 * (2 * 80 + 1) * 8192
    whole, half = per_gpu(LLAMA_70B)[0], per_gpu(LLAMA_70B, Parallel(2))[0]
    assert half == (whole - norms) // 2 + norms


def test_keys_and_values_are_repeated_when_there_are_more_gpus_than_heads() -> None:
    eight, sixteen = per_gpu(LLAMA_70B, Parallel(8))[0], per_gpu(LLAMA_70B, Parallel(16))[0]
    repeated = 2 * 80 * 2 * 1024 * 8192 // 8
    norms = 2 * (2 * 80 + 1) * 8192
    assert sixteen == (eight - norms - repeated) // 2 + norms + repeated


def test_stages_share_the_layers_as_vllm_does() -> None:
    assert [len(stage) for stage in stages_of(80, 4)] == [20, 20, 20, 20]
    assert [len(stage) for stage in stages_of(62, 4)] == [15, 16, 16, 15]
    assert [len(stage) for stage in stages_of(5, 2)] == [3, 2]
    assert stages_of(3, 3) == [range(1), range(1, 2), range(2, 3)]


def test_the_first_stage_has_the_embedding_and_the_last_the_head() -> None:
    stages = per_gpu(LLAMA_8B, Parallel(pipeline=2))
    embedding, norm = 2 * 128256 * 4096, 2 * 4096
    assert sum(stages) == per_gpu(LLAMA_8B)[0]
    assert stages[1] - stages[0] == norm
    tied = per_gpu({**LLAMA_8B, "tie_word_embeddings": True}, Parallel(pipeline=2))
    assert sum(tied) == per_gpu({**LLAMA_8B, "tie_word_embeddings": True})[0] + embedding


def test_copies_of_the_engine_share_the_experts_and_nothing_else() -> None:
    one, two = per_gpu(MIXTRAL)[0], per_gpu(MIXTRAL, Parallel(data=2))[0]
    experts = 2 * 32 * 8 * 3 * 4096 * 14336
    assert two == one - experts // 2


def test_weights_are_cast_to_the_type_that_is_served() -> None:
    assert per_gpu(config_of(), dtype="F32")[0] == 2 * per_gpu(config_of(), dtype="BF16")[0]


def test_quantising_while_loading_leaves_embedding_and_head_as_they_are() -> None:
    outside = 2 * (2 * 128256 * 4096 + 65 * 4096)
    whole, small = per_gpu(LLAMA_8B)[0], per_gpu(LLAMA_8B, online="fp8")[0]
    assert small == outside + (whole - outside) // 2
    assert per_gpu(LLAMA_8B, online="bitsandbytes")[0] == outside + (whole - outside) // 4


def test_quantised_weights_are_as_large_as_their_files() -> None:
    shape = model_shape(config_of())
    packed = (
        Tensor("model.layers.0.mlp.up_proj.qweight", "I32", (8, 128), 4096),
        Tensor("model.layers.0.mlp.up_proj.scales", "F16", (4, 128), 1024),
    )
    assert weights_per_gpu(packed, shape, Parallel(), dtype="BF16") == [5120]
    assert weights_per_gpu(packed, shape, Parallel(2), dtype="BF16") == [2560]


def test_layers_that_predict_further_tokens_are_not_loaded() -> None:
    shape = model_shape(config_of())
    further = Tensor("model.layers.2.mlp.up_proj.weight", "BF16", (64, 64), 8192)
    assert weights_per_gpu([further], shape, Parallel(), dtype="BF16") == [0]
