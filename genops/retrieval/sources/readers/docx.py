"""DOCX: the text of the document as Markdown, by its paragraph styles."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from genops.errors import InputError
from genops.retrieval.document import Document
from genops.retrieval.sources.source_file import SourceFile

_OLE = b"\xd0\xcf\x11\xe0"
_TITLE = "p[style-name='Title'] => h1:fresh"
_CORE = "docProps/core.xml"


def read_docx(file: SourceFile) -> Iterator[Document]:
    """The file as one document of format ``markdown``; spans count in the Markdown.

    Headings, lists, tables and notes are kept, pictures are their alternative text. The title, and metadata such as
    ``creator``, ``subject``, ``keywords``, ``created`` and ``modified``, are the file's own properties.

    Raises:
        InputError: It is too large, also once unpacked; encrypted; or damaged.
    """
    from genops.retrieval.sources.readers.markup import parse_html, to_markdown

    data = file.read_bytes()
    if data.startswith(_OLE):
        raise file.error("encrypted, or a .doc of before 2007", hint="save it as .docx without a password")
    try:
        properties = _properties(data, file)
        text = to_markdown(parse_html(_html(data)))
    except InputError:
        raise
    except Exception as error:  # a damaged file fails in any of the parser's parts
        raise file.error(f"not a readable DOCX file: {error}", hint="open it and save it anew") from error
    yield file.document(text, properties, format="markdown")


def _html(data: bytes) -> str:
    import mammoth

    without_data = mammoth.images.img_element(lambda image: {"src": ""})
    return str(mammoth.convert_to_html(BytesIO(data), style_map=_TITLE, convert_image=without_data).value)


def _properties(data: bytes, file: SourceFile) -> dict[str, Any]:
    """What the file says of itself; checks what it would unpack to."""
    with zipfile.ZipFile(BytesIO(data)) as parts:
        unpacked = sum(part.file_size for part in parts.infolist() if part.filename.endswith((".xml", ".rels")))
        if unpacked > file.limit:
            raise file.error(
                f"unpacks to more than {file.limit:,} bytes",
                hint="split the file, or raise `limits.payload_bytes` in the settings",
            )
        if _CORE not in parts.namelist():
            return {}
        core = ElementTree.fromstring(parts.read(_CORE))
    return {element.tag.rpartition("}")[2]: element.text.strip() for element in core if element.text}
