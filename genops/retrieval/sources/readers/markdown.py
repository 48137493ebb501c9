"""Markdown: the whole file is one document, its front matter the title and the metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from genops.retrieval.document import Document, key_problem, value_problem
from genops.retrieval.sources.fields import declared
from genops.retrieval.sources.source_file import SourceFile
from genops.syntax import read_yaml

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)


def read_markdown(file: SourceFile) -> Iterator[Document]:
    """The file as one document, the front matter a part of the text so that spans are the file's.

    ``title`` in the front matter is the title. Where the source names no metadata, it is all of the front matter that
    can be filtered by: text, numbers, true and false, and lists of texts, under names that are identifiers.

    Raises:
        InputError: It is too large, binary, or in another encoding.
        DefinitionError: Its front matter is not YAML; with the line.
    """
    text = file.read_text()
    said = _front_matter(text, file)
    if declared(file.source):
        yield file.document(text, said, format="markdown")
        return
    reserved = {file.source.title or "title", file.source.modified}
    metadata = {
        key: value
        for key, value in said.items()
        if key not in reserved and key_problem(key) is None and value_problem(value) is None
    }
    yield file.document(text, said, format="markdown", metadata=metadata)


def _front_matter(text: str, file: SourceFile) -> dict[str, Any]:
    """The YAML mapping that the file begins with; empty where it begins with something else, such as a rule."""
    found = _FRONT_MATTER.match(text) if text.startswith("---") else None
    if found is None:
        return {}
    data = read_yaml(found[1], file.path, first_line=2).data
    return data if isinstance(data, dict) else {}
