"""HTML: the main content of the page as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genops.retrieval.document import Document
from genops.retrieval.sources.source_file import SourceFile

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_WESTERN = frozenset({"ascii", "us-ascii", "iso-8859-1", "latin1", "latin-1"})


def read_html(file: SourceFile) -> Iterator[Document]:
    """The page as one document of format ``markdown``; spans count in the Markdown.

    The main content is ``<main>``, else the only ``<article>``, else the body without its footer. The title is that of
    ``<title>``. Metadata can be taken from ``<meta>`` by name, and from ``lang``. A byte order mark, then the page's
    own charset, win over the source's encoding.

    Raises:
        InputError: It is too large, binary, in another encoding, or nests too deep.
    """
    from genops.retrieval.sources.readers.markup import parse_html, to_markdown

    data = file.read_bytes()
    page = parse_html(file.decode(data, _charset(data) or file.source.encoding))
    properties = _properties(page)
    try:
        text = to_markdown(_main_content(page))
    except RecursionError:
        raise file.error("its elements nest too deep", hint="mend the page, or narrow the globs") from None
    yield file.document(text, properties, format="markdown")


def _charset(data: bytes) -> str | None:
    """The charset that a page declares, read as browsers do."""
    from bs4.dammit import EncodingDetector

    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    if declared is None:
        return None
    name = declared.lower()
    if name in _WESTERN:
        return "cp1252"
    return "utf-8" if name.startswith("utf-16") else name  # what could read the declaration was not UTF-16


def _properties(page: BeautifulSoup) -> dict[str, str]:
    said: dict[str, str] = {}
    for element in page.find_all("meta"):
        name, content = element.get("name") or element.get("property"), element.get("content")
        if isinstance(name, str) and isinstance(content, str):
            said.setdefault(name.lower(), content.strip())
    language = page.html.get("lang") if page.html else None
    if isinstance(language, str):
        said["lang"] = language
    if page.title is not None:
        said["title"] = page.title.get_text()
    return said


def _main_content(page: BeautifulSoup) -> Tag:
    main = page.select_one("main, [role=main]")
    if main is not None:
        return main
    articles = page.select("article", limit=2)
    if len(articles) == 1:
        return articles[0]
    for footer in page.select("body > footer"):
        footer.decompose()
    return page.body or page
