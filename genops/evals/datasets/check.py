"""What is wrong with a dataset: copies, leaks between splits, expectations that are missing or contradictory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from genops.evals.case import Case
from genops.evals.datasets.dataset import Dataset
from genops.evals.datasets.sameness import exact_key, near_key, texts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["contradiction", "leak", "duplicate", "empty", "unreviewed"]
How = Literal["exact", "text", "embedding"]
CLASSES = 20
"""Different expected values, at most, for them to be classes."""

_ROWS = 2048
_SAME = {
    "exact": "the same inputs",
    "text": "the same text but for case and marks",
    "embedding": "nearly the same",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a few cases.

    Attributes:
        kind: What it is.
        cases: Their ids.
        message: In words.
        how: By what the cases are the same; None where they need not be.
        wrong: Whether it makes results wrong; else it is only worth a look.
    """

    kind: Kind
    cases: tuple[str, ...]
    message: str
    how: How | None = None
    wrong: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a dataset.

    Attributes:
        cases: How many there are.
        digest: Of the dataset.
        derived: Cases that were given no id of their own.
        splits: Cases by split; the empty name is that of none.
        tags: Cases by tag, by split.
        classes: Cases by what is expected, by split, where that is one of a few plain values; else empty.
        findings: The wrong ones first.
    """

    cases: int
    digest: str
    derived: int
    splits: dict[str, int]
    tags: dict[str, dict[str, int]]
    classes: dict[str, dict[str, int]]
    findings: list[Finding] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.wrong for finding in self.findings)


class _Known:
    """What is kept of each case while the dataset goes by: a few numbers."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.exact, self.near, self.expected = array("Q"), array("Q"), array("Q")
        self._splits, self._names = array("L"), dict[str, int]()

    def add(self, case: Case) -> None:
        asked = case.asked
        self.exact.append(exact_key(asked))
        self.near.append(near_key(asked))
        self.expected.append(exact_key({"expected": case.expected}))
        self._splits.append(self._names.setdefault(case.split, len(self._names)))

    def ids(self, group: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.dataset[number].id for number in group)

    def splits(self, group: Iterable[int]) -> list[str]:
        names = list(self._names)
        return sorted({names[self._splits[number]] for number in group} - {""})

    def agree(self, group: Iterable[int]) -> bool:
        """Whether the same is expected of all of them."""
        return len({self.expected[number] for number in group}) == 1


def check_dataset(
    dataset: Dataset,
    embed: Callable[[list[str]], NDArray[np.float32]] | None = None,
    similarity: float = 0.95,
) -> Report:
    """Looks through a dataset once, and keeps a few bytes of each case.

    Args:
        dataset: Of any size.
        embed: Gives normalised vectors of texts, to find cases that say the same in other words; None to leave it out.
        similarity: Cosine from which two of them are nearly the same.
    """
    known, tags, classes = _Known(dataset), dict[str, Counter[str]](), dict[str, Counter[str]]()
    splits, empty, unreviewed = Counter[str](), list[str](), list[str]()
    for case in dataset:
        known.add(case)
        splits[case.split] += 1
        tags.setdefault(case.split, Counter()).update(case.tags)
        _count_class(classes, case)
        if case.expected in (None, "", [], {}) and not case.scorers:
            empty.append(case.id)
        if case.metadata.get("reviewed") is False:
            unreviewed.append(case.id)
    findings = [*_of_groups(known, embed, similarity), *_of_expectations(empty, len(dataset))]
    if unreviewed:
        message = f"{len(unreviewed):,} generated cases were not reviewed"
        findings.append(Finding("unreviewed", tuple(unreviewed), message, wrong=False))
    few = len({name for counts in classes.values() for name in counts}) <= CLASSES
    return Report(
        cases=len(dataset),
        digest=dataset.digest,
        derived=dataset.derived,
        splits=dict(splits),
        tags={split: dict(counts) for split, counts in tags.items() if counts},
        classes={split: dict(counts) for split, counts in classes.items() if counts} if few else {},
        findings=sorted(findings, key=lambda finding: not finding.wrong),
    )


def _count_class(classes: dict[str, Counter[str]], case: Case) -> None:
    """Counts what is expected, up to where it is clear that these are no classes."""
    counts = classes.setdefault(case.split, Counter())
    name = str(case.expected) if isinstance(case.expected, (str, bool, int)) else "(other)"
    if case.expected is not None and (name in counts or len(counts) <= CLASSES):
        counts[name] += 1


def _of_expectations(empty: list[str], cases: int) -> Iterator[Finding]:
    """Cases without what is expected; where no case has it, the dataset is of another kind."""
    if empty and len(empty) < cases:
        yield Finding("empty", tuple(empty), f"{len(empty):,} of {cases:,} cases expect nothing")


def _of_groups(
    known: _Known,
    embed: Callable[[list[str]], NDArray[np.float32]] | None,
    similarity: float,
) -> Iterator[Finding]:
    """What is wrong with cases that are the same, the surest way of telling so first."""
    seen: set[tuple[int, ...]] = set()
    groups: list[tuple[How, Iterable[tuple[int, ...]]]] = [
        ("exact", _equal(known.exact)),
        ("text", _equal(known.near)),
    ]
    if embed is not None:
        texts = ["\n".join(texts_of(case.asked)) for case in known.dataset]
        groups.append(("embedding", _alike(embed(texts), similarity)))
    for how, found in groups:
        for group in found:
            if group not in seen:
                seen.add(group)
                yield from _of_group(known, group, how)


def _of_group(known: _Known, group: tuple[int, ...], how: How) -> Iterator[Finding]:
    ids, splits, same = known.ids(group), known.splits(group), _SAME[how]
    if how != "embedding" and not known.agree(group):
        yield Finding("contradiction", ids, f"{same}, and different things are expected", how)
    if len(splits) > 1:
        yield Finding("leak", ids, f"{same} in the splits {' and '.join(splits)}", how)
    elif how == "embedding" or known.agree(group):
        yield Finding("duplicate", ids, same, how, wrong=how == "exact")


def _equal(keys: array[int] | NDArray[Any]) -> list[tuple[int, ...]]:
    """Numbers of cases with one key, where there are several; in the order of the first of each."""
    import numpy as np

    keys = np.asarray(keys)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order])) + 1
    groups = [tuple(group.tolist()) for group in np.split(order, starts) if len(group) > 1]
    return sorted(groups)


def _alike(vectors: NDArray[np.float32], similarity: float) -> list[tuple[int, ...]]:
    """Numbers of cases that are linked by similarity, where there are several."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, len(vectors), _ROWS):
        close = np.argwhere(vectors[start : start + _ROWS] @ vectors[start:].T >= similarity) + start
        pairs.append(close[close[:, 0] < close[:, 1]])
    links = np.concatenate(pairs)
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(vectors), len(vectors)))
    _, labels = connected_components(graph, directed=False)
    return _equal(labels)


def counts_of(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many findings of each kind there are."""
    return dict(Counter[Any](finding.kind for finding in findings))
