"""The parameters that a config.json implies, against the numbers that were published with the models."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest

from genops.serving.sizing.parameters import tensors_of
from genops.serving.sizing.shape import model_shape
from tests.serving import published
from tests.serving.folders import config_of

EXACT = {
    "LLAMA_8B": 8_030_261_248,
    "LLAMA_70B": 70_553_706_496,
    "QWEN3_CODER_30B": 30_532_122_624,
    "MIXTRAL": 46_702_792_704,
    "QWEN25_7B": 7_615_616_512,
    "GEMMA2_9B": 9_241_705_984,
    "GPT2": 124_439_808,
    "GPT2_XL": 1_557_611_200,
    "PHI2": 2_779_683_840,
    "PYTHIA_7B": 6_857_302_016,
    "QWEN_7B": 7_721_324_544,
    "STABLELM2_2B": 1_644_515_328,
}
NEAR = {
    "STARCODER2_3B": 3.03e9,
    "STARCODER2_15B": 15.96e9,
    "STARCODER": 15.5e9,
    "GPTJ_6B": 6.053e9,
    "CODEGEN_16B": 16.0e9,
    "GPT_NEOX_20B": 20.55e9,
    "FALCON_7B": 6.92e9,  # its files hold the tied head a second time, and so 7.22e9
    "FALCON_RW_1B": 1.31e9,
    "FALCON_11B": 11.1e9,
    "MPT_7B": 6.65e9,
    "MPT_30B": 29.96e9,
    "OPT_125M": 0.125e9,
    "OPT_350M": 0.331e9,
    "OPT_7B": 6.66e9,
    "BLOOM_560M": 0.559e9,
    "BLOOM_7B": 7.07e9,
    "MINITRON_4B": 4.19e9,
    "MINITRON_8B": 8.27e9,
    "ARCEE_4B": 4.62e9,
    "APERTUS_8B": 8.05e9,
    "BITNET_2B": 2.41e9,
    "CHATGLM3_6B": 6.24e9,
    "DEEPSEEK_V3": 671.0e9,
    "GPT_OSS_20B": 20.9e9,
}


def parameters(config: dict[str, Any]) -> int:
    return sum(prod(tensor.shape) for tensor in tensors_of(model_shape(config)))


@pytest.mark.parametrize("model", EXACT)
def test_the_implied_weights_are_as_many_as_were_published(model: str) -> None:
    assert parameters(getattr(published, model)) == EXACT[model]


@pytest.mark.parametrize("model", NEAR)
def test_the_implied_weights_are_nearly_as_many_as_a_rounded_number_says(model: str) -> None:
    assert parameters(getattr(published, model)) == pytest.approx(NEAR[model], rel=0.02)


def test_an_architecture_that_is_not_known_is_a_gated_one() -> None:
    assert parameters(config_of(model_type="new")) == parameters(config_of())
    assert parameters(config_of()) - parameters(config_of(model_type="arcee")) == 2 * 64 * 128


@pytest.mark.parametrize(
    ("config", "more"),
    [
        (config_of(attention_bias=True), 2 * (64 + 2 * 32 + 64)),
        (config_of(mlp_bias=True), 2 * (2 * 128 + 64)),
        (config_of(attention_bias=True, mlp_bias=True), 2 * (64 + 2 * 32 + 64 + 2 * 128 + 64)),
        (config_of(tie_word_embeddings=True), -300 * 64),
    ],
)
def test_what_the_configuration_says_itself_counts(config: dict[str, Any], more: int) -> None:
    assert parameters(config) - parameters(config_of()) == more


QUANTISED = {
    "DeepSeek-V3, without its layer for further tokens": (
        published.DEEPSEEK_V3 | {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}},
        673.2e9,
    ),
    "Qwen2.5-7B-Instruct-AWQ": (
        published.QWEN25_7B | {"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}},
        5.57e9,
    ),
    "Meta-Llama-3.1-70B-Instruct-quantized.w4a16": (
        published.LLAMA_70B
        | {
            "quantization_config": {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 128}}},
            }
        },
        39.8e9,
    ),
    "gpt-oss-20b": (published.GPT_OSS_20B, 13.76e9),
}


@pytest.mark.parametrize("model", QUANTISED)
def test_a_quantised_checkpoint_takes_as_many_bytes_as_its_files(model: str) -> None:
    config, size = QUANTISED[model]
    assert sum(tensor.nbytes for tensor in tensors_of(model_shape(config))) == pytest.approx(size, rel=0.02)


@pytest.mark.parametrize("found", [{}, {"bits": "four"}, {"config_groups": {"group_0": {}}}, {"config_groups": []}])
def test_a_quantisation_that_is_not_described_is_sized_in_the_model_s_own_type(found: dict[str, Any]) -> None:
    plain = sum(tensor.nbytes for tensor in tensors_of(model_shape(config_of())))
    config = config_of(quantization_config={"quant_method": "gptq", **found})
    assert sum(tensor.nbytes for tensor in tensors_of(model_shape(config))) == plain
