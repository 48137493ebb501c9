"""Whether a model fits on GPUs, and what would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from genops.serving.sizing.fit import Fit, Setting, fit, smaller
from genops.serving.sizing.gpus import GIB, Gpus, named_gpus
from genops.serving.sizing.parameters import tensors_of
from genops.serving.sizing.shape import model_shape
from genops.serving.sizing.sharing import Parallel
from tests.serving.published import DEEPSEEK_V3, GEMMA3_27B, LLAMA_8B, LLAMA_70B, QWEN3_CODER_30B

PLAIN = Setting(Parallel(), "BF16", 16, None, 0.92, 131_072)


def fitted(config: dict[str, Any], gpu: str, setting: Setting = PLAIN) -> Fit:
    shape = model_shape(config)
    return fit(shape, tensors_of(shape), setting, named_gpus(gpu))


def options(config: dict[str, Any], gpu: str, setting: Setting = PLAIN) -> list[Setting]:
    shape, gpus = model_shape(config), named_gpus(gpu)
    tensors = tensors_of(shape)
    found = fit(shape, tensors, setting, gpus)
    assert not found.fits
    offered = smaller(shape, tensors, found, gpus, limit=gpus.count)
    assert all(one.fits and fit(shape, tensors, one.setting, gpus).fits for one in offered)
    return [one.setting for one in offered]


def test_what_is_left_is_the_budget_without_weights_and_engine() -> None:
    found = fitted(LLAMA_8B, "h100")
    assert found.budget == int(named_gpus("h100").memory * 0.92)
    assert found.available == found.budget - found.weights - found.overhead
    assert found.fits
    assert found.concurrent == pytest.approx(found.available / (16 * GIB))


def test_a_context_that_does_not_fit_can_be_made_shorter() -> None:
    found = fitted(QWEN3_CODER_30B, "h100", replace(PLAIN, context=262_144))
    assert not found.fits
    assert found.longest * 98_304 <= found.available < (found.longest + 16) * 98_304


def test_the_least_change_comes_first() -> None:
    wanted = replace(PLAIN, context=262_144)
    offered = options(QWEN3_CODER_30B, "h100", wanted)
    assert offered[0] == replace(wanted, kv_bits=8)
    assert offered[-1].kv_bits == 16
    assert offered[-1].context < 262_144
    assert offered[-1].context % 1024 == 0


def test_more_of_the_gpus_are_used_before_weights_are_quantised() -> None:
    offered = options(LLAMA_70B, "h100x4", replace(PLAIN, parallel=Parallel(2)))
    assert offered[0].parallel == Parallel(4)
    assert offered[0].online is None


def test_weights_that_do_not_fit_are_quantised_or_spread() -> None:
    offered = options(LLAMA_70B, "h100", replace(PLAIN, context=8192))
    assert all(one.online == "fp8" for one in offered)
    assert options(DEEPSEEK_V3, "h100") == []


def test_a_shorter_context_is_not_offered_twice() -> None:
    offered = options(DEEPSEEK_V3, "h200x8", replace(PLAIN, parallel=Parallel(8)))
    assert len(offered) == len(set(offered))


def test_a_pipeline_is_as_good_as_its_fullest_gpu() -> None:
    found = fitted(LLAMA_70B, "h100x4", replace(PLAIN, parallel=Parallel(pipeline=4)))
    assert found.weights == pytest.approx(131.4 * GIB / 4, rel=0.04)
    assert found.token == 20 * 2 * 8 * 128 * 2


def test_a_larger_step_makes_windows_longer() -> None:
    small, large = (fitted(GEMMA3_27B, "h200", replace(PLAIN, batched=size)) for size in (1024, 16_384))
    assert small.sequence < large.sequence
    assert small.overhead < large.overhead


def test_the_engines_own_defaults_go_by_the_gpu() -> None:
    sizes = {name: PLAIN.batched_on(named_gpus(name)) for name in ("l4", "a100", "h100", "b200")}
    assert sizes == {"l4": 2048, "a100": 2048, "h100": 8192, "b200": 16384}


def test_a_cache_of_a_fixed_size_is_that_size() -> None:
    assert fitted(LLAMA_8B, "h100", replace(PLAIN, kv_bytes=GIB)).available == GIB


def test_adapters_take_room() -> None:
    with_adapters = fitted(LLAMA_8B, "h100", replace(PLAIN, adapters=4, rank=64))
    assert with_adapters.overhead > fitted(LLAMA_8B, "h100").overhead + GIB // 4


def test_a_gpu_without_kernels_for_fp8_is_offered_none() -> None:
    offered = options(LLAMA_8B, "v100-32x4")
    assert offered
    assert all(one.kv_bits == 16 and one.online is None for one in offered)


def test_on_a_cpu_neither_graphs_nor_fp8_are_offered() -> None:
    shape = model_shape(LLAMA_8B)
    cpu = Gpus("cpu", 1, 24 * GIB, 20 * GIB, present=True)
    found = fit(shape, tensors_of(shape), PLAIN, cpu)
    offered = smaller(shape, tensors_of(shape), found, cpu, limit=1)
    assert [one.setting.kv_bits for one in offered] == [16]
    assert offered[0].setting.context < PLAIN.context
