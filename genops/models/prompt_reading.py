"""Finding the question, the numbered passages and their sentences in the text of a prompt.

The question is, in this order: what follows the last label ``Question:`` (or ``Query:``, ``Q:``), to the end of its
paragraph; the inside of ``<question>…</question>``; the last paragraph that ends in a question mark; the last
paragraph. A passage begins with its number in brackets at the start of a line, ``[1] …``, numbers counting up; its
source may follow in parentheses. It ends where the next begins; the last one at a label or a line that closes a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = re.compile(r"^[#*_ \t]*(?:question|query|q)[*_]*[ \t]*:[*_]*[ \t]*", re.IGNORECASE | re.MULTILINE)
_TAGGED = re.compile(r"<(question|query)>\s*(.+?)\s*</\1>", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"^[ \t]*\[(\d{1,4})\][ \t:]*(?:\([^()\n]*\)[ \t]*)?", re.MULTILINE)
_PASSAGE_END = re.compile(
    r"^[#*_ \t]*(?:question|query|q|answer|instructions?)[*_]*[ \t]*:|^</\w+>[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_BLANK = re.compile(r"\n[ \t]*\n")
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t]*#*")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])[ \t]+")
_ROW = re.compile(r"\|(.*)\|")
_TABLE_HEAD = re.compile(r"^(?:[ \t]*\|.*\|[ \t]*\n)?[ \t]*\|[-:| \t]+\|[ \t]*$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*_`]*\s+(?=[\"'(\[*_]*[A-Z0-9`])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|etc|Dr|Mr|Mrs|Ms|Fig|No|approx)\.)$")
_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?<=\w{3})(?:ational|ations?|ments?|ings?|ie[sd]|ers?|e[sd]|ly|s)$")

_STOP_WORDS = """
    a about above after again all also am an and any are as at be because been before being below between both but by
    can cannot could did do does doing down during each few for from further had has have having he her here hers him
    his how i if in into is it its itself just let me might more most must my no nor not now of off on once only or
    other our out over own please same shall she should so some such tell than that the their them then there these
    they this those through to too under until up us very was we were what when where which while who whom why will
    with would you your explain describe give
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Passage:
    """A numbered passage of a prompt."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the headings of its passage that it stands under."""

    text: str
    heading: str = ""


def find_question(prompt: str) -> str:
    """The question of a prompt, on one line; the whole prompt when it has no better part."""
    marks = _marks(prompt)
    if marks:  # what the passages but the last say is not asked
        prompt = prompt[: marks[0].start()] + prompt[marks[-1].start() :]
    labels = list(_LABEL.finditer(prompt))
    for label in reversed(labels):
        question = _BLANK.split(prompt[label.end() :].lstrip(), 1)[0]
        if question.strip():
            return _one_line(re.split(r"\n[ \t]*\w+[ \t]*:[ \t]*(?:\n|$)", question)[0])
    tagged = _TAGGED.findall(prompt)
    if tagged:
        return _one_line(tagged[-1][1])
    paragraphs = [part for part in _BLANK.split(prompt) if part.strip() and not _NUMBER.match(part)]
    asking = [part for part in paragraphs if part.rstrip().endswith("?")]
    return _one_line((asking or paragraphs or [prompt])[-1])


def passages_of(text: str) -> list[Passage]:
    """The numbered passages of a text, in order."""
    marks = _marks(text)
    if not marks:
        return []
    stop = _PASSAGE_END.search(text, marks[-1].end())
    ends = [*(mark.start() for mark in marks[1:]), stop.start() if stop else len(text)]
    return [Passage(int(mark[1]), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _marks(text: str) -> list[re.Match[str]]:
    """The numbers that passages begin with."""
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        if not marks or int(mark[1]) == int(marks[-1][1]) + 1:
            marks.append(mark)
    return marks


def sentences_of(text: str) -> Iterator[Sentence]:
    """The sentences of a plain or Markdown text; a table row is one. Code blocks and headings are none."""
    heading = ""
    for block in _blocks(_TABLE_HEAD.sub("", _FENCE.sub("\n\n", text))):
        found = _HEADING.fullmatch(block)
        if found is not None:
            heading = found[1]
            continue
        begin = 0
        for end in _SENTENCE_END.finditer(block):
            if not _ABBREVIATION.search(block[begin : end.start()].rstrip("\"')]*_`")):
                yield Sentence(block[begin : end.end()].strip(), heading)
                begin = end.end()
        if block[begin:].strip():
            yield Sentence(block[begin:].strip(), heading)


def words_of(text: str) -> list[str]:
    """Words that carry meaning: lower case, without stop words, cut to a stem so that forms of a word meet."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, list items and headings, each on one line."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        line = line.strip()
        row = _ROW.fullmatch(line)
        alone = not line or row or _HEADING.fullmatch(line)
        item = _ITEM.match(line)
        if (alone or item) and lines:
            yield " ".join(lines)
            lines = []
        if _HEADING.fullmatch(line):
            yield line
        elif row:
            yield ": ".join(cell.strip() for cell in row[1].split("|"))
        elif not alone:
            lines.append(line[item.end() :] if item else line)


def _stem(word: str) -> str:
    word = _ENDING.sub("", word)
    return word[:-1] if len(word) > 3 and word[-1] in "eiy" else word


def _one_line(text: str) -> str:
    return " ".join(text.split())
