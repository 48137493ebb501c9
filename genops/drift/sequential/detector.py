"""The detector: looks after every item, for ever, and alarms on a quiet stream as seldom as was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genops.drift.samples import Labels
from genops.drift.sequential.baseline import Baseline
from genops.drift.sequential.evidence import Crossing, Evidence
from genops.drift.sequential.learned import LEARNED, MEMORIES, Learner
from genops.drift.sequential.reading import limits_of, share_of_new
from genops.drift.sequential.scale import READINGS
from genops.drift.sequential.sessions import Items
from genops.errors import InputError
from genops.stats.interval import Floats

RUN_LENGTH = 100_000
"""Items between two false alarms, on average and at least."""
_SHARE = 4
"""With learned witnesses a false alarm has two causes, the evidence and a wrong bound. Each is given a quarter of an
alarm per run length, so that both together keep the average even where they do not coincide."""
_BLOCK, _REMEMBERED = 250, 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something has changed.

    Attributes:
        item: Number of the item after which that was certain, from 0, counted from the detector's first.
        since: Number of the item with which the best run of bets began: the estimated onset. It comes late where what
            came first could not be told from chance, and early by some items that looked changed by chance.
        witness: What rose most surely: ``"learned from some hundred items"``.
        reading: How it is read: ``"share above the 0.97 quantile"``.
        reference: The reading's mean in the reference.
        bound: What it is at most without a change of more than the baseline's smallest, given the reference's size.
        mean: The reading's mean since the onset: more than it will be later on, as the run was chosen for it.
        change: Which share of items of a wholly new kind that mean speaks for, of a rank the separation; of a category
            and of values between two ends by how much their share or mean rose.
        evidence: The e-detector's value, which reached its threshold.
    """

    item: int
    since: int
    witness: str
    reading: str
    reference: float
    bound: float
    mean: float
    change: float
    evidence: float


class Detector:
    """Watches a stream for changes from a baseline, at a constant cost per item and with a state of constant size.

    However long the stream, as long as nothing changes: alarms are ``run_length`` items apart or more on average, and
    at most a share of L / ``run_length`` of all streams alarms within L items, but for the baseline's ``error``. A
    change of no more than the baseline's ``smallest`` is none. What is assumed is that under no change each item's
    readings have the reference's means whatever came before: items are independent, or at least not predictable, and
    of the mix of the reference at any hour.

    Rows may come one by one or in batches of any size: alarms and state are the same, to the last bit. After an alarm
    the evidence starts anew, so that a change that lasts is told again and again.

    Args:
        baseline: What to compare with.
        run_length: Items between two false alarms, on average and at least.

    Raises:
        InputError: The run length is not above 1.
    """

    def __init__(self, baseline: Baseline, run_length: float = RUN_LENGTH) -> None:
        if not 1 < run_length < np.inf:
            raise InputError(f"a run length is a number of items above 1, not {run_length}")
        self.baseline, self.run_length = baseline, run_length
        material = baseline.material
        share = 1 if material is None else _SHARE
        error = 1 / (share * run_length * len(MEMORIES))
        self._learners = (
            [] if material is None else [Learner(material, memory, error, baseline.smallest) for memory in MEMORIES]
        )
        learned = sum(len(learner.bounds) for learner in self._learners)
        self._evidence = Evidence(len(baseline.readings) + learned, share * run_length)
        self._bounds = limits_of(baseline.readings, baseline.smallest)
        self._alarms: list[Alarm] = []
        self.alarms_raised = 0

    @property
    def items(self) -> int:
        """Items seen."""
        return self._evidence.items

    @property
    def evidence(self) -> float:
        """Evidence of a change, as a share of what alarms."""
        return self._evidence.value / self._evidence.threshold

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The last hundred."""
        return tuple(self._alarms)

    def update(self, rows: Any, groups: Labels | None = None) -> tuple[Alarm, ...]:
        """Take the next rows in their order, and tell what alarms they raised.

        Args:
            rows: Vectors of shape (n, d), numbers of shape (n,) or n categories, as the baseline's.
            groups: The session of each row, where the baseline is of sessions; a session is given as a whole.

        Raises:
            InputError: The rows are not as the baseline's, or groups are given or missing; nothing was taken.
        """
        if (groups is not None) != self.baseline.sessions:
            raise InputError(
                "the baseline is of sessions, and these rows name none"
                if self.baseline.sessions
                else "the baseline is of rows that stand alone, and these name groups"
            )
        items = Items.of(self.baseline.gauge.rows(rows), groups)
        raised: list[Alarm] = []
        done = 0
        while done < len(items):
            size = min(_BLOCK, len(items) - done, *(learner.left for learner in self._learners))
            raised += self._take(items.part(done, done + size))
            done += size
        self.alarms_raised += len(raised)
        self._alarms = [*self._alarms, *raised][-_REMEMBERED:]
        return tuple(raised)

    def state(self) -> dict[str, Any]:
        """All there is to know but the baseline, in plain types: ``from_state`` continues to the last bit."""
        return {
            "baseline": self.baseline.digest,
            "run_length": self.run_length,
            "evidence": self._evidence.state(),
            "learners": [learner.state() for learner in self._learners],
            "alarms": [asdict(alarm) for alarm in self._alarms],
            "alarms_raised": self.alarms_raised,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], baseline: Baseline) -> Detector:
        """Continue where a detector stopped.

        Args:
            state: As ``state`` gave it, also after a round trip through JSON.
            baseline: The same as then.

        Raises:
            InputError: The baseline is another.
        """
        if state["baseline"] != baseline.digest:
            raise InputError(
                f"the detector's state is of the baseline {state['baseline'][:12]}, not of {baseline.digest[:12]}",
                hint="start a detector anew where the reference has changed",
            )
        made = cls(baseline, state["run_length"])
        made._evidence = Evidence.from_state(state["evidence"])
        for learner, kept in zip(made._learners, state["learners"], strict=True):
            learner.restore(kept)
        made._alarms = [Alarm(**alarm) for alarm in state["alarms"]]
        made.alarms_raised = state["alarms_raised"]
        return made

    def _take(self, items: Items) -> list[Alarm]:
        """Take items, which reach to the next turn of a learner at most."""
        readings, features = self.baseline.gauge.read(items.rows)
        learning = Items(readings if features is None else features, items.starts)
        readings = np.concatenate([readings, *(learner.read(learning) for learner in self._learners)], axis=1)
        bounds = np.concatenate([self._bounds, *(learner.bounds for learner in self._learners)])
        alarms = [self._alarm(crossing, bounds) for crossing in self._evidence.add(items.means(readings), bounds)]
        for learner in self._learners:
            learner.add(learning)
        return alarms

    def _alarm(self, crossing: Crossing, bounds: Floats) -> Alarm:
        which, fixed = crossing.reading, len(self.baseline.readings)
        if which < fixed:
            reading = self.baseline.readings[which]
            witness, name, own = reading.witness, reading.name, reading.reference.estimate
            change = reading.change(crossing.mean)
        else:
            of, how = divmod(which - fixed, len(READINGS))
            witness, name = LEARNED[of], READINGS[how]
            own = float(np.concatenate([learner.means for learner in self._learners])[which - fixed])
            change = share_of_new(crossing.mean, own)
        return Alarm(
            item=crossing.item,
            since=crossing.since,
            witness=witness,
            reading=name,
            reference=own,
            bound=float(bounds[which]),
            mean=crossing.mean,
            change=change,
            evidence=crossing.evidence,
        )
