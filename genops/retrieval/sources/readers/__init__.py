"""Readers: each turns one kind of file into documents.

A reader is a function that takes a :class:`SourceFile` and gives its documents one by one. It is registered as a
plug-in of kind ``reader`` under a name; a file is read by the reader that its source names, else by the one that is
called like its suffix (``rst`` reads ``.rst``), else by the built-in one for its suffix, else as text.
"""

from genops.retrieval.sources.readers.reader import Reader, reader_for

__all__ = ["Reader", "reader_for"]
