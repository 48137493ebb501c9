"""A Llama of two layers with drawn weights, a tokenizer trained on the spot, and a LoRA adapter for it."""

from __future__ import annotations

import json
from pathlib import Path

HIDDEN, LAYERS, HEADS, KV_HEADS = 256, 2, 4, 2
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_TEXT = [
    "A lock lists the digests of every component in the closure of a chain.",
    "Every run is traced against its lock, and every span is recorded.",
    '{"answer": "yes", "score": 1, "name": "value", "tool": true, "list": [1, 2, 3]}',
]


def make_llama(folder: Path, *, heads: int = HEADS, template: str | None = TEMPLATE) -> Path:
    """Writes a model whose answers are noise, but that every server loads.

    Args:
        folder: Made when it is not there.
        heads: Of attention; 16 give heads of 16, which vLLM's CPU backend cannot run.
        template: The chat template; None for a model without one.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    tokens = _tokenizer(folder, template)
    config = LlamaConfig(
        vocab_size=tokens,
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=heads,
        num_key_value_heads=heads // 2,
        max_position_embeddings=2_048,
        bos_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=False,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    sampling = {"bos_token_id": 0, "eos_token_id": 1, "do_sample": True, "temperature": 0.6, "top_p": 0.9}
    (folder / "generation_config.json").write_text(json.dumps(sampling))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nNoise, for tests.\n")
    return folder


def make_adapter(folder: Path, base: Path, *, rank: int = 8, seed: int = 1) -> Path:
    """Writes a LoRA adapter of the queries and values, large enough that its answers differ from the base's."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    out = {"q_proj": HIDDEN, "v_proj": HIDDEN // HEADS * KV_HEADS}
    weights = {}
    for layer in range(LAYERS):
        for name, size in out.items():
            place = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{place}.lora_A.weight"] = torch.randn(rank, HIDDEN, dtype=torch.bfloat16)
            weights[f"{place}.lora_B.weight"] = torch.randn(size, rank, dtype=torch.bfloat16)
    save_file(weights, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(base),
        "r": rank,
        "lora_alpha": 2 * rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted(out),
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def _tokenizer(folder: Path, template: str | None) -> int:
    """Writes a byte-level BPE tokenizer; how many tokens it has."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "</s>", "<pad>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(_TEXT, vocab_size=512, min_frequency=1, special_tokens=special)
    made = PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    made.chat_template = template
    made.save_pretrained(folder)
    return len(made)
