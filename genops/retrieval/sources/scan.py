"""A scan of an index's sources: what there is to read, found without reading it, and the reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from genops.errors import InputError, Location, UsageError
from genops.index_settings import FileSource, IndexSettings, SqlSource
from genops.retrieval.document import Document
from genops.retrieval.sources.checks import check_documents
from genops.retrieval.sources.files import Files
from genops.retrieval.sources.sql import check_sql_source, read_sql, sql_key
from genops.settings import Settings

_MOST_ERRORS = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that gives documents: a file, or a database's query.

    Attributes:
        key: Its lasting name among all entries of an index: the file's uri, or the database and query.
        stamp: Stays the same as long as reading it would give the same documents. None where that cannot be known
            without reading: rows of a database, a file that may still change within the tick of its clock, a file
            that a plug-in reads.
    """

    key: str
    stamp: str | None


class Scan:
    """What the sources of an index held at one moment. Make it with :func:`scan`.

    Attributes:
        entries: Sorted by key, each once.
    """

    def __init__(self, readers: dict[Entry, Callable[[], Iterator[Document]]]) -> None:
        self.entries = tuple(sorted(readers, key=lambda entry: entry.key))
        self._readers = readers

    def read(self, entry: Entry) -> Iterator[Document]:
        """The documents of an entry, one by one.

        Raises:
            InputError: It cannot be read, or holds what it should not; so with ``DefinitionError``.
            Unfinished: A database cannot be reached.
        """
        return self._readers[entry]()

    def read_all(
        self, entries: Iterable[Entry] | None = None, taken: dict[str, str] | None = None
    ) -> Iterator[tuple[Entry, Document]]:
        """The documents of several entries, checked, each with the entry that it came from.

        After the first broken entry the others are still read, for their errors alone.

        Args:
            entries: All by default.
            taken: See :func:`check_documents`.

        Raises:
            InputError: Entries cannot be read, or hold what they should not: up to ten are named at once.
            Unfinished: A database cannot be reached.
        """
        uris = {} if taken is None else taken
        broken: list[UsageError] = []
        for entry in self.entries if entries is None else entries:
            try:
                for document in check_documents(self.read(entry), uris):
                    if not broken:
                        yield entry, document
            except UsageError as error:
                broken.append(error)
                if len(broken) == _MOST_ERRORS:
                    break
        if broken:
            raise _together(broken)


def scan(settings: Settings, index: IndexSettings) -> Scan:
    """Finds what the sources of an index name. A file that several sources name is read as the first of them says.

    Args:
        settings: The project's.
        index: Whose sources.

    Raises:
        DefinitionError: A glob leaves the project or matches no file, or a source cannot be read as it says.
        ReferenceNotFound: A source names no registered reader.
        InputError: A folder cannot be listed.
    """
    at = Location(settings.source) if settings.source else None
    files = Files(settings)
    readers: dict[Entry, Callable[[], Iterator[Document]]] = {}
    try:
        for source in index.sources:
            if isinstance(source, SqlSource):
                check_sql_source(source)
                readers[Entry(sql_key(source), None)] = partial(read_sql, source, settings.root)
            else:
                files.add(FileSource(path=source) if isinstance(source, str) else source)
    except UsageError as error:
        error.at = error.at or at
        raise
    for file in files:
        readers[Entry(file.uri, file.stamp)] = file.read
    return Scan(readers)


def read_documents(settings: Settings, index: IndexSettings) -> list[Document]:
    """All documents of an index's sources, sorted by entry.

    Raises:
        DefinitionError: See :func:`scan`.
        InputError: A source cannot be read (see :meth:`Scan.read_all`), or no document has any text.
        Unfinished: A database cannot be reached.
    """
    documents = [document for _, document in scan(settings, index).read_all()]
    if not any(document.text.strip() for document in documents):
        raise InputError(
            f"the corpus is empty: no text in {len(documents)} documents",
            at=Location(settings.source) if settings.source else None,
            hint="see `sources` of the index",
        )
    return documents


def _together(errors: list[UsageError]) -> UsageError:
    if len(errors) == 1:
        return errors[0]
    lines = [f"{error.at}: {error.message}" if error.at else error.message for error in errors]
    count = f"{len(errors)} or more" if len(errors) == _MOST_ERRORS else str(len(errors))
    hints = {error.hint for error in errors}
    return InputError(
        "\n  ".join([f"{count} sources cannot be read:", *lines]),
        hint=hints.pop() if len(hints) == 1 else "mend them, or narrow the globs in `sources` of the index",
    )
