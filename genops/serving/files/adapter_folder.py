"""A LoRA adapter's folder as PEFT writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location
from genops.serving.files.read_json import read_json
from genops.serving.files.safetensors_file import read_safetensors
from genops.serving.files.tensor import Tensor

_PREFIX = "base_model.model."
_PICKLES = ("bin", "pt")


@dataclass(frozen=True)
class AdapterFolder:
    """What the files of an adapter say.

    Attributes:
        path: The folder.
        config: adapter_config.json.
        tensors: The header of its weights; empty for pickles.
        pickled: Whether the weights are a pickle.
    """

    path: Path
    config: dict[str, Any]
    tensors: tuple[Tensor, ...]
    pickled: bool

    @property
    def rank(self) -> int:
        """The highest rank of a module."""
        ranks = [self.config.get("r"), *(self.config.get("rank_pattern") or {}).values()]
        return max((rank for rank in ranks if isinstance(rank, int)), default=0)

    @property
    def base(self) -> str:
        """The model that it was trained for, as the trainer named it; may be empty."""
        return str(self.config.get("base_model_name_or_path") or "")

    def inputs(self) -> dict[str, int]:
        """How wide the input of each module is that it changes, by the module's name in the base model."""
        return {
            tensor.name.removeprefix(_PREFIX).partition(".lora_A")[0]: tensor.shape[-1]
            for tensor in self.tensors
            if ".lora_A" in tensor.name and len(tensor.shape) == 2
        }

    def outputs(self) -> dict[str, int]:
        """How wide the output of each module is that it changes."""
        return {
            tensor.name.removeprefix(_PREFIX).partition(".lora_B")[0]: tensor.shape[0]
            for tensor in self.tensors
            if ".lora_B" in tensor.name and len(tensor.shape) == 2
        }


def read_adapter(folder: Path) -> AdapterFolder:
    """The adapter in a folder; of the weights the header.

    Raises:
        DefinitionError: There is none, or not the whole of one.
    """
    config, weights = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    pickled = is_pickled(folder)
    if not config.is_file() or not (weights.is_file() or pickled):
        lacks = config if not config.is_file() else weights
        raise DefinitionError(
            f"no adapter: {lacks.name if folder.is_dir() else 'the folder'} is not there",
            at=Location(folder),
            hint="name a folder with adapter_config.json and adapter_model.safetensors, relative to the project",
        )
    tensors = read_safetensors(weights) if weights.is_file() else ()
    return AdapterFolder(folder, read_json(config), tensors, pickled)


def is_pickled(folder: Path) -> bool:
    """Whether the weights in an adapter's folder are a pickle: an engine takes one where there are no safetensors."""
    if (folder / "adapter_model.safetensors").is_file():
        return False
    return any((folder / f"adapter_model.{ending}").is_file() for ending in _PICKLES)
