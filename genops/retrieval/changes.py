"""What a build takes over from the snapshot in use, and which documents are new to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.errors import InputError
from genops.index_settings import IndexSettings
from genops.retrieval.document import Document
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord
from genops.retrieval.sources import check_documents, scan
from genops.settings import Settings


@dataclass
class Changes:
    """The contents of the next snapshot, beside the last one's.

    The methods give the documents that are new, one by one; what stays is in ``kept`` when they are through.

    Attributes:
        before: The last snapshot's documents, by id.
        kept: Those that stay as they are, by id.
        digests: Every document's, by id.
        modified: When every document was modified, by id: no part of what it is, and so of no digest.
        metadata: Type of every metadata field.
        sources: What was read from which source in which state, so that it need not be read again.
    """

    before: Mapping[str, DocumentRecord] = field(default_factory=dict)
    kept: dict[str, DocumentRecord] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    modified: dict[str, int | None] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)

    def from_sources(self, settings: Settings, index: IndexSettings, last: Published | None) -> Iterator[Document]:
        """The documents of the settings' sources; sources in the state of the last build are not read.

        Raises:
            InputError: A source cannot be used; so with ``DefinitionError``.
        """
        unread = _read_before(last)
        found = scan(settings, index)
        read = {entry: list[str]() for entry in found.entries}
        left_out: dict[str, list[str]] = {}
        taken: dict[str, str] = {}
        for entry in found.entries:
            line = unread.get((entry.key, entry.stamp)) if entry.stamp is not None else None
            if line is not None and all(name in self.before for name in line["documents"]):
                read[entry] = line["documents"]
                if "left_out" in line:
                    left_out[entry.key] = line["left_out"]
                for name in read[entry]:
                    taken[name] = self.before[name].uri
                    self._keep(self.before[name], self.before[name].modified)
        changed = [entry for entry in found.entries if not read[entry]]
        for entry, document in found.read_all(changed, taken):
            read[entry].append(document.id)
            if document.left_out:
                left_out.setdefault(entry.key, []).extend(document.left_out)
            if self._is_new(document):
                yield document
        for entry, ids in read.items():
            more = {"left_out": left_out[entry.key]} if entry.key in left_out else {}
            self.sources.append({"key": entry.key, "stamp": entry.stamp, "documents": ids, **more})

    def from_documents(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Documents that are the whole contents.

        Raises:
            InputError: One cannot be used.
        """
        for document in check_documents(documents):
            if self._is_new(document):
                yield document

    def from_update(self, documents: Iterable[Document], remove: Iterable[str]) -> Iterator[Document]:
        """Documents that come in beside, or in place of, those of the last snapshot, without the removed ones.

        Raises:
            InputError: One cannot be used, or one to remove is not there.
        """
        gone = set(remove)
        if not gone <= self.before.keys():
            raise InputError(f"there is no document {min(gone - self.before.keys())!r} to remove")
        for document in check_documents(documents):
            gone.add(document.id)
            if self._is_new(document):
                yield document
        for name, record in self.before.items():
            if name not in gone:
                self._keep(record, record.modified)

    def _is_new(self, document: Document) -> bool:
        """Notes a document, and keeps the last snapshot's where that is the same."""
        record = self.before.get(document.id)
        if record is not None and record.digest == document.digest:
            self._keep(record, document.modified)
            return False
        self._note(document)
        return True

    def _keep(self, record: DocumentRecord, modified: int | None) -> None:
        self._note(record)
        self.modified[record.id] = modified
        self.kept[record.id] = record

    def _note(self, document: Document | DocumentRecord) -> None:
        name = document.id
        if name in self.digests:
            raise InputError(f"two documents have the id {name!r}", hint="ids are unique in an index")
        self.digests[name] = document.digest
        self.modified[name] = document.modified
        for key, value in document.metadata.items():
            kind = type(value).__name__
            known = self.metadata.setdefault(key, kind)
            if known != kind:
                self.metadata[key] = "float" if {known, kind} == {"int", "float"} else "mixed"


def _read_before(last: Published | None) -> dict[tuple[str, str], dict[str, Any]]:
    """What was read from a source in a state."""
    if last is None:
        return {}
    return {(line["key"], line["stamp"]): line for line in last.sources() if line["stamp"] is not None}
