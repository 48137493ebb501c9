"""What a tokenizer's files say of its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location
from genops.serving.files.read_json import read_json

_WORD_FILES = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a tokenizer.

    Attributes:
        size: One more than the highest id; None where only the server's own code can read the words.
        added: Tokens beside the learnt ones, by text, with their ids.
        roles: Special tokens by role (``bos_token``).
    """

    size: int | None
    added: dict[str, int]
    roles: dict[str, str]

    def id_of(self, text: str) -> int | None:
        """The id of an added token."""
        return self.added.get(text)


def vocabulary_of(folder: Path) -> Vocabulary | None:
    """The words of the tokenizer in a folder; None when there is no tokenizer.

    Raises:
        DefinitionError: A file of it cannot be read.
    """
    if not any((folder / name).is_file() for name in _WORD_FILES):
        return None
    config = _read(folder / "tokenizer_config.json")
    added = _added(config, _read(folder / "added_tokens.json"))
    size, own = _words(folder)
    added = {**own, **added}
    if size is not None:
        size = max([size, *(number + 1 for number in added.values())])
    return Vocabulary(size, added, roles_of(config))


def roles_of(config: dict[str, Any]) -> dict[str, str]:
    """The special tokens of a tokenizer_config.json, by role."""
    found = {}
    for role, value in config.items():
        text = value.get("content") if isinstance(value, dict) else value
        if role.endswith("_token") and isinstance(text, str):
            found[role] = text
    return found


def _read(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _added(config: dict[str, Any], listed: dict[str, Any]) -> dict[str, int]:
    found = {text: number for text, number in listed.items() if isinstance(number, int)}
    decoder = config.get("added_tokens_decoder")
    for number, token in (decoder if isinstance(decoder, dict) else {}).items():
        if isinstance(token, dict) and isinstance(token.get("content"), str) and str(number).isdigit():
            found[token["content"]] = int(number)
    return found


def _words(folder: Path) -> tuple[int | None, dict[str, int]]:
    """How many words there are, and those of them that were added."""
    path = folder / "tokenizer.json"
    if path.is_file():
        return _of_fast_tokenizer(path)
    if (folder / "vocab.json").is_file():
        return _beyond(read_json(folder / "vocab.json").values()), {}
    return None, {}


def _of_fast_tokenizer(path: Path) -> tuple[int, dict[str, int]]:
    """The words of a ``tokenizer.json``; making a tokenizer of them would take a second, and is not needed."""
    import orjson

    try:
        content = orjson.loads(path.read_bytes())
        vocabulary = content["model"]["vocab"]
        added = {str(token["content"]): int(token["id"]) for token in content.get("added_tokens") or ()}
        learnt = len(vocabulary) if isinstance(vocabulary, list) else _beyond(vocabulary.values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DefinitionError(
            f"the tokenizer cannot be read: {type(error).__name__}: {error}",
            at=Location(path),
            hint="fetch the file again: it may be half of one",
        ) from None
    return max(learnt, _beyond(added.values())), added


def _beyond(numbers: Iterable[Any]) -> int:
    """One more than the highest id."""
    return max((number for number in numbers if isinstance(number, int)), default=-1) + 1
