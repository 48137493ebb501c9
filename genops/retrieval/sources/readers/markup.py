"""HTML as Markdown: what a page says, without how it looks and where it leads."""

from __future__ import annotations

import re
import warnings
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import ATX, MarkdownConverter

_DROPPED = (
    "title, script, style, noscript, template, nav, svg, canvas, iframe, object, button, select, textarea, dialog,"
    " [hidden], [aria-hidden=true], [role=navigation], a.headerlink"
)
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|brush:)[-: ]?([a-z0-9+#-]+)")
_INVISIBLE = {ord("\u00a0"): " ", ord("\u00ad"): None, ord("\u200b"): None, ord("\ufeff"): None}
_LINE_END = re.compile(r"[ \t]+\n")


class _Markdown(MarkdownConverter):
    """Links and images become their text: an address is noise to a search by words or meaning."""

    def convert_a(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        return text

    def convert_img(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        return str(element.get("alt") or "")


def parse_html(html: str) -> BeautifulSoup:
    """The tree of a page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about text that looks like XML, or like the name of a file
        return BeautifulSoup(html, "lxml")


def to_markdown(tree: Tag) -> str:
    """A part of a page as Markdown. What is not read by people is removed from the tree.

    Raises:
        RecursionError: It nests too deep.
    """
    for element in tree.select(_DROPPED):
        element.decompose()
    converter = _Markdown(
        heading_style=ATX,
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        table_infer_header=True,
        code_language_callback=_code_language,
    )
    return tidy(converter.convert_soup(tree)).strip()


def tidy(text: str) -> str:
    """The text without characters that cannot be seen and spaces at the ends of lines."""
    return _LINE_END.sub("\n", text.translate(_INVISIBLE))


def _code_language(element: Any) -> str:
    """The language of a ``pre`` element by the class of its own, or of the ``code`` inside."""
    inside = element.find("code")
    for tag in (element, inside):
        for name in (tag.get("class") or []) if tag is not None else []:
            if found := _LANGUAGE.fullmatch(name):
                return found[1]
    return ""
