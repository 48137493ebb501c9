"""What a drift check says: plain values, as they are stored and as every report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter

from genops.drift.windows import Kind
from genops.errors import ExitCode
from genops.evals.summary import Histogram, Measure

Verdict: TypeAlias = Literal["drift", "undecided", "quiet"]
Family: TypeAlias = Literal["values", "descriptors", "topics", "concepts"]
"""What is asked of a state: are its values other ones, does a property of its texts differ, its mix of topics, and are
there new concepts. Each family has an equal part of alpha."""
EXITS: dict[Verdict, ExitCode] = {
    "drift": ExitCode.BAD_VERDICT,
    "undecided": ExitCode.UNDECIDED,
    "quiet": ExitCode.OK,
}


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """What a window is made of.

    Attributes:
        name: As people wrote it.
        rows: That are compared.
        groups: Of rows that are not independent; as many as rows where each stands alone.
        drawn_from: Rows that there were before some were drawn.
        left_out: Observations that gave no row, by the reason.
        first: Time of the first row, in nanoseconds since the epoch; None where rows have no time.
        last: Of the last one.
        embedder: Name of the embedder of given vectors, empty where it is not known; None where rows are none.
    """

    name: str
    rows: int
    groups: int
    drawn_from: int
    left_out: Mapping[str, int]
    first: int | None = None
    last: int | None = None
    embedder: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A category whose share moved.

    Attributes:
        category: Its name.
        before: Its share of the reference, 0 to 1.
        after: Its share now.
        difference: Of the two.
    """

    category: str
    before: Measure
    after: Measure
    difference: Measure


@dataclass(frozen=True, slots=True)
class Change:
    """By how much something changed, in its own unit.

    Attributes:
        unit: Of the three measures.
        before: Mean in the reference.
        after: Mean now.
        difference: Of the means, now minus before.
        median: Difference of the medians; None where there is none.
        moved: Categories whose share moved most, for categories.
        expected: What the mean of an unchanged window is by the reference alone; None where nothing is known of it.
    """

    unit: str
    before: Measure | None = None
    after: Measure | None = None
    difference: Measure | None = None
    median: Measure | None = None
    moved: tuple[Moved, ...] = ()
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One question that was asked of a state.

    Attributes:
        family: What it is asked about.
        name: Of the test or descriptor: unique in its family.
        test: Name of the two-sample test.
        p: By relabelling; None where it could not be tested.
        adjusted: The same for having asked all questions of the check; None where it could not be tested.
        separation: 0 where the windows cannot be told apart, 0.1 as though a tenth of the current rows were of a kind
            that the reference has none of.
        alarm: ``adjusted`` is at most alpha, and the separation at least the smallest one that alarms.
        change: In its own unit; None where it has none.
        missing: Why it could not be tested; empty where it could.
        details: What else the test told.
    """

    family: Family
    name: str
    test: str
    p: float | None
    adjusted: float | None
    separation: Measure
    alarm: bool
    change: Change | None = None
    missing: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A row that is shown.

    Attributes:
        id: Of its run, case or line.
        run: Id of its run; empty where it has none.
        text: Its beginning.
        witness: Share of all rows that speak less for the current window, 0 to 1.
        told: What the leading question sees of it, such as ``14 words``; empty where the row itself says it.
    """

    id: str
    run: str
    text: str
    witness: float | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class TermFact:
    """A word or phrase whose frequency changed.

    Attributes:
        term: The words.
        new: The reference has none of it.
        before: Per 1,000 words of the reference.
        after: Per 1,000 words now.
        counts: In the reference, and now.
        z: Standard errors by which its log-odds moved; for the order alone.
        p: By relabelling, for all terms at once.
        examples: Rows that have it.
    """

    term: str
    new: bool
    before: float
    after: float
    counts: tuple[int, int]
    z: float
    p: float
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicFact:
    """A topic of the reference, and its share of both windows.

    Attributes:
        name: Its telling words.
        before: Share of the reference.
        after: Share of the current window.
        difference: Of the two.
        examples: The rows next to its centre.
    """

    name: str
    before: Measure
    after: Measure
    difference: Measure
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class ConceptFact:
    """A group of current rows that the reference has nothing like.

    Attributes:
        name: Its telling words.
        rows: How many, of the current window.
        before: Their share of the reference: next to none.
        after: Their share of the current rows.
        examples: Those next to their centre.
    """

    name: str
    rows: int
    before: Measure
    after: Measure
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentFact:
    """A part of the rows, and how much of the change is in it.

    Attributes:
        by: What rows are told apart by: ``language``, ``version``.
        label: The part.
        rows: In the reference, and now.
        separation: Within the part.
        inside: What of the whole separation is that its rows changed; with ``mix``, of all parts, they add up to it.
        mix: What of it is that there are more or fewer of them.
    """

    by: str
    label: str
    rows: tuple[int, int]
    separation: Measure
    inside: Measure
    mix: Measure


@dataclass(frozen=True, slots=True)
class Since:
    """Since when it is so.

    Attributes:
        at: Nanoseconds since the epoch.
        low: The earliest that it may have been.
        high: The latest.
        level: Of confidence.
        p: That there is a change in the series at all, by relabelling.
        run: The first run behind it; empty where rows have none.
    """

    at: int
    low: int | None
    high: int | None
    level: float
    p: float
    run: str = ""


@dataclass(frozen=True, slots=True)
class ComponentFact:
    """A component of the chain that is not the same in both windows.

    Attributes:
        kind: ``prompt``, ``model``, …
        name: Its name.
        before: Beginnings of the digests of the version whose share fell most; empty where it is new.
        after: Of the version whose share rose most; empty where it is gone.
        at: When the newer one was first seen, in nanoseconds since the epoch; None where that is not known.
    """

    kind: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A stretch of time.

    Attributes:
        at: Its middle, in nanoseconds since the epoch.
        rows: In it.
        current: Whether they are of the current window.
        measure: The mean share of all rows that speak less for the current window: 0.5 where nothing changes.
    """

    at: int
    rows: int
    current: bool
    measure: Measure


@dataclass(frozen=True, slots=True)
class Point:
    """A row in the plane of the two directions in which the rows differ most.

    Attributes:
        x: Along the first.
        y: Along the second.
        current: Whether it is of the current window.
        concept: Number of its new concept, from 0; None for none.
        text: Its beginning.
    """

    x: float
    y: float
    current: bool
    concept: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Histograms:
    """How numbers are spread, on the same bins.

    Attributes:
        name: What they are of.
        unit: Of the numbers.
        before: Of the reference.
        after: Of the current window.
    """

    name: str
    unit: str
    before: Histogram
    after: Histogram


@dataclass(frozen=True, slots=True)
class StateSummary:
    """What became of one state.

    Attributes:
        name: What people know it by.
        kind: What a row is.
        reference: The window that it is compared with.
        current: The window that is judged.
        verdict: In one word.
        reason: Why, in one sentence.
        looks: Every question that was asked.
        visible: The separation that would have alarmed in four of five such checks; None where nothing could.
        leading: Name of the question that ``examples``, ``gone``, ``since``, ``segments``, ``components``, ``cause``
            and ``series`` are of: the alarm with the greatest separation; empty where nothing alarms.
        words: Words that changed most.
        topics: Of the reference.
        concepts: New ones.
        examples: Rows that speak most for the current window.
        gone: Rows of the reference that speak most against it.
        since: When it changed; None where that cannot be told.
        segments: Parts of the rows, the one with most of the change first.
        components: Of the chain, that differ between the windows.
        cause: What the alarm goes with, in one sentence; empty without an alarm.
        series: The change over time.
        points: Rows in a plane.
        histograms: Of the numbers that changed most.
    """

    name: str
    kind: Kind
    reference: WindowFacts
    current: WindowFacts
    verdict: Verdict
    reason: str
    looks: tuple[Look, ...] = ()
    visible: float | None = None
    leading: str = ""
    words: tuple[TermFact, ...] = ()
    topics: tuple[TopicFact, ...] = ()
    concepts: tuple[ConceptFact, ...] = ()
    examples: tuple[Example, ...] = ()
    gone: tuple[Example, ...] = ()
    since: Since | None = None
    segments: tuple[SegmentFact, ...] = ()
    components: tuple[ComponentFact, ...] = ()
    cause: str = ""
    series: tuple[SeriesPoint, ...] = ()
    points: tuple[Point, ...] = ()
    histograms: tuple[Histograms, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a check says.

    Attributes:
        id: Of the check.
        check: Name of its definition; empty for one of options alone.
        description: Of its definition.
        started: Nanoseconds since the epoch.
        ended: Nanoseconds since the epoch.
        alpha: Of a false alarm of the whole check.
        smallest: The least separation that alarms.
        wanted: The separation that must be visible for a window to be called quiet.
        relabellings: B.
        embedder: Which made the vectors; empty where there were none to make.
        verdict: In one word: the worst of the states'.
        states: Each by itself.
    """

    id: str
    check: str
    description: str
    started: int
    ended: int
    alpha: float
    smallest: float
    wanted: float
    relabellings: int
    embedder: str
    verdict: Verdict
    states: tuple[StateSummary, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Of the command that made it."""
        return EXITS[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """In plain types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Summary:
        """The summary of a ``to_json``, also after a round trip through JSON."""
        return _adapter().validate_python(data)


@cache
def _adapter() -> TypeAdapter[Summary]:
    return TypeAdapter(Summary)
