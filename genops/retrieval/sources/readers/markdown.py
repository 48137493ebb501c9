"""Markdown: the whole file is one document, its front matter the title and the metadata."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from genops.retrieval.chunkers.markdown import front_matter_end
from genops.retrieval.document import Document, key_problem, value_problem
from genops.retrieval.sources.fields import declared
from genops.retrieval.sources.source_file import SourceFile
from genops.retrieval.sources.values import plain
from genops.syntax import read_yaml


def read_markdown(file: SourceFile) -> Iterator[Document]:
    """The file as one document, the front matter (YAML or TOML) a part of the text so that spans are the file's.

    ``title`` in the front matter is the title. Where the source names no metadata, it is all of the front matter that
    can be filtered by: text, numbers, true and false, and lists of texts, under names that are identifiers. What else
    has a value is ``left_out``.

    Raises:
        InputError: It is too large, binary, in another encoding, or its front matter is not TOML.
        DefinitionError: Its front matter is not YAML; with the line.
    """
    text = file.read_text()
    said = _front_matter(text, file)
    if declared(file.source):
        yield file.document(text, said, format="markdown")
        return
    reserved = {file.source.title or "title", file.source.modified}
    given = {key: plain(value) for key, value in said.items() if key not in reserved and value is not None}
    metadata = {key: value for key, value in given.items() if key_problem(key) is None and value_problem(value) is None}
    left_out = tuple(str(key) for key in given if key not in metadata)
    yield file.document(text, said, format="markdown", metadata=metadata, left_out=left_out)


def _front_matter(text: str, file: SourceFile) -> dict[str, Any]:
    """What stands in the YAML or TOML that the file begins with; empty where it begins with something else."""
    fence, *lines = text[: front_matter_end(text)].rstrip().split("\n")
    inside = "".join(f"{line}\n" for line in lines[:-1])
    if not inside.strip():
        return {}
    if fence.startswith("+++"):
        return _toml(inside, file)
    data = read_yaml(inside, file.path, first_line=2).data
    return data if isinstance(data, dict) else {}


def _toml(text: str, file: SourceFile) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise file.error(f"not valid TOML: {problem}", int(line[1]) + 1 if line else None) from None
