"""YAML as a person would write it: mappings in their order, texts of several lines as blocks, few comments."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

Comments = Mapping[tuple[str | int, ...], str]

# What Kubernetes' reader, which is one for YAML 1.1, would not take for a text.
_NOT_TEXT_IN_1_1 = re.compile(r"(?i)y|n|yes|no|on|off|=|<<|[-+.0-9][-+.0-9_:exob]*[0-9a-f_.]*")


def yaml_text(documents: Sequence[Mapping[str, Any]], comments: Sequence[Comments] = ()) -> str:
    """Documents as YAML.

    Args:
        documents: Of mappings, lists, texts, numbers and truth values.
        comments: Of each document, by the path of the key that they stand before.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.representer.add_representer(type(None), _null)
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.explicit_start = len(documents) > 1
    noted = [*comments, *({} for _ in documents)]
    stream = io.StringIO()
    yaml.dump_all([_written(document, (), noted[at]) for at, document in enumerate(documents)], stream)
    return stream.getvalue().removeprefix("---\n")


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _written(value: Any, path: tuple[str | int, ...], comments: Comments) -> Any:
    """The value in ruamel's types, which carry style and comments."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, Mapping):
        mapping = CommentedMap()
        for key, item in value.items():
            mapping[key] = _written(item, (*path, key), comments)
            if (*path, key) in comments:
                mapping.yaml_set_comment_before_after_key(key, before=comments[*path, key], indent=_indent(path))
        return mapping
    if isinstance(value, (list, tuple)):
        return CommentedSeq(_written(item, (*path, at), comments) for at, item in enumerate(value))
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    if isinstance(value, str) and _NOT_TEXT_IN_1_1.fullmatch(value):
        return DoubleQuotedScalarString(value)
    return value


def _indent(path: tuple[str | int, ...]) -> int:
    """Columns before a key at a path: two for each mapping and each list around it."""
    return 2 * len(path)
