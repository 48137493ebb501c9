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
    return Settings(
        root=root, models={"m": ModelAlias(model="vllm/tiny", vllm={"path": "model", **block}, **(alias or {}))}
    )


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
