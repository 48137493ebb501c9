"""Local models of sentence-transformers: tokens counted by the tokenizer alone, torch loaded for much to embed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genops.artifacts import Json
from genops.errors import DefinitionError, InputError, Location, Unfinished
from genops.index_settings import EmbedderSettings
from genops.retrieval.embedders.bert import Bert
from genops.retrieval.embedders.checkpoint import Checkpoint
from genops.retrieval.embedders.embedder import Role
from genops.retrieval.embedders.unit import to_unit_length

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

_THREADS = 8
_LITTLE = 4096
"""Tokens that numpy has read before sentence-transformers would be imported."""
_PROMPTS: dict[Role, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
"""Names under which models keep their prefixes, as the library looks for them."""
_DECIDING = ("query_prefix", "passage_prefix", "dimension", "window")


class SentenceTransformerEmbedder:
    """An embedder over a checkpoint of sentence-transformers.

    A prefix that the settings do not give is the model's own. A ``dimension`` below the model's cuts its vectors
    (Kusupati et al. 2022, arXiv:2205.13147), which only models trained for that take well.

    Args:
        name: What to call it.
        checkpoint: The model.
        settings: Prefixes, dimension, window, languages, batch and device.
    """

    def __init__(self, name: str, checkpoint: Checkpoint, settings: EmbedderSettings) -> None:
        self.name = name
        self.languages = tuple(settings.languages)
        self._checkpoint = checkpoint
        self._settings = settings
        self._lock = threading.Lock()

    @property
    def window(self) -> int:
        """Tokens that it reads of a text."""
        return self._at_most("window", self._checkpoint.folder.window)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._at_most("dimension", self._checkpoint.folder.dimension)

    def identity(self) -> dict[str, Json]:
        """The checkpoint, and the settings that decide vectors."""
        given = {name: value for name in _DECIDING if (value := getattr(self._settings, name))}
        return {"library": "sentence-transformers", "normalised": True, **self._checkpoint_identity, **given}

    @cached_property
    def _checkpoint_identity(self) -> dict[str, Json]:
        return self._checkpoint.identity()

    def count_tokens(self, text: str) -> int:
        """Tokens of a text after the longer prefix, special tokens included."""
        count = self._checkpoint.folder.count_tokens
        return max(count(prefix + text) for prefix in set(self._prefixes.values()))

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """Vectors of unit length.

        Raises:
            InputError: A text is longer than the window; it would be cut without a word.
            DefinitionError: The model cannot be loaded.
            Unfinished: It cannot embed: the device has too little memory, say.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        tokens = self._tokens(texts, role)
        little = sum(map(len, tokens)) <= _LITTLE and "_model" not in self.__dict__
        if little and (bert := self._bert) is not None:
            vectors = np.stack([bert(ids) for ids in tokens])
        else:
            vectors = self._encode(list(texts), role)
        return to_unit_length(vectors[:, : self.dimension], self.name)

    def _tokens(self, texts: Sequence[str], role: Role) -> list[list[int]]:
        tokenizer, prefix = self._checkpoint.folder.tokenizer, self._prefixes[role]
        tokens = []
        for text in texts:
            tokens.append(tokenizer.encode(prefix + text).ids)
            if len(tokens[-1]) > self.window:
                raise InputError(
                    f"a text of {len(tokens[-1])} tokens, and {self.name} reads {self.window}: {text[:60]!r}…",
                    hint="cut it into passages, or embed it by embed_texts, which does",
                )
        return tokens

    def _encode(self, texts: list[str], role: Role) -> Vectors:
        with self._lock:
            model = self._model
            try:
                vectors: Vectors = model.encode(
                    texts,
                    prompt=self._prefixes[role],
                    batch_size=self._settings.batch,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
            except RuntimeError as error:
                raise Unfinished(
                    f"the embedder {self.name!r} failed on {model.device}: {str(error).strip().partition(chr(10))[0]}",
                    hint=f'if it is short of memory, set a `batch` below {self._settings.batch}, or device = "cpu"',
                ) from error
        return vectors

    @cached_property
    def _prefixes(self) -> dict[Role, str]:
        own = self._checkpoint.folder.prompts
        given: dict[Role, str] = {"query": self._settings.query_prefix, "passage": self._settings.passage_prefix}
        return {
            role: given[role] or next((own[name] for name in names if own.get(name)), "")
            for role, names in _PROMPTS.items()
        }

    @cached_property
    def _bert(self) -> Bert | None:
        """The model for little work, where it is plain enough and no accelerator is asked for."""
        return Bert.of(self._checkpoint.folder) if self._settings.device in ("cpu", "auto") else None

    @cached_property
    def _model(self) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers import utils

        folder = self._checkpoint.folder.path
        logging: Any = utils.logging
        device = _best_device() if self._settings.device == "auto" else self._settings.device
        # More threads only wait for each other on models of this size.
        torch.set_num_threads(min(torch.get_num_threads(), _THREADS))
        shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
        logging.disable_progress_bar()
        logging.set_verbosity_error()
        try:
            return SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        except Exception as error:  # torch and transformers raise whatever they like about a file or a device
            raise DefinitionError(
                f"the embedder {self.name!r} cannot be loaded on {device!r}: {type(error).__name__}: {error}",
                at=Location(folder),
                hint="check the folder and `device` (cpu, cuda, mps or auto)",
            ) from error
        finally:
            logging.set_verbosity(level)
            if shown:
                logging.enable_progress_bar()

    def _at_most(self, setting: str, most: int) -> int:
        """A setting that may be below what the model has, and not above."""
        wanted: int | None = getattr(self._settings, setting)
        if wanted is not None and wanted > most:
            raise DefinitionError(
                f"the embedder {self.name!r} has {setting} = {wanted}, and its model has {most}",
                hint=f"set {most} or less, or leave it out",
            )
        return wanted or most


def _best_device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
