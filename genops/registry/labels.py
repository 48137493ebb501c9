"""Labels: names such as ``production`` that point to a version and move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.registry.author import current_author
from genops.registry.version import Kind, log

if TYPE_CHECKING:
    from genops.store import LabelMove, Store

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def label(
    store: Store, kind: Kind, name: str, label_name: str, version: int, message: str = "", *, author: str | None = None
) -> LabelMove:
    """Points a label to a version.

    Raises:
        UsageError: The label is not a word.
        ReferenceNotFound: There is no such version.
    """
    if not _LABEL.fullmatch(label_name):
        raise UsageError(f"{label_name!r} cannot be a label", hint="begin with a letter; letters, digits, _ . - follow")
    numbers = [found.number for found in log(store, kind, name)]
    if version not in numbers:
        raise ReferenceNotFound(f"{kind} {name} has no version {version}", hint=f"the newest is {name}@{numbers[0]}")
    return store.move_label(kind, name, label_name, version, message, author or current_author())


def rollback(
    store: Store,
    kind: Kind,
    name: str,
    label_name: str,
    to: int | None = None,
    message: str = "",
    *,
    author: str | None = None,
) -> LabelMove:
    """Points a label back to what it pointed to before. A second rollback goes one further back.

    Args:
        store: Where.
        kind: ``prompt`` or ``chain``.
        name: What the label belongs to.
        label_name: The label.
        to: A version that the label pointed to earlier; the one before the present one when not given.
        message: Why.
        author: Who; git's user when not given.

    Raises:
        ReferenceNotFound: The label has never been set, or pointed to nothing (or not to ``to``) before.
    """
    earlier = _pointed_to_before(history(store, kind, name, label_name))
    if to is None and not earlier:
        raise ReferenceNotFound(f"label {label_name!r} of {kind} {name} pointed to nothing before")
    target = earlier[-1] if to is None else to
    if target not in earlier:
        were = ", ".join(f"{name}@{number}" for number in dict.fromkeys(reversed(earlier)))
        raise ReferenceNotFound(
            f"label {label_name!r} never pointed to {name}@{target} before", hint=f"it pointed to {were or 'nothing'}"
        )
    return store.move_label(kind, name, label_name, target, message, author or current_author(), rollback=True)


def history(store: Store, kind: Kind, name: str, label_name: str | None = None) -> list[LabelMove]:
    """The moves of a name's labels, or of one of them, oldest first.

    Raises:
        ReferenceNotFound: Nothing was published under the name, or it has no such label.
    """
    log(store, kind, name)
    moves = store.label_moves(kind, name)
    labels = {move.label for move in moves}
    if label_name is not None and label_name not in labels:
        raise ReferenceNotFound(f"{kind} {name} has no label {label_name!r}", hint=nearest(label_name, labels))
    return [move for move in moves if label_name in (None, move.label)]


def _pointed_to_before(moves: list[LabelMove]) -> list[int]:
    """The versions under the present one, oldest first: a rollback takes off what it went back over."""
    stack: list[int] = []
    for move in moves:
        if move.rollback:
            while stack and stack[-1] != move.version:
                stack.pop()
        elif not stack or stack[-1] != move.version:
            stack.append(move.version)
    return stack[:-1]
