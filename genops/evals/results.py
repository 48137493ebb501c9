"""Stored evaluations: found by what people call them, summarised, and read with what was asked and answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from genops.artifacts import Value, decode
from genops.errors import GenopsError, ReferenceNotFound, nearest
from genops.evals.case import Case
from genops.evals.datasets import Dataset
from genops.evals.judges.labels import Labels
from genops.evals.summary import CorrectionName, Summary, Tally, summarise
from genops.executor.revisions import Revision
from genops.settings import Settings
from genops.store import Store
from genops.store.records.evaluations import EvalRecord, SampleRecord

LAST = "last"
_LISTED = 10
_SEARCHED = 10_000
_GIT = "git:"
_HEX = re.compile("[0-9a-f]{4,}")


@dataclass(frozen=True, slots=True)
class Found:
    """An evaluation that people meant.

    Attributes:
        record: The evaluation.
        variant: Name of its variant that they meant, by a lock's digest; None where they meant the whole.
    """

    record: EvalRecord
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A sample with what was asked and answered.

    Attributes:
        record: As it is stored.
        case: What was asked; None where the dataset is no longer kept.
        output: What the chain gave; None where it gave nothing or it is no longer stored.
        gone: Whether there was an output that is no longer stored.
    """

    record: SampleRecord
    case: Case | None
    output: Value
    gone: bool


@dataclass(frozen=True)
class Results:
    """The evaluations of a project.

    Args:
        store: That holds them.
        settings: The project's.
    """

    store: Store
    settings: Settings

    def find(self, reference: str, suite: str | None = None, *, prefer: str | None = None) -> Found:
        """The newest evaluation that people call so.

        Args:
            reference: The name that it was given, its id or the beginning of it, ``last`` or ``last~2``, the git
                commit that it was run at or a revision that leads there (``git:main``), the digest of a variant's lock,
                or the name of its suite.
            suite: Only evaluations of this suite.
            prefer: Name of a suite whose evaluations come before all others: at one git commit several suites were run.

        Raises:
            ReferenceNotFound: There is none; the message lists what there is.
            UsageError: It is a git revision, and there is no git.
        """
        records = self.store.evaluations(suite=suite, limit=_SEARCHED)
        if prefer is not None:
            records.sort(key=lambda record: record.suite != prefer)
        if back := re.fullmatch(rf"{LAST}(?:~(\d{{1,6}}))?", reference):
            number = int(back[1] or 0)
            if number < len(records):
                return Found(records[number])
            raise self._missing(reference, records)
        wanted = reference
        if reference.startswith(_GIT):
            wanted = Revision(self.settings.root, reference.removeprefix(_GIT)).commit
        for fits in _WAYS if wanted else ():  # nothing would be the name of those that have none
            for record in records:
                variant = fits(record, wanted)
                if variant is not None:
                    return Found(record, variant or None)
        raise self._missing(reference, records)

    def summary(
        self,
        found: Found,
        *,
        against: Found | None = None,
        reference: str | None = None,
        correction: CorrectionName | None = None,
        failures: int = 20,
    ) -> Summary:
        """What an evaluation's samples say.

        Args:
            found: The evaluation.
            against: Another one to compare with, or one variant of the same.
            reference: Name of the variant to compare with; default the gate's baseline, else the first, or with
                ``against`` the one of that name.
            correction: Of the comparisons' tests; default as :func:`summarise` says.
            failures: How many failed samples of each kind to keep of each variant.

        Raises:
            UsageError: There is no such variant, or the suite's labels cannot be read.
        """
        tally = self.tally(found, failures)
        wanted = reference or (against.variant if against is not None else None)
        within = against is not None and found.variant is None and against.record.id == found.record.id
        other = None if against is None or within else self.tally(against, 0)
        labels = self._labels(found.record)
        return summarise(tally, reference=wanted, against=other, labels=labels, correction=correction)

    def tally(self, found: Found, failures: int = 20) -> Tally:
        """An evaluation's samples as numbers; of one variant alone where that was meant."""
        tally = Tally.read(self.store, found.record, self.settings.data_dir, keep=failures)
        return tally if found.variant is None else tally.only(found.variant)

    def samples(self, record: EvalRecord, wanted: Callable[[SampleRecord], bool]) -> Iterator[StoredSample]:
        """The samples that are wanted, with what was asked and answered, one by one.

        Args:
            record: Of the evaluation.
            wanted: Tells which.
        """
        dataset = self.dataset(record)
        for sample in self.store.samples(record.id):
            if wanted(sample):
                case = dataset[sample.case_number] if dataset is not None else None
                yield self._stored(sample, case)

    def dataset(self, record: EvalRecord) -> Dataset | None:
        """The cases of an evaluation; None where they are no longer kept."""
        entry = record.body["manifest"]["dataset"]
        try:
            return Dataset.stored(entry["digest"], self.settings.data_dir, entry["name"])
        except GenopsError:
            return None

    def _labels(self, record: EvalRecord) -> Labels | None:
        """The labels that the suite named, as they are now: people may have labelled since."""
        file = record.body.get("about", {}).get("labels", "")
        return Labels.load(self.settings.root / file) if file else None

    def _stored(self, sample: SampleRecord, case: Case | None) -> StoredSample:
        payload = None if sample.output is None else self.store.payload(sample.output)
        output = None if payload is None else decode(payload)
        return StoredSample(sample, case, output, sample.output is not None and payload is None)

    def _missing(self, reference: str, records: list[EvalRecord]) -> ReferenceNotFound:
        if not records:
            return ReferenceNotFound(
                f"there is no evaluation {reference!r}: none is stored", hint="make one with `genops eval run SUITE`"
            )
        known = ["  ".join(filter(None, (record.id[:12], record.suite, record.name))) for record in records[:_LISTED]]
        more = f"\n  and {len(records) - _LISTED:,} older ones" if len(records) > _LISTED else ""
        names = {word for record in records for word in (record.name, record.suite) if word}
        near = nearest(reference, names)
        return ReferenceNotFound(
            f"there is no evaluation {reference!r}: it is no id, name, revision or lock of one",
            hint=f"{f'{near}; ' if near else ''}there are:\n  " + "\n  ".join(known) + more,
        )


def _by_name(record: EvalRecord, reference: str) -> str | None:
    return "" if record.name == reference else None


def _by_id(record: EvalRecord, reference: str) -> str | None:
    return "" if _HEX.fullmatch(reference) and record.id.startswith(reference) else None


def _by_revision(record: EvalRecord, reference: str) -> str | None:
    """A commit stands for the evaluations of its very files; ``COMMIT+`` for those of changed ones."""
    commit, changed, _ = str(record.body.get("about", {}).get("revision", "")).partition("+")
    wanted, plus, _ = reference.partition("+")
    return "" if _HEX.fullmatch(wanted) and commit.startswith(wanted) and plus == changed else None


def _by_lock(record: EvalRecord, reference: str) -> str | None:
    digest = reference.removeprefix("#")
    if not _HEX.fullmatch(digest):
        return None
    variants = record.body["manifest"]["variants"]
    return next((str(entry["name"]) for entry in variants if entry["lock"].startswith(digest)), None)


def _by_suite(record: EvalRecord, reference: str) -> str | None:
    return "" if record.suite == reference else None


_WAYS: tuple[Callable[[EvalRecord, str], str | None], ...] = (_by_name, _by_id, _by_revision, _by_lock, _by_suite)
