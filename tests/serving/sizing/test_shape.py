"""What a config.json says of a model's size."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.errors import DefinitionError
from genops.serving.sizing.shape import model_shape
from tests.serving.folders import config_of
from tests.serving.published import (
    DEEPSEEK_V3,
    GEMMA2_9B,
    GEMMA3_27B,
    GPT_OSS_20B,
    LLAMA4_SCOUT,
    LLAMA_8B,
    QWEN3_NEXT,
    QWEN25_7B,
)


def kinds(config: dict[str, Any]) -> Counter[str]:
    return Counter(layer.kind for layer in model_shape(config).layers)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LLAMA_8B, {"full": 32}),
        (DEEPSEEK_V3, {"latent": 61}),
        (GEMMA2_9B, {"sliding": 21, "full": 21}),
        (GEMMA3_27B, {"sliding": 52, "full": 10}),
        (GPT_OSS_20B, {"sliding": 12, "full": 12}),
        (LLAMA4_SCOUT, {"chunked": 36, "full": 12}),
        (QWEN3_NEXT, {"state": 36, "full": 12}),
        (QWEN25_7B, {"full": 28}),
        (config_of(sliding_window=64), {"sliding": 2}),
        (config_of(sliding_window=64, use_sliding_window=True, max_window_layers=1), {"full": 1, "sliding": 1}),
        (config_of(num_hidden_layers=4, sliding_window=64, sliding_window_pattern="LLLG"), {"sliding": 3, "full": 1}),
        (
            config_of(num_hidden_layers=4, hybrid_override_pattern="M*-E", ssm_state_size=8),
            {"state": 1, "full": 1, "none": 2},
        ),
        (
            config_of(num_hidden_layers=8, attn_layer_period=8, attn_layer_offset=4, mamba_d_state=16),
            {"state": 7, "full": 1},
        ),
        (config_of(num_hidden_layers=4, linear_attn_config={"full_attn_layers": [4]}), {"state": 3, "full": 1}),
        (config_of(num_hidden_layers=None, hybrid_override_pattern="M*"), {"state": 1, "full": 1}),
        (config_of(model_type="mamba2", num_attention_heads=None, state_size=16), {"state": 2}),
        (config_of(num_hidden_layers=4, attn_type_list=[0, 0, 0, 1]), {"state": 3, "full": 1}),
        (config_of(num_kv_shared_layers=1), {"full": 1, "shared": 1}),
        (
            config_of(block_configs=[{"attention": {"no_op": True}}, {"attention": {"n_heads_in_group": 2}}]),
            {"none": 1, "full": 1},
        ),
    ],
)
def test_every_way_of_writing_a_layer_pattern_is_read(config: dict[str, Any], expected: dict[str, int]) -> None:
    assert kinds(config) == expected


def test_layers_slide_in_the_published_order() -> None:
    layers = model_shape(GEMMA3_27B).layers
    assert [number for number, layer in enumerate(layers) if layer.kind == "full"] == list(range(5, 62, 6))
    assert layers[0].window == 1024


@pytest.mark.parametrize(
    ("config", "heads"),
    [
        (config_of(num_key_value_heads=None), 2),
        (config_of(num_key_value_heads=None, multi_query=True), 1),
        (config_of(num_key_value_heads=None, num_kv_heads=1), 1),
        (config_of(attn_config={"kv_n_heads": 1}), 1),
        (config_of(num_key_value_heads=[2, 1]), 2),
    ],
)
def test_key_and_value_heads_have_many_names(config: dict[str, Any], heads: int) -> None:
    assert model_shape(config).kv_heads == heads


@pytest.mark.parametrize(
    ("rope", "context"),
    [
        (None, 512),
        ({"rope_type": "llama3", "factor": 8.0}, 512),
        ({"type": "linear", "factor": 2.0}, 1024),
        ({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512}, 2048),
        ({"rope_type": "longrope", "factor": 4.0}, 512),
        ({"rope_type": "default"}, 512),
    ],
)
def test_stretched_positions_give_a_longer_context(rope: dict[str, Any] | None, context: int) -> None:
    assert model_shape(config_of(rope_scaling=rope)).context == context


def test_the_part_that_describes_the_text_model_counts() -> None:
    shape = model_shape(GEMMA3_27B)
    assert (shape.architecture, shape.model_type) == ("Gemma3ForConditionalGeneration", "gemma3_text")
    assert (shape.hidden, shape.tied, shape.dtype) == (5376, True, "BF16")


def test_quantisation_is_what_the_checkpoint_says() -> None:
    assert model_shape(GPT_OSS_20B).quantization == "mxfp4"
    assert model_shape(LLAMA_8B).quantization is None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": "two"}, "num_hidden_layers is 'two'"),
        ({"num_hidden_layers": 1 << 40}, "layers"),
        ({"num_attention_heads": 0}, "num_attention_heads is 0"),
        ({"vocab_size": True}, "vocab_size is True"),
        ({"layer_types": 3, "num_key_value_heads": "many"}, "many"),
        ({"rope_scaling": {"rope_type": "linear", "factor": "x"}}, "x"),
    ],
)
def test_nonsense_is_one_clear_error(broken: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match="describes no decoder") as raised:
        model_shape(config_of(**broken))
    assert said in str(raised.value)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*config_of(), *QWEN3_NEXT, *DEEPSEEK_V3, *GPT_OSS_20B, "text_config"})),
        st.none() | st.booleans() | st.integers(-3, 1 << 40) | st.text(max_size=4) | st.floats(allow_nan=False)
        | st.lists(st.integers(0, 9) | st.text(max_size=3), max_size=3)
        | st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
        max_size=4,
    )
)  # fmt: skip
def test_whatever_a_config_holds_it_is_read_or_refused(broken: dict[str, Any]) -> None:
    try:
        shape = model_shape(config_of(**broken))
    except DefinitionError:
        return
    assert len(shape.layers) < 1 << 20
