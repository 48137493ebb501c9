"""Human labels beside judges' verdicts, read from a file.

One row, of JSONL or CSV, is one case, or one judge's word on it:

* ``id`` (or ``case``): the case; ``human``: what a person says, empty or null where nobody has.
* ``judge``: who judged, where there are several; empty in a row of a person alone. ``verdict`` (or ``forward``): what
  it says; empty, null or ``None`` where its answer was no verdict.
* ``swapped``: its verdict on a pair in the other order, as one of the same two texts, so that a steady judge says twice
  the same.
* ``cluster``: cases that are not independent share one. ``drawn``: ``random``, or ``chosen`` for a case that was picked
  because it tells much, which no estimate may rest on; a case that is both counts as drawn at random.
* ``output``, or ``output_1`` and ``output_2``, or ``length``, ``length_1`` and ``length_2``: what was judged, or how
  long it is; ``input`` or ``question``: what it answers.
* ``variant`` and ``metric``: of which variant's output the label is, and of which score; where they are missing, of the
  suite's first variant, and of every score. One case labelled for two variants, or in two qualities, is two things.
* ``undo``: true takes the case's human label back that stands above it.

A judge with several rows on one case was asked again, which is how its consistency with itself is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location
from genops.evals.datasets.sources.csv import csv_rows
from genops.evals.datasets.sources.text_lines import UTF8
from genops.evals.judges.words import Kind, as_people_say, kind_of, number_of, value_of
from genops.syntax import json_lines, read_text

_MISSING = frozenset({"", "none", "null", "nan", "n/a"})
_BOOLEAN = {"true": "yes", "false": "no"}
_GREATEST = 1e100
_MOST = 512 * 1024 * 1024
_TEXTS = ("question", "input", "output", "output_1", "output_2")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one judge says of one case, beside what a person says.

    Attributes:
        case: What was judged: the id of the case, with its variant and metric where the row names them.
        judge: Name of the judge; empty for a row of a person alone.
        human: None where nobody has labelled it.
        verdict: None where the judge's answer was no verdict.
        swapped: Its verdict in the other order; None where that was none.
        both_orders: Whether it was asked in both.
        pair: Whether the label is the better one of two.
        again: Its verdicts when it was asked again.
        cluster: Of the case; the case itself where none is given.
        lengths: Characters of what was judged: of the one text, or of the first and the second; empty if not known.
        drawn: ``random``, ``chosen`` because it tells much, or empty where nothing is said of it.
        shown: What a person needs to read of it.
        id: Of the case.
        variant: Whose output it is; empty where the row does not say.
        metric: Which score the label is of; empty for all.
    """

    case: str
    judge: str
    human: str | None
    verdict: str | None
    swapped: str | None = None
    both_orders: bool = False
    pair: bool = False
    again: tuple[str | None, ...] = ()
    cluster: str = ""
    lengths: tuple[float, ...] = ()
    drawn: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    variant: str = ""
    metric: str = ""

    @property
    def verdicts(self) -> tuple[str | None, ...]:
        """The verdict of each order."""
        return (self.verdict, self.swapped) if self.both_orders else (self.verdict,)

    @property
    def named(self) -> dict[str, str]:
        """How a labels file names what was judged."""
        more = (("variant", self.variant), ("metric", self.metric))
        return {"id": self.id, **{name: value for name, value in more if value}}

    def with_words(self, said: Callable[[str | None], str | None]) -> Judged:
        """The same with every verdict as ``said`` has it."""
        return replace(self, verdict=said(self.verdict), swapped=said(self.swapped), again=tuple(map(said, self.again)))

    def followed_by(self, row: Judged) -> Judged:
        """The same with a further row of the same judge, or of people, on the same case."""
        again = (*self.again, row.verdict) if self.judge else ()
        return replace(self, pair=self.pair or row.pair, again=again)

    @property
    def flips(self) -> bool:
        """Whether the two orders give two different verdicts."""
        return self.both_orders and None not in self.verdicts and self.verdict != self.swapped


@dataclass(frozen=True)
class Labels:
    """The rows of labels files.

    Attributes:
        rows: A case and judge each.
    """

    rows: tuple[Judged, ...]

    @cached_property
    def judges(self) -> dict[str, list[Judged]]:
        """Rows by judge, in the order of the file; rows of people alone belong to none."""
        found: dict[str, list[Judged]] = {}
        for row in self.rows:
            if row.judge:
                found.setdefault(row.judge, []).append(row)
        return found

    @cached_property
    def human(self) -> dict[str, str]:
        """What people say, by case."""
        return {row.case: row.human for row in self.rows if row.human is not None}

    @cached_property
    def chosen(self) -> frozenset[str]:
        """Cases that were picked because they tell much, and not at random."""
        return frozenset(row.case for row in self.rows if row.drawn == "chosen")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All labels and verdicts, sorted."""
        said = {row.human for row in self.rows} | {word for row in self.rows for word in (*row.verdicts, *row.again)}
        words = {word for word in said if word is not None}
        return tuple(sorted(words, key=lambda word: (number_of(word) is None, number_of(word) or 0.0, word)))

    @cached_property
    def kind(self) -> Kind:
        """What the labels are: the better one of a pair, words, or numbers."""
        return "pair" if any(row.pair for row in self.rows) else kind_of({*self.human.values()}, self.words)

    def value(self, label: str) -> float | None:
        """A label as a number whose mean says something; None for a word that has none."""
        return value_of(label, self.kind)

    def of(self, variant: str, metric: str, *, first: bool) -> Labels:
        """The human labels of one score of one variant, with the plain ids of their cases.

        Where a case has several, the one that says more exactly what it is of counts.

        Args:
            variant: Its name.
            metric: Name of the score.
            first: Whether labels that name no variant are of this one.
        """
        found: dict[str, Judged] = {}
        for row in sorted(self.rows, key=lambda row: (row.metric != "", row.variant != "")):
            ours = row.variant == variant or (first and not row.variant)
            if row.human is not None and ours and row.metric in ("", metric):
                found[row.id] = replace(row, case=row.id)
        return Labels(tuple(found.values()))

    @classmethod
    def load(cls, *paths: Path) -> Labels:
        """Reads files, as if they were one.

        Raises:
            UsageError: It is missing or empty, a row is none, or two rows contradict each other; with the line.
        """
        merged: dict[tuple[str, str], Judged] = {}
        told: list[Judged] = []
        human: dict[str, tuple[str, Location]] = {}
        marked: dict[str, set[str]] = {}
        for at, raw in (record for path in paths for record in _records(path)):
            row = _row(raw, at)
            marked.setdefault(row.drawn, set()).add(row.case)
            if raw.get("undo") is True:
                human.pop(row.case, None)
                continue
            if row.human is not None:
                word, before = human.setdefault(row.case, (row.human, at))
                if word != row.human:
                    raise DefinitionError(f"case {row.case!r} is {row.human!r} here and {word!r} at {before}", at=at)
            told.append(row)
            known = merged.get((row.case, row.judge))
            merged[row.case, row.judge] = known.followed_by(row) if known else row
        if not merged:
            raise DefinitionError("there are no rows", at=Location(paths[0]))
        said = {case: word for case, (word, _) in human.items()}
        marks = {case: drawn for drawn in ("", "chosen", "random") for case in marked.get(drawn, ())}
        rows = (replace(row, human=said.get(row.case), drawn=marks[row.case]) for row in merged.values())
        return cls(_joined(rows, told))._in_words_of_people()

    def _in_words_of_people(self) -> Labels:
        """The same with the verdicts of judges in the words that people use, where those mean the same."""
        human = {*self.human.values()}
        if not human:
            return self
        words = {word: as_people_say(word, human, self.kind) for word in (*self.words, None)}
        return Labels(tuple(row.with_words(words.__getitem__) for row in self.rows))


def _joined(rows: Iterable[Judged], told: Sequence[Judged]) -> tuple[Judged, ...]:
    """The rows, each with what all that were read tell of its case: one file has texts, and another verdicts."""
    clusters = {row.id: row.cluster for row in reversed(told) if row.cluster}
    lengths = {row.case: row.lengths for row in reversed(told) if row.lengths}
    shown: dict[str, Mapping[str, str]] = {}
    for row in told:
        shown[row.case] = {**row.shown, **shown.get(row.case, {})}
    return tuple(
        replace(
            row,
            cluster=row.cluster or clusters.get(row.id, row.id),
            lengths=row.lengths or lengths.get(row.case, ()),
            shown=shown[row.case],
        )
        for row in rows
    )


def is_table(path: Path) -> bool:
    """Whether a labels file is one of CSV, by its name; the others are JSON Lines."""
    return path.suffix.lower() in (".csv", ".tsv")


def _records(path: Path) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    if not is_table(path):
        return json_lines(read_text(path, "labels file", _MOST), path)
    return ((row.at, _told(row.values)) for row in csv_rows(path, None, UTF8, _MOST))


def _told(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of a table without the texts that it does not have; in JSON an empty text is one."""
    return {name: value for name, value in values.items() if value != "" or name not in _TEXTS}


def _row(raw: Mapping[str, Any], at: Location) -> Judged:
    case = raw.get("id", raw.get("case"))
    if case is None or not str(case).strip():
        raise DefinitionError("the row has no `id`", at=at, hint="`id` (or `case`) names the case; see docs/judges.md")
    variant, metric = (str(raw.get(name) or "").strip() for name in ("variant", "metric"))
    named = "verdict" if "verdict" in raw else "forward"
    drawn = str(raw.get("drawn") or "")
    if drawn not in ("", "random", "chosen"):
        raise DefinitionError(f"`drawn` is random or chosen, not {drawn!r}", at=at)
    verdict, swapped = label_of(raw.get(named), at), label_of(raw.get("swapped"), at)
    judge = str(raw.get("judge") or "").strip()
    if not judge and named in raw and ("judge" not in raw or verdict or swapped):
        judge = "judge"
    both_orders = bool(judge) and "swapped" in raw and str(raw["swapped"]).strip() != ""
    lengths = _lengths(raw, at)
    return Judged(
        case=_unit(str(case), variant, metric),
        judge=judge,
        human=label_of(raw.get("human"), at),
        verdict=verdict,
        swapped=swapped,
        both_orders=both_orders,
        pair=both_orders or len(lengths) == 2 or raw.get("pair") is True,
        cluster="" if raw.get("cluster") is None else str(raw["cluster"]).strip(),
        lengths=lengths,
        drawn=drawn,
        shown={name: str(raw[name]) for name in _TEXTS if raw.get(name) is not None},
        id=str(case),
        variant=variant,
        metric=metric,
    )


def _unit(case: str, variant: str, metric: str) -> str:
    """What is labelled, in words: ``c1``, ``c1 of answer@2``, ``c1 of answer@2, brief``."""
    return ", ".join(filter(None, (f"{case} of {variant}" if variant else case, metric)))


def label_of(raw: Any, at: Location | None = None) -> str | None:
    """A label as text: 1, 1.0 and ``1`` are the same, and ``Yes`` and ``yes``; None where it says that there is none.

    Raises:
        DefinitionError: It is no word and no number of common size.
    """
    if isinstance(raw, (list, dict)):
        raise DefinitionError(f"a label is a word or a number, not {raw!r}", at=at)
    word = "" if raw is None else str(raw).strip().casefold()
    if word in _MISSING:
        return None
    number = number_of(word)
    if number is None:
        return _BOOLEAN.get(word, word)
    if abs(number) > _GREATEST:
        raise DefinitionError(f"a label is a number of common size, not {raw}", at=at)
    return f"{number:.15g}"


def _lengths(raw: Mapping[str, Any], at: Location) -> tuple[float, ...]:
    pair = (_length(raw, "_1", at), _length(raw, "_2", at))
    if pair[0] is not None and pair[1] is not None:
        return (pair[0], pair[1])
    one = _length(raw, "", at)
    return () if one is None else (one,)


def _length(raw: Mapping[str, Any], which: str, at: Location) -> float | None:
    given = raw.get(f"length{which}")
    if given is None or given == "":
        text = raw.get(f"output{which}")
        return None if text is None else float(len(str(text)))
    number = number_of(str(given))
    if number is None or number < 0:
        raise DefinitionError(f"`length{which}` is a number of characters, not {given!r}", at=at)
    return number
