"""Small models made on the spot: sentence-transformers folders with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{number}" for number in range(40)), "query", "passage", ":"]
CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "max_position_embeddings": 24,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "vocab_size": len(WORDS),
    "pad_token_id": 0,
}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


def weights(seed=0, dtype=np.float32):
    """A checkpoint of BertModel."""
    numbers, size, inner = np.random.default_rng(seed), CONFIG["hidden_size"], CONFIG["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), size),
        "embeddings.position_embeddings.weight": (24, size),
        "embeddings.token_type_embeddings.weight": (2, size),
    }
    linear = {"embeddings.LayerNorm": (size,), "pooler.dense": (size, size)}
    for layer in range(CONFIG["num_hidden_layers"]):
        start = f"encoder.layer.{layer}"
        linear |= {f"{start}.attention.self.{part}": (size, size) for part in ("query", "key", "value")}
        linear |= {f"{start}.attention.output.dense": (size, size), f"{start}.attention.output.LayerNorm": (size,)}
        linear |= {f"{start}.intermediate.dense": (inner, size), f"{start}.output.dense": (size, inner)}
        linear |= {f"{start}.output.LayerNorm": (size,)}
    for name, shape in linear.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return {name: numbers.normal(0, 0.5, shape).astype(dtype) for name, shape in shapes.items()}


def write_model(folder, *, seed=0, dtype=np.float32, config=(), pooling=(), modules=MODULES, **files):
    """Writes a model; ``files`` are further JSON files without their suffix, None for one to leave out."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights(seed, dtype), folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {f"{name.strip('[]').lower()}_token": name for name in WORDS[:5]}
    contents = {
        "config": {**CONFIG, **dict(config)},
        "modules": modules,
        "sentence_bert_config": {"max_seq_length": 20, "do_lower_case": False},
        "tokenizer_config": {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **special},
        **files,
    }
    for name, content in contents.items():
        if content is not None:
            (folder / f"{name}.json").write_text(json.dumps(content))
    for module in modules:
        if module["path"] == "1_Pooling":
            (folder / "1_Pooling").mkdir(exist_ok=True)
            content = {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True, **dict(pooling)}
            (folder / "1_Pooling/config.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def model(tmp_path):
    """Writes a model to ``model`` in the project."""

    def write(**changes) -> Path:
        return write_model(tmp_path / "model", **changes)

    return write
