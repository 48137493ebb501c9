"""PDF: the text of all pages, with where each begins."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

from genops.artifacts import well_formed
from genops.retrieval.document import Document
from genops.retrieval.sources.source_file import SourceFile

if TYPE_CHECKING:
    from pypdf import PdfReader

_BETWEEN_PAGES = "\n\n"
_MOST_SHOWN = 10
_SAVE_ANEW = "open it and save it anew, by `qpdf` for one"
_NO_TITLE = re.compile(r"(microsoft word - .*|untitled.*|.*\.(docx?|pdf|tex|dvi|indd|odt|rtf))?", re.IGNORECASE)
"""Titles that programs write when nobody wrote one."""

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # what matters of its warnings becomes an error


def read_pdf(file: SourceFile) -> Iterator[Document]:
    """The file as one document; its pages are joined by an empty line, and ``pages`` has the offset of each.

    NUL characters, which some fonts give, are left out, and halves of surrogate pairs become U+FFFD. The title, and
    metadata such as ``author``, ``subject``, ``keywords`` and ``creationdate``, are the file's own properties.

    Raises:
        InputError: It is too large, encrypted, damaged as a whole or in some pages, or has no text (pictures of pages).
    """
    reader = _open(file)
    texts = _page_texts(reader, file)
    if not any(text.strip() for text in texts):
        raise file.error(
            f"no text in {len(texts)} pages", hint="pictures of pages need text recognition (OCR), by ocrmypdf for one"
        )
    offsets, at = [], 0
    for text in texts:
        offsets.append(at)
        at += len(text) + len(_BETWEEN_PAGES)
    try:
        properties = _properties(reader)
    except Exception as error:  # a damaged file fails in any of the parser's parts
        raise file.error(f"its properties cannot be read: {error}", hint=_SAVE_ANEW) from error
    yield file.document(_BETWEEN_PAGES.join(texts), properties, pages=offsets)


def _open(file: SourceFile) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

    data = file.read_bytes()
    try:
        reader = PdfReader(BytesIO(data))
        len(reader.pages)
    except (FileNotDecryptedError, WrongPasswordError, DependencyError):
        raise file.error("encrypted", hint="save it without a password, by `qpdf --decrypt` for one") from None
    except Exception as error:  # as above
        raise file.error(f"not a readable PDF file: {error}", hint=_SAVE_ANEW) from error
    return reader


def _page_texts(reader: PdfReader, file: SourceFile) -> list[str]:
    texts, broken = list[str](), list[str]()
    for number, page in enumerate(reader.pages, start=1):
        with _losses() as losses:
            try:
                texts.append(_clean(page.extract_text()))
            except Exception as error:  # as above
                losses.append(str(error) or type(error).__name__)
        if losses:
            broken.append(f"page {number} ({losses[0]})")
    if broken:
        raise file.error(
            f"{len(broken)} of {len(reader.pages)} pages cannot be read: {', '.join(broken[:_MOST_SHOWN])}",
            hint=f"{_SAVE_ANEW}, or take these pages out",
        )
    return texts


@contextmanager
def _losses() -> Iterator[list[str]]:
    """What the parser could not decompress meanwhile: it goes on with what it has, and says so in its log alone."""
    messages: list[str] = []
    thread = threading.get_ident()

    def note(record: logging.LogRecord) -> bool:
        if record.thread == thread and record.getMessage().startswith("Error"):
            messages.append(record.getMessage())
        return True

    logger = logging.getLogger("pypdf.filters")
    logger.addFilter(note)
    try:
        yield messages
    finally:
        logger.removeFilter(note)


def _clean(text: str) -> str:
    from genops.retrieval.sources.readers.markup import tidy

    whole = well_formed(text.replace("\0", ""))
    return tidy(whole.replace("\r\n", "\n").replace("\r", "\n"))


def _properties(reader: PdfReader) -> dict[str, Any]:
    information = reader.metadata
    if information is None:
        return {}
    said: dict[str, Any] = {key.lstrip("/").lower(): _clean(str(information[key])) for key in information}
    if _NO_TITLE.fullmatch(said.get("title", "")):
        said["title"] = None
    for key, time in (("creationdate", "creation_date"), ("moddate", "modification_date")):
        with suppress(ValueError):  # not a date as PDF has them: it stays text
            said[key] = getattr(information, time)
    return said
