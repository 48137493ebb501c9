"""What a sentence-transformers folder says of its model, read without loading the model."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.artifacts import Json
from genops.errors import DefinitionError, Location
from genops.retrieval.embedders.token_counter import TokenCounter

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_NOT_IDENTITY = frozenset({"data_config.json", "README.md"})
_POOLINGS = "pooling_mode_"


class ModelFolder:
    """A model as ``SentenceTransformer.save`` writes it, with safetensors weights.

    Args:
        path: The folder. Nothing is ever fetched.

    Attributes:
        path: The folder.
        window: Tokens that the model reads.
        dimension: Numbers in its vectors.
        prompts: What it wants before a text, by name (``query``, ``document``).

    Raises:
        DefinitionError: The folder is not such a model.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if not any(path.glob("**/*.safetensors")):
                raise ValueError("it has no safetensors weights")
            self.modules = [(str(module["type"]), str(module["path"])) for module in self.read("modules.json")]
            for kind, _ in self.modules:
                if not kind.startswith("sentence_transformers."):
                    raise ValueError(f"its module {kind} is code of its own, which is never run")
            self.config: dict[str, Any] = self.read("config.json")
            self.window = self._read_window()
            self.dimension = self._read_dimension()
            self.prompts: dict[str, str] = self.read("config_sentence_transformers.json", {}).get("prompts") or {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            what = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            raise DefinitionError(
                f"not a sentence-transformers model: {what}",
                at=Location(path),
                hint="name a folder that SentenceTransformer.save wrote",
            ) from None

    def read(self, file: str, default: Any = None) -> Any:
        """The JSON of one of its files; the default, when one is given, where there is no such file."""
        try:
            return json.loads((self.path / file).read_bytes())
        except FileNotFoundError:
            if default is None:
                raise
            return default

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Its tokenizer, which cuts and fills nothing.

        Raises:
            DefinitionError: There is none that can be read.
        """
        from tokenizers import Tokenizer

        file = self.path / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises Exception itself
            raise DefinitionError(
                f"the tokenizer cannot be read: {error}",
                at=Location(file),
                hint="name a folder with the tokenizer.json of a fast tokenizer",
            ) from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def count_tokens(self) -> TokenCounter:
        """Counts the tokens of a text, special tokens included."""
        return TokenCounter(self.tokenizer)

    @cached_property
    def digests(self) -> dict[str, Json]:
        """Hashes of the weights and of what configures them. The folder's place does not count."""
        return {**folder_digests(self.path)}

    def pooling(self, path: str) -> list[str]:
        """The ways in which the pooling module in a folder makes one vector of many."""
        config = self.read(f"{path}/config.json")
        modes = config.get("pooling_mode")
        if modes is None:
            modes = [name.removeprefix(_POOLINGS) for name, on in config.items() if name.startswith(_POOLINGS) and on]
        return [modes] if isinstance(modes, str) else list(modes) or ["mean"]

    def _read_window(self) -> int:
        """As the library decides it."""
        said = self.read("sentence_bert_config.json", {}).get("max_seq_length")
        if said is not None:
            return int(said)
        ends = (self.read("tokenizer_config.json").get("model_max_length"), self.config.get("max_position_embeddings"))
        return min(int(end) for end in ends if end is not None)

    def _read_dimension(self) -> int:
        dimension = int(self.config["hidden_size"])
        for kind, path in self.modules:
            if kind.endswith(".Pooling"):
                dimension *= len(self.pooling(path))
            elif kind.endswith(".Dense"):
                dimension = int(self.read(f"{path}/config.json")["out_features"])
        return dimension


def folder_digests(folder: Path) -> dict[str, str]:
    """Hashes of the weights in a model's folder, and of what configures them."""
    configuration = sorted(
        path
        for pattern in ("**/*.json", "**/*.txt", "**/*.model")
        for path in folder.glob(pattern)
        if path.name not in _NOT_IDENTITY
    )
    weights = sorted(folder.glob("**/*.safetensors"))
    return {"weights": _digest(folder, weights), "configuration": _digest(folder, configuration)}


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
