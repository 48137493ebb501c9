"""What a preflight looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError
from genops.models.adapter_place import adapter_place
from genops.serving.files.adapter_folder import read_adapter
from genops.serving.files.digests import adapter_digest, digest_cache
from genops.serving.files.place import ModelFiles
from genops.serving.files.tensor import Tensor
from genops.serving.files.vocabulary import Vocabulary, vocabulary_of
from genops.serving.sizing.shape import ModelShape
from genops.settings import ModelAlias, Settings
from genops.vllm_settings import VllmSettings


@dataclass
class Subject:
    """A model's files as far as they could be read, beside its settings.

    Attributes:
        settings: Of the project.
        name: Of the alias.
        alias: Its settings.
        files: Where the files are, or would be.
        here: Whether they are: else the settings alone can be looked at.
        shape: What config.json says; None when it cannot be read.
        tensors: The weights by their headers, or by config.json where there are none.
        measured: Whether the tensors are those of the files.
        read: Whether large files may be read whole, to hash them.
    """

    settings: Settings
    name: str
    alias: ModelAlias
    files: ModelFiles
    here: bool = True
    shape: ModelShape | None = None
    tensors: tuple[Tensor, ...] = field(default=())
    measured: bool = False
    read: bool = False

    @cached_property
    def block(self) -> VllmSettings:
        """The alias's ``vllm`` block; the defaults when it has none."""
        return self.alias.vllm or VllmSettings()

    @property
    def table(self) -> str:
        """The table of the settings that the block stands in."""
        return f"[tool.genops.models.{self.name}.vllm]"

    @property
    def cache(self) -> Path:
        """Where digests are kept."""
        return digest_cache(self.settings)

    def flag(self, name: str) -> Any:
        """A further flag of the settings, however its words are joined."""
        return next((value for key, value in self.block.extra.items() if key.replace("_", "-") == name), None)

    @cached_property
    def adapters(self) -> dict[str, str]:
        """The digests of the adapters that are whole, by name; what is wrong with others is among the findings."""
        found = {}
        for name, settings in self.block.adapters.items():
            try:
                folder = adapter_place(self.settings, name, settings)
                read_adapter(folder)
                found[name] = adapter_digest(folder, self.cache)
            except DefinitionError:
                continue
        return found

    @cached_property
    def words(self) -> Vocabulary | None:
        """The words of the tokenizer; None when there is no tokenizer.

        Raises:
            DefinitionError: A file of it cannot be read.
        """
        return vocabulary_of(self.tokenizer_folder)

    @property
    def tokenizer_folder(self) -> Path:
        """Where the tokenizer is: in the model's folder, unless a flag names another folder of this machine."""
        other = self.flag("tokenizer")
        folder = self.settings.root / str(other) if other else self.files.folder
        return folder if folder.is_dir() else self.files.folder
