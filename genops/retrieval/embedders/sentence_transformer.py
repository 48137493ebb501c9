"""A sentence-transformers model in a local folder: tokens counted by its tokenizer alone, torch loaded to embed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.artifacts import Json
from genops.errors import DefinitionError, InputError, Location
from genops.retrieval.embedders.token_counter import TokenCounter

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

_THREADS = 8
_NOT_IDENTITY = frozenset({"data_config.json", "README.md"})


class SentenceTransformerEmbedder:
    """An embedder over a model folder as ``SentenceTransformer.save`` writes it, with safetensors weights.

    Args:
        folder: The model's folder. Nothing is ever fetched.
        name: What to call it.

    Raises:
        DefinitionError: The folder is not such a model.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._weights = sorted(folder.glob("**/*.safetensors"))
        self._lock = threading.Lock()
        at = Location(folder)
        if not self._weights:
            raise DefinitionError(
                "no embedding model with safetensors weights",
                at=at,
                hint="name a folder that SentenceTransformer.save wrote",
            )
        try:
            self.window = int(json.loads((folder / "sentence_bert_config.json").read_bytes())["max_seq_length"])
            self.dimension = int(json.loads((folder / "config.json").read_bytes())["hidden_size"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DefinitionError(
                f"not a sentence-transformers model: {type(error).__name__}: {error}",
                at=at,
                hint="name a folder that SentenceTransformer.save wrote",
            ) from None

    def identity(self) -> dict[str, Json]:
        """Hashes of the weights and of what configures them; the folder's place does not count, its name does."""
        return dict(self._identity)

    @cached_property
    def _identity(self) -> dict[str, Json]:
        configuration = sorted(
            path
            for pattern in ("**/*.json", "**/*.txt", "**/*.model")
            for path in self._folder.glob(pattern)
            if path.name not in _NOT_IDENTITY
        )
        return {
            "model": self.name,
            "library": "sentence-transformers",
            "weights": _digest(self._folder, self._weights),
            "configuration": _digest(self._folder, configuration),
        }

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens included."""
        return self._count(text)

    @cached_property
    def _count(self) -> TokenCounter:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return TokenCounter(tokenizer)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of unit length.

        Raises:
            InputError: A text is longer than the window; it would be cut without a word.
        """
        for text in texts:
            if (tokens := self.count_tokens(text)) > self.window:
                raise InputError(f"a text of {tokens} tokens, and {self.name} reads {self.window}: {text[:60]!r}…")
        with self._lock:
            vectors: Vectors = self._model.encode(
                list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return vectors

    @cached_property
    def _model(self) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers import utils

        logging: Any = utils.logging
        # More threads only wait for each other on models of this size.
        torch.set_num_threads(min(torch.get_num_threads(), _THREADS))
        shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
        logging.disable_progress_bar()
        logging.set_verbosity_error()
        try:
            return SentenceTransformer(
                str(self._folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        finally:
            logging.set_verbosity(level)
            if shown:
                logging.enable_progress_bar()


def _digest(folder: Path, files: list[Path]) -> str:
    """SHA-256 of a single file, or over names and hashes of several."""
    hashes = []
    for path in files:
        with path.open("rb") as stream:
            hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(files) == 1:
        return hashes[0]
    listing = "".join(
        f"{value}  {path.relative_to(folder).as_posix()}\n" for value, path in zip(hashes, files, strict=True)
    )
    return hashlib.sha256(listing.encode()).hexdigest()
