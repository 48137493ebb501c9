"""The measures of a model from the header of its GGUF file."""

from __future__ import annotations

from typing import Any

from genops.serving.files.gguf_file import GgufFile
from genops.serving.sizing.shape import ModelShape, model_shape

_NAMES = {
    "hidden_size": "embedding_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "num_hidden_layers": "block_count",
    "intermediate_size": "feed_forward_length",
    "max_position_embeddings": "context_length",
    "head_dim": "attention.key_length",
    "v_head_dim": "attention.value_length",
    "sliding_window": "attention.sliding_window",
    "num_experts": "expert_count",
    "num_experts_per_tok": "expert_used_count",
    "moe_intermediate_size": "expert_feed_forward_length",
    "first_k_dense_replace": "leading_dense_block_count",
    "kv_lora_rank": "attention.kv_lora_rank",
    "qk_rope_head_dim": "rope.dimension_count",
    "state_size": "ssm.state_size",
    "conv_kernel": "ssm.conv_kernel",
    "num_kv_shared_layers": "attention.shared_kv_layers",
}
"""What config.json calls a measure, and what the header does."""


def gguf_shape(file: GgufFile) -> ModelShape:
    """The measures that a header gives, as if a config.json had given them.

    Raises:
        DefinitionError: It lacks one that no decoder can be without.
    """
    config: dict[str, Any] = {"model_type": file.architecture, "architectures": [file.architecture]}
    for name, key in _NAMES.items():
        value = file.of_architecture(key)
        if value is not None:
            config[name] = value
    heads = config.get("num_attention_heads")
    if isinstance(heads, list):
        config["num_attention_heads"] = max(heads)
    if isinstance(config.get("num_key_value_heads"), list):
        config["layer_types"] = ["attention" if count else "mamba" for count in config["num_key_value_heads"]]
    if isinstance(config.get("intermediate_size"), list):
        config["intermediate_size"] = max(config["intermediate_size"])
    words = file.fields.get("tokenizer.ggml.tokens")
    config["vocab_size"] = file.of_architecture("vocab_size") or words or 1
    config["tie_word_embeddings"] = not any(tensor.name == "output.weight" for tensor in file.tensors)
    config["dtype"] = "float16"
    return model_shape(config)
