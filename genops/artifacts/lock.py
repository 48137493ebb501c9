"""Locks: name, reference and digest of every component in a chain's closure, as a diffable file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from genops.artifacts.canonical import DIGEST_LENGTH, digest_of, short
from genops.artifacts.component import Component
from genops.durable import replacing
from genops.errors import DefinitionError, Location, LockMismatch, Unfinished

LOCK_FORMAT = 1


@dataclass(frozen=True, slots=True, order=True)
class LockEntry:
    """One component of the closure.

    Attributes:
        kind: What it is.
        name: Its name.
        source: The reference that it was resolved from.
        digest: Its digest.
        uses: What it is wired to and does not name itself, as ``kind:name`` (a template's model, examples, partials).
    """

    kind: str
    name: str
    source: str
    digest: str
    uses: tuple[str, ...] = ()


_Version: TypeAlias = tuple[str, tuple[str, ...]]
"""Digest and wiring."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The closure of a chain.

    Attributes:
        chain: Name of the chain.
        entries: Sorted by kind and name, one per component and reference to it.
        digest: SHA-256 over chain and entries without their ``source``: how a component was referred to does not
            shape an answer.
    """

    chain: str
    entries: tuple[LockEntry, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        body = sorted({(entry.kind, entry.name, entry.digest, entry.uses) for entry in self.entries})
        object.__setattr__(self, "digest", digest_of({"chain": self.chain, "entries": body}))

    @classmethod
    def of(
        cls,
        chain: str,
        components: Iterable[Component],
        uses: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType({}),
    ) -> Lock:
        """The lock of a closure; a component that appears twice under one reference is listed once.

        Args:
            chain: Name of the chain.
            components: The closure.
            uses: By kind and source, what each is wired to.
        """
        entries = {LockEntry(c.kind, c.name, c.source, c.digest, uses.get((c.kind, c.source), ())) for c in components}
        return cls(chain, tuple(sorted(entries)))

    def find(self, kind: str, name: str) -> LockEntry | None:
        """The entry of a kind and name, or None."""
        return next((entry for entry in self.entries if (entry.kind, entry.name) == (kind, name)), None)

    def dumps(self) -> str:
        """The text of the lock file: JSON, one component a line, so that a diff shows one line a change."""
        head = json.dumps({"format": LOCK_FORMAT, "chain": self.chain, "digest": self.digest}, ensure_ascii=False)
        lines = ",\n".join("  " + json.dumps(asdict(entry), ensure_ascii=False) for entry in self.entries)
        return f'{head[:-1]}, "components": [\n{lines}\n]}}\n'

    @classmethod
    def loads(cls, text: str, at: Location | None = None) -> Lock:
        """Reads the text of a lock.

        Raises:
            LockMismatch: It is not a lock, or its digest is not that of its entries.
        """
        hint = "write it again with `genops chain lock`"
        try:
            raw = json.loads(text)
            entries = tuple(
                LockEntry(e["kind"], e["name"], e["source"], e["digest"], tuple(e["uses"])) for e in raw["components"]
            )
            lock = cls(raw["chain"], entries)
            intact = raw["format"] == LOCK_FORMAT and raw["digest"] == lock.digest
        except (ValueError, KeyError, TypeError, RecursionError, DefinitionError) as error:
            raise LockMismatch(f"not a readable lock ({error})", at=at, hint=hint) from error
        if not intact or any(len(entry.digest) != DIGEST_LENGTH for entry in entries):
            raise LockMismatch("the lock was edited or damaged", at=at, hint=hint)
        return lock

    @classmethod
    def load(cls, path: Path, shown: Path | None = None) -> Lock:
        """Reads a lock file; ``shown`` is its name in messages.

        Raises:
            LockMismatch: The file is missing, is not a lock, or its digest is not that of its entries.
        """
        at = Location(shown or path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise LockMismatch("there is no lock", at=at, hint="write it with `genops chain lock`") from None
        except (OSError, UnicodeDecodeError) as error:
            raise LockMismatch(f"the lock cannot be read: {error}", at=at) from None
        return cls.loads(text, at)

    def save(self, path: Path) -> None:
        """Writes the lock file, whole or not at all.

        Raises:
            Unfinished: The disk does not take it; what stood there stays.
        """
        try:
            with replacing(path) as part:
                part.write_text(self.dumps(), encoding="utf-8")
        except OSError as error:
            raise Unfinished(f"the lock cannot be written: {error.strerror}", at=Location(path)) from error

    def differences(self, other: Lock) -> list[str]:
        """One line for each component that was added, removed or changed from this lock to ``other``."""
        mine, theirs = self._by_name(), other._by_name()
        lines = []
        for key in sorted(mine.keys() | theirs.keys()):
            label = " ".join(key)
            before, after = mine.get(key, set()), theirs.get(key, set())
            gone, new = sorted(before - after), sorted(after - before)
            if len(before) == len(after) == len(gone) == 1:
                lines.append(f"{label}: {_change(gone[0], new[0])}")
            else:
                lines.extend(f"{label}: removed ({short(digest)})" for digest, _ in gone)
                lines.extend(f"{label}: added ({short(digest)})" for digest, _ in new)
        return lines

    def _by_name(self) -> dict[tuple[str, str], set[_Version]]:
        found: dict[tuple[str, str], set[_Version]] = {}
        for entry in self.entries:
            found.setdefault((entry.kind, entry.name), set()).add((entry.digest, entry.uses))
        return found


def locked_digests(folder: Path, kind: str) -> set[str]:
    """Digests of the components of a kind in all lock files of a folder.

    Raises:
        LockMismatch: One of them cannot be read.
    """
    locks = map(Lock.load, sorted(folder.glob("**/*.lock")))
    return {entry.digest for lock in locks for entry in lock.entries if entry.kind == kind}


def _change(before: _Version, after: _Version) -> str:
    if before[0] != after[0]:
        return f"{short(before[0])} -> {short(after[0])}"
    return f"uses {', '.join(before[1])} -> {', '.join(after[1])}"
