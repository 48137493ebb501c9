"""Written files that say whether a person has changed them since."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genops.errors import UsageError

State = Literal["new", "unchanged", "changed", "removed"]
_HEAD = re.compile(r"# Written by genops model deploy\b.* ([0-9a-f]{12})\n")


@dataclass(frozen=True)
class Change:
    """What writing would do to one file.

    Attributes:
        path: Of the file.
        state: ``removed`` for one that an earlier call wrote and that there is no need for any more.
        edited: Whether somebody has changed it since it was written, or it was never written by genops.
        text: What it will hold; empty when it is removed.
        diff: From what it holds to what it will, as a unified diff without the line that says who wrote it.
    """

    path: Path
    state: State
    edited: bool
    text: str
    diff: str


def signed(text: str, command: str) -> str:
    """The text of a file with a first line that says what wrote it and, by digest, what it wrote."""
    return f"# Written by genops model deploy {command}; digest {_digest(text)}\n{text}"


def changes(folder: Path, texts: Mapping[str, str]) -> list[Change]:
    """What writing these texts into a folder would do, by file name."""
    found = [_change(folder / name, text) for name, text in texts.items()]
    left = sorted(path for path in folder.glob("*.yaml") if path.name not in texts) if folder.is_dir() else []
    return found + [_change(path, "") for path in left if _HEAD.match(_read(path))]


def write(found: Sequence[Change], *, force: bool) -> None:
    """Brings the files to what they should hold.

    Raises:
        UsageError: One of them has been changed by hand, and ``force`` is not given. None is written then.
    """
    lost = [change.path for change in found if change.edited and change.state in ("changed", "removed")]
    if lost and not force:
        raise UsageError(
            f"changed by hand: {', '.join(str(path) for path in lost)}",
            hint="--force writes over it; what is yours is safer in a file of its own, or in the settings",
        )
    for change in found:
        if change.state == "removed":
            change.path.unlink()
        elif change.state != "unchanged":
            change.path.parent.mkdir(parents=True, exist_ok=True)
            change.path.write_text(change.text, encoding="utf-8", newline="\n")


def _change(path: Path, text: str) -> Change:
    if not path.is_file():
        return Change(path, "new", False, text, "")
    old = _read(path)
    if old == text:
        return Change(path, "unchanged", False, text, "")
    head = _HEAD.match(old)
    edited = head is None or head[1] != _digest(old[head.end() :])
    before, after = (_HEAD.sub("", each, count=1).splitlines() for each in (old, text))
    lines = difflib.unified_diff(before, after, path.name, path.name if text else "/dev/null", lineterm="")
    return Change(path, "changed" if text else "removed", edited, text, "".join(f"{line}\n" for line in lines))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
