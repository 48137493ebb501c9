"""Folders of models for tests: small ones with weights, and large ones of headers alone."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genops.serving.files.tensor import Tensor
from genops.settings import ModelAlias, Settings

TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}<|assistant|>"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def settings_of(root: Path, *, alias: dict[str, Any] | None = None, **block: Any) -> Settings:
    """Settings with one alias ``m``, served from the folder ``model``."""
    described = {"model": "vllm/tiny", "vllm": {"path": "model", **block}, **(alias or {})}
    return Settings(root=root, models={"m": ModelAlias.model_validate(described)})


def config_of(**other: Any) -> dict[str, Any]:
    """The config.json of a Llama of two layers."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "vocab_size": 300,
        "max_position_embeddings": 512,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "torch_dtype": "bfloat16",
        "tie_word_embeddings": False,
        **other,
    }


def make_model(folder: Path, *, template: str | None = TEMPLATE, hidden: int = 64, **config: Any) -> Path:
    """A whole model with zeros for weights."""
    from genops.serving.sizing.parameters import tensors_of
    from genops.serving.sizing.shape import model_shape

    folder.mkdir(parents=True, exist_ok=True)
    described = config_of(hidden_size=hidden, **config)
    (folder / "config.json").write_text(json.dumps(described))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 1, "temperature": 0.6}))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nNothing.\n")
    make_tokenizer(folder, template)
    write_safetensors(folder / "model.safetensors", tensors_of(model_shape(described)))
    return folder


def make_tokenizer(folder: Path, template: str | None = TEMPLATE, size: int = 300) -> None:
    """A tokenizer of whole words whose special tokens are ``<s>`` and ``</s>``."""
    from tokenizers import AddedToken, Tokenizer, models

    words = {"<s>": 0, "</s>": 1, **{f"w{number}": number for number in range(2, size)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w2"))
    tokenizer.add_special_tokens([AddedToken("<s>"), AddedToken("</s>")])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": "</s>", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({key: value for key, value in config.items() if value is not None})
    )


def write_safetensors(path: Path, tensors: Iterable[Tensor]) -> None:
    """A safetensors file with a header and no content: a hole of the right length, which takes no disk."""
    header, end = {}, 0
    for tensor in tensors:
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.nbytes],
        }
        end += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + end)


def make_adapter(folder: Path, *, rank: int = 8, hidden: int = 64, **config: Any) -> Path:
    """A LoRA adapter of the queries and values of :func:`make_model`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = []
    for layer in range(2):
        for name, out in (("q_proj", 64), ("v_proj", 32)):
            place = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            tensors.append(Tensor(f"{place}.lora_A.weight", "F32", (rank, hidden), 4 * rank * hidden))
            tensors.append(Tensor(f"{place}.lora_B.weight", "F32", (out, rank), 4 * out * rank))
    write_safetensors(folder / "adapter_model.safetensors", tensors)
    described = {
        "peft_type": "LORA",
        "base_model_name_or_path": "tiny",
        "r": rank,
        "lora_alpha": 16,
        "bias": "none",
        "target_modules": ["q_proj", "v_proj"],
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(described))
    return folder


def make_hub_model(cache: Path, repository: str, commit: str = COMMIT, **model: Any) -> str:
    """A model as the hub's client keeps it: blobs by hash, a snapshot of links, the branch ``main``."""
    place = cache / f"models--{repository.replace('/', '--')}"
    made = make_model(place / "made", **model)
    snapshot = place / "snapshots" / commit
    for folder in (place / "blobs", place / "refs", snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(made.iterdir()):
        data = file.read_bytes()
        large = file.suffix == ".safetensors"
        name = hashlib.sha256(data).hexdigest() if large else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        file.rename(place / "blobs" / name)
        (snapshot / file.name).symlink_to(Path("../../blobs") / name)
    made.rmdir()
    (place / "refs" / "main").write_text(commit)
    return commit


def make_gguf(path: Path, *, template: str | None = TEMPLATE, context: int = 2048) -> Path:
    """A Llama of two layers as a GGUF file, with quantised matrices of zeros."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(128)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_key_length(32)
    writer.add_value_length(32)
    writer.add_license("apache-2.0")
    writer.add_token_list([f"w{number}" for number in range(300)])
    if template is not None:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((300, 64), dtype=np.float16))
    for layer in range(2):
        packed = np.zeros((64, 64 // 32 * 34), dtype=np.uint8)
        writer.add_tensor(f"blk.{layer}.attn_q.weight", packed, raw_dtype=GGMLQuantizationType.Q8_0)
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", np.zeros(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def make_sharded(folder: Path, config: dict[str, Any], shards: int) -> Path:
    """A model of many shards that hold headers and no content, with their index."""
    from genops.serving.sizing.parameters import tensors_of
    from genops.serving.sizing.shape import model_shape

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    make_tokenizer(folder)
    tensors = list(tensors_of(model_shape(config)))
    named = {}
    for number in range(shards):
        name = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
        part = tensors[len(tensors) * number // shards : len(tensors) * (number + 1) // shards]
        write_safetensors(folder / name, part)
        named.update({tensor.name: name for tensor in part})
    size = sum(tensor.nbytes for tensor in tensors)
    index = {"metadata": {"total_size": size}, "weight_map": named}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder
