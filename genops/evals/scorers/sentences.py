"""The sentences of a text."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t][^\n]*$", re.MULTILINE)
_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


def sentences(text: str) -> list[str]:
    """The sentences and list items of a plain or Markdown text, of any script; code and headings are none."""
    from genops.retrieval.chunkers import Break, paragraphs

    prose = _HEADING.sub("\n\n", _CODE.sub("\n\n", text))
    found = []
    for block in paragraphs(prose):
        cuts = [place for place, kind in block.breaks() if kind in (Break.SENTENCE, Break.ITEM)]
        for start, end in zip([block.start, *cuts], [*cuts, block.end], strict=True):
            found.append(prose[start:end].strip())
    return [sentence for sentence in found if any(map(str.isalnum, sentence))]
