"""Which descriptors of texts changed from one window to another, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from genops.drift.descriptor import Descriptor, OfText, Reference, Value, find_descriptor
from genops.drift.own_unit import CategoryChange, NumberChange, category_change, number_change
from genops.drift.relabelling import RELABELLINGS
from genops.drift.samples import Codes, Labels, Samples, in_proportion, strata_of
from genops.drift.two_sample import TwoSampleResult, find_test
from genops.errors import InputError
from genops.plugins import registry
from genops.stats import benjamini_hochberg, holm
from genops.stats.clusters import cluster_codes

Corrected: TypeAlias = Literal["holm", "benjamini_hochberg"]
TESTS: Mapping[OfText, str] = MappingProxyType({"number": "kolmogorov_smirnov", "category": "chi_square"})
_CORRECTIONS = {"holm": holm, "benjamini_hochberg": benjamini_hochberg}
_LEAST_SHARE = 0.05
_LEAST_GROUPS = 2


@dataclass(frozen=True, slots=True, eq=False)
class DescriptorChange:
    """What became of one descriptor.

    Attributes:
        descriptor: Its name.
        unit: Of its numbers, or of what its categories are.
        result: Of the two-sample test.
        adjusted: The p-value for having tested all descriptors.
        significant: Whether that is at most alpha.
        change: In its own unit.
        expected: What the mean of an unchanged window is by the reference alone; None where nothing is known of it.
        rows: Numbers of the texts that were compared, of the reference and of the current window. A text that it does
            not apply to is not, nor one of the reference that it learned from.
        applies: The share of the texts that it applies to, in the reference and now.
        samples: Its values, in the order of ``rows``.
    """

    descriptor: str
    unit: str
    result: TwoSampleResult
    adjusted: float
    significant: bool
    change: NumberChange | CategoryChange
    expected: float | None
    rows: tuple[Codes, Codes]
    applies: tuple[float, float]
    samples: Samples


@dataclass(frozen=True, slots=True, eq=False)
class DescriptorChanges:
    """What became of all descriptors.

    Attributes:
        changes: The least p-value first, then the greatest separation.
        left_out: Why a descriptor was not tested, by its name.
        alpha: What the error of ``method`` is kept below.
        method: How the p-values were corrected.
    """

    changes: tuple[DescriptorChange, ...]
    left_out: Mapping[str, str]
    alpha: float
    method: str


def describe(
    texts: Sequence[str],
    reference: Reference,
    descriptors: Sequence[str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, list[Value]]:
    """A column of values for each descriptor.

    Args:
        texts: Any; none of them is one of the reference's.
        reference: What descriptors learn from.
        descriptors: Their names; None for all there are.
        settings: Of descriptors, by their names.

    Raises:
        ReferenceNotFound: There is no descriptor of a name.
        DefinitionError: A descriptor fails.
    """
    names = registry.names("descriptor") if descriptors is None else descriptors
    own = settings or {}
    return {name: find_descriptor(name).describe(texts, reference, own.get(name)) for name in names}


def descriptor_changes(
    reference: Sequence[str],
    current: Sequence[str],
    *,
    groups: tuple[Labels, Labels] | None = None,
    contexts: tuple[Labels, Labels] | None = None,
    descriptors: Sequence[str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    tests: Mapping[OfText, str] = TESTS,
    correction: Corrected = "holm",
    alpha: float = 0.05,
    relabellings: int = RELABELLINGS,
    seed: int = 0,
    level: float = 0.95,
) -> DescriptorChanges:
    """Tests each descriptor of texts, all together at alpha.

    What a descriptor learns from the reference it learns from half of its groups, and the other half is compared, so
    that relabelling stays exact. A descriptor is left out where it applies to less than a twentieth of the texts or to
    fewer than two groups of a window, and where all texts are alike to it.

    Args:
        reference: Texts of the reference.
        current: Texts now.
        groups: Of the texts of either; None where each stands alone.
        contexts: Of the texts of either, within which they are relabelled; None where they are not known.
        descriptors: Their names; None for all there are.
        settings: Of descriptors, by their names.
        tests: The two-sample test of numbers and that of categories.
        correction: ``holm`` keeps the probability of any false one below alpha, ``benjamini_hochberg`` the expected
            share of false ones among those that are significant.
        alpha: Of all descriptors together.
        relabellings: B.
        seed: Of everything that is drawn.
        level: Of the intervals.

    Raises:
        InputError: A window is empty.
        ReferenceNotFound: There is no descriptor or test of a name.
        DefinitionError: A descriptor fails, or a test is of something else.
    """
    if not reference or not current:
        raise InputError("the reference has no texts" if not reference else "the current window has no texts")
    names = registry.names("descriptor") if descriptors is None else descriptors
    windows = _Windows.of(reference, current, groups, contexts, seed)
    found, left_out = [], {}
    for name in names:
        made = find_descriptor(name)
        column = windows.column(made, (settings or {}).get(name))
        if isinstance(column, str):
            left_out[name] = column
            continue
        result = find_test(tests[made.of]).run(column.samples, relabellings=relabellings, seed=seed, level=level)
        found.append((made, column, result))
    corrected = _CORRECTIONS[correction]([result.p for _, _, result in found], alpha)
    changes = [
        DescriptorChange(
            made.name,
            made.unit,
            result,
            adjusted,
            significant,
            number_change(column.samples, level)
            if made.of == "number"
            else category_change(column.samples, seed, level),
            made.expected(windows.taught) if made.expected else None,
            column.rows,
            column.applies,
            column.samples,
        )
        for (made, column, result), adjusted, significant in zip(
            found, corrected.adjusted, corrected.rejected, strict=True
        )
    ]
    changes.sort(key=lambda change: (change.result.p, -np.nan_to_num(change.result.separation.estimate)))
    return DescriptorChanges(tuple(changes), left_out, alpha, corrected.method)


@dataclass(frozen=True, slots=True)
class _Column:
    """The values of a descriptor that are compared, and of which texts they are."""

    samples: Samples
    rows: tuple[Codes, Codes]
    applies: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Windows:
    """Both windows, and the half of the reference that descriptors learn from.

    Attributes:
        texts: Of the reference, and now.
        groups: The same, of their groups' numbers.
        contexts: The same, of their known contexts; None where there are none.
        taught: What descriptors learn from.
        held_out: Rows of the reference that they do not learn from.
    """

    texts: tuple[Sequence[str], Sequence[str]]
    groups: tuple[Codes, Codes]
    contexts: tuple[Labels, Labels] | None
    taught: Reference
    held_out: Codes

    @classmethod
    def of(
        cls,
        reference: Sequence[str],
        current: Sequence[str],
        groups: tuple[Labels, Labels] | None,
        contexts: tuple[Labels, Labels] | None,
        seed: int,
    ) -> _Windows:
        named = groups or (None, None)
        own, count = cluster_codes(named[0], len(reference))
        learned = np.zeros(count, dtype=np.bool_)
        order = np.random.default_rng([seed, 2]).permutation(count)
        if contexts is not None:
            order = in_proportion(order, strata_of(own, cluster_codes(contexts[0], len(reference))[0]))
        learned[order[: count // 2]] = True
        rows = np.flatnonzero(learned[own])
        taught = Reference.of([reference[row] for row in rows.tolist()], own[rows].tolist())
        codes = own, cluster_codes(named[1], len(current))[0]
        return cls((reference, current), codes, contexts, taught, np.flatnonzero(~learned[own]))

    def column(self, made: Descriptor[Any, Any], settings: Mapping[str, Any] | None) -> _Column | str:
        """What a descriptor says of the texts, or why it cannot be tested."""
        asked = self.held_out if made.learns else np.arange(len(self.texts[0])), np.arange(len(self.texts[1]))
        if made.learns and not self.taught.texts:
            return "the reference has one group, and half of its groups are to learn from"
        values: list[list[Any]] = []
        rows: list[Codes] = []
        for texts, wanted in zip(self.texts, asked, strict=True):
            told = made.describe([texts[row] for row in wanted], self.taught, settings)
            kept = [place for place, value in enumerate(told) if value is not None]
            values.append([told[place] for place in kept])
            rows.append(wanted[np.array(kept, dtype=np.intp)])
        labels = tuple(own[kept] for own, kept in zip(self.groups, rows, strict=True))
        contexts = None
        if self.contexts is not None:
            contexts = [self.contexts[0][row] for row in rows[0]], [self.contexts[1][row] for row in rows[1]]
        applied, sizes = [len(kept) for kept in rows], [len(wanted) for wanted in asked]
        fewest = min(len(np.unique(own)) for own in labels)
        if fewest < _LEAST_GROUPS or sum(applied) < _LEAST_SHARE * sum(sizes):
            return f"it applies to {applied[0]} of {sizes[0]} texts of the reference and {applied[1]} of {sizes[1]} now"
        if len({*values[0], *values[1]}) == 1:
            return f"all texts have the same: {values[0][0]}"
        make = Samples.of_numbers if made.of == "number" else Samples.of_categories
        samples = make(values[0], values[1], groups=(labels[0].tolist(), labels[1].tolist()), contexts=contexts)
        return _Column(samples, (rows[0], rows[1]), (applied[0] / sizes[0], applied[1] / sizes[1]))
