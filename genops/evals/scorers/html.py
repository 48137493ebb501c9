"""``html``: whether the output is HTML whose elements are closed."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import unfenced

_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_MAY_STAY_OPEN = re.compile(
    "body|caption|colgroup|dd|dt|head|html|li|optgroup|option|p|rp|rt|tbody|td|tfoot|th|thead|tr"
)
_RAW = re.compile("script|style|textarea|title", re.IGNORECASE)
_BEGINS = re.compile(r"<(?:[a-zA-Z!?]|/[a-zA-Z])")
_MARKUP = re.compile(
    r"<!--.*?-->|<!(?!--)[^>]*+>|<\?[^>]*+>|</(?P<end>[a-zA-Z][^\s/>]*+)[^>]*+>"
    r"""|<(?P<start>[a-zA-Z][^\s/>]*+)(?:[^"'>/]++|"[^"]*+"|'[^']*+'|/(?!>))*+(?P<single>/)?>""",
    re.DOTALL,
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
    problem = _problem(text)
    if problem:
        return Score(0.0, explanation=problem)
    soup = BeautifulSoup(text, "html.parser") if elements else None
    missing = [selector for selector in elements or () if soup and soup.select_one(selector) is None]
    return Score(float(not missing), explanation=f"lacks {', '.join(missing)}" if missing else "")


def _problem(text: str) -> str:
    """The first element that is not closed, or closed without being open; empty for none.

    A single pass that ends at the first tag that does not end: ``html.parser`` would look for its end again and again.
    """
    opened: list[tuple[str, int]] = []
    seen, at = False, -1
    while (at := text.find("<", at + 1)) >= 0:
        if not _BEGINS.match(text, at):
            continue
        tag = _MARKUP.match(text, at)
        if tag is None:
            return f"the tag in line {_line(text, at)} does not end"
        seen = seen or bool(tag["start"])
        if tag["start"] and not tag["single"]:
            problem = _open(tag["start"].lower(), at, opened)
        else:
            problem = _close(text, tag["end"].lower(), at, opened) if tag["end"] else ""
        if problem:
            return problem
        at = tag.end() - 1
        if tag["start"] and (raw := _RAW.fullmatch(tag["start"])):
            end = re.compile(rf"</{raw[0]}", re.IGNORECASE).search(text, at)
            at = end.start() - 1 if end else len(text)
    unclosed = next(((name, place) for name, place in reversed(opened) if not _MAY_STAY_OPEN.fullmatch(name)), None)
    if unclosed:
        return f"<{unclosed[0]}> in line {_line(text, unclosed[1])} is not closed"
    return "" if seen else "there is no element"


def _open(name: str, at: int, opened: list[tuple[str, int]]) -> str:
    if not _VOID.fullmatch(name):
        opened.append((name, at))
    return f"it nests deeper than {_DEEPEST}" if len(opened) > _DEEPEST else ""


def _close(text: str, name: str, at: int, opened: list[tuple[str, int]]) -> str:
    if _VOID.fullmatch(name):
        return ""
    while opened:
        inner, place = opened.pop()
        if inner == name:
            return ""
        if not _MAY_STAY_OPEN.fullmatch(inner):
            if any(outer == name for outer, _ in opened):
                return f"<{inner}> in line {_line(text, place)} is not closed before </{name}>"
            break
    return f"</{name}> in line {_line(text, at)} closes nothing"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
