"""Sources: files, records and rows as documents."""

from genops.retrieval.sources.checks import check_documents
from genops.retrieval.sources.readers import Reader
from genops.retrieval.sources.scan import Entry, Scan, read_documents, scan
from genops.retrieval.sources.source_file import SourceFile

__all__ = ["Entry", "Reader", "Scan", "SourceFile", "check_documents", "read_documents", "scan"]
