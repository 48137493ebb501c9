"""Cutting Markdown: never across a heading; lists, tables and code stay whole where they fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from genops.retrieval.chunkers.lines import line_breaks, line_starts
from genops.retrieval.chunkers.section import Block, Break, Breaks, Fits, Section
from genops.retrieval.chunkers.sentences import prose_breaks
from genops.retrieval.document import Document

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(
    r"(?P<fence>---|\+\+\+)[^\S\r\n]*+(?:\r\n?+|\n)"
    r"(?=[\w\"'-]++[^\S\r\n]*+(?::\s|=)|(?P=fence))"  # a rule and then prose is no front matter
)
_LITERAL = frozenset({"fence", "code_block", "html_block"})
_WHOLE = frozenset({"bullet_list_open", "ordered_list_open", "table_open", "fence", "code_block"})
_MARKED_CHARACTERS = 1000
_MARKUP = re.compile(r"[*_`\[\]<>\\&!]")


def markdown_sections(document: Document, fits: Fits) -> Iterator[Section]:
    """A section for each heading that has text under it; front matter is left out.

    A heading goes with the block that follows it. So does what shows nothing, such as the definition of a link.
    """
    text = document.text
    start = front_matter_end(text)  # of the next block
    lines = line_starts(text, start)
    headings: list[tuple[int, str]] = []
    headings_end = start
    blocks: list[Block] = []
    for token, inside in _blocks(_parser().parse(text[start:])):
        first, last = token.map or (0, 0)
        if token.type == "heading_open":
            if blocks:
                yield Section(_titles(headings), [*blocks, Block(start, lines[first])])
                blocks, start = [], lines[first]
            depth = int(token.tag[1:])
            headings = [*(heading for heading in headings if heading[0] < depth), (depth, _plain(inside[0].content))]
            headings_end = lines[last]
        else:
            heading = [(headings_end, Break.HEADING)] if start < headings_end else []
            breaks = partial(_breaks, text, token, inside, lines, heading)
            blocks.append(Block(start, lines[last], breaks, whole=token.type in _WHOLE))
            start = lines[last]
    yield Section(_titles(headings), [*blocks, Block(start, len(text))])


def front_matter_end(text: str) -> int:
    """Where the text behind YAML or TOML front matter begins; 0 when there is none."""
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return 0
    fence = r"\+\+\+" if opening["fence"] == "+++" else r"(?:---|\.\.\.)"
    closing = re.compile(rf"^{fence}[^\S\r\n]*+(?:\r\n?|\n|\Z)", re.MULTILINE).search(text, opening.end())
    return closing.end() if closing else 0


@cache
def _parser() -> MarkdownIt:
    """Blocks alone: what is inside a paragraph does not matter here, and takes the most time."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """The blocks at the top, each with the tokens inside it."""
    opened = 0
    for position, token in enumerate(tokens):
        if token.level:
            continue
        if token.nesting == 1:
            opened = position
        else:
            yield tokens[opened] if token.nesting else token, tokens[opened + 1 : position] if token.nesting else ()


def _breaks(text: str, block: Token, inside: Sequence[Token], lines: Sequence[int], heading: Breaks) -> Breaks:
    """Where a block may be cut, behind the headings that it begins with."""
    first, last = block.map or (0, 0)
    start, end = lines[first], lines[last]
    if block.type in _LITERAL:
        return [*heading, *line_breaks(text, start, end)]
    parts: dict[int, Break] = {}
    for token in inside:
        if token.map and token.type != "inline":
            parts.setdefault(lines[token.map[0]], Break.ITEM if token.level == 1 else Break.SUBITEM)
    parts.pop(start, None)
    return [*heading, *sorted({**dict(prose_breaks(text, start, end)), **parts}.items())]


def _titles(headings: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(title for _, title in headings if title)


def _plain(heading: str) -> str:
    """A heading as it reads, without its markup."""
    if len(heading) <= _MARKED_CHARACTERS and _MARKUP.search(heading):
        from markdown_it import MarkdownIt

        (inline,) = MarkdownIt("commonmark").parseInline(heading)
        heading = "".join(token.content or " " * (token.type == "softbreak") for token in inline.children or ())
    return " ".join(heading.split())
