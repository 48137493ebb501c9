"""The digest of Python source: what stands for code among the components."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def source_digest(item: object, package: str | None = None) -> str:
    """SHA-256 of the Python files that an object comes with: its whole top package, so that a changed helper counts.

    Args:
        item: A function or class. Its own source is taken where there is no file, as in a notebook.
        package: The top package, when it is not the one that the object is defined in.
    """
    module = sys.modules.get(package or str(getattr(item, "__module__", "")).partition(".")[0])
    roots = tuple(getattr(module, "__path__", ()))
    if roots:
        return _folder_digest(roots)
    file = getattr(module, "__file__", None)
    if file and Path(file).suffix == ".py":
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    try:
        return hashlib.sha256(inspect.getsource(item).encode()).hexdigest()  # type: ignore[arg-type]
    except (OSError, TypeError):
        return hashlib.sha256(b"".join(_bytecode(item))).hexdigest()


@cache
def _folder_digest(roots: tuple[str, ...]) -> str:
    total = hashlib.sha256()
    for root in sorted(roots):
        for path in sorted(Path(root).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _bytecode(item: object) -> Iterator[bytes]:
    members = [item, *vars(item).values()] if isinstance(item, type) else [item]
    yield from (member.__code__.co_code for member in members if hasattr(member, "__code__"))
