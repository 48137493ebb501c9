"""``html``: whether the output is HTML whose elements are closed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Annotated

from pydantic import AfterValidator

from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import unfenced

_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_MAY_STAY_OPEN = re.compile(
    "body|caption|colgroup|dd|dt|head|html|li|optgroup|option|p|rp|rt|tbody|td|tfoot|th|thead|tr"
)
_DEEPEST = 1000


def _selects(selector: str) -> str:
    import soupsieve

    try:
        soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as error:
        raise ValueError(f"not a CSS selector: {str(error).partition(chr(10))[0]}") from None
    return selector


@scorer("html", threshold=1.0, threaded=True)
def html(
    output: str, elements: list[Annotated[str, AfterValidator(_selects)]] | None = None, *, fenced: bool = False
) -> Score:
    """Whether the output is HTML: elements opened and closed in order, and the wanted ones there: 1 or 0.

    End tags that HTML lets one leave out (``</li>``, ``</p>``, …) may be left out.

    Args:
        output: What is parsed.
        elements: CSS selectors that must find something: ``table``, ``a[href]``, ``ul > li``.
        fenced: Whether it may stand in a Markdown fence.
    """
    from bs4 import BeautifulSoup

    text = unfenced(output) if fenced else output
    problem = _Balance.problem_of(text)
    if problem:
        return Score(0.0, explanation=problem)
    soup = BeautifulSoup(text, "html.parser") if elements else None
    missing = [selector for selector in elements or () if soup and soup.select_one(selector) is None]
    return Score(float(not missing), explanation=f"lacks {', '.join(missing)}" if missing else "")


class _Balance(HTMLParser):
    """Finds the first element that is not closed, or is closed without being open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.problem = ""
        self.seen = False

    @classmethod
    def problem_of(cls, text: str) -> str:
        """What is wrong with a text, empty for nothing."""
        parser = cls()
        parser.feed(text)
        parser.close()
        unclosed = [(tag, line) for tag, line in parser.open if not _MAY_STAY_OPEN.fullmatch(tag)]
        if not parser.problem and unclosed:
            parser.problem = f"<{unclosed[-1][0]}> in line {unclosed[-1][1]} is not closed"
        return parser.problem or ("" if parser.seen else "there is no element")

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen = True
        if not _VOID.fullmatch(tag):
            self.open.append((tag, self.getpos()[0]))
        if len(self.open) > _DEEPEST:
            self.problem = self.problem or f"it nests deeper than {_DEEPEST}"
            self.open.clear()

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen = True

    def handle_endtag(self, tag: str) -> None:
        if _VOID.fullmatch(tag) or self.problem:
            return
        at = next((at for at in reversed(range(len(self.open))) if self.open[at][0] == tag), None)
        if at is None:
            self.problem = f"</{tag}> in line {self.getpos()[0]} closes nothing"
            return
        for skipped, line in self.open[at + 1 :]:
            if not _MAY_STAY_OPEN.fullmatch(skipped):
                self.problem = f"<{skipped}> in line {line} is not closed before </{tag}>"
        del self.open[at:]
