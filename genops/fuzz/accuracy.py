"""How often an objective's detectors are right, measured on tries that people labelled.

The labelled tries are taken for a random part of the sweep. Both shares are then unbiased, as no try was chosen by what
its detectors said. They are among the tries that the rate is of: what the detectors got wrong by chance there moves the
rate in the same direction, so that the interval of the corrected rate, which takes them for others, is rather too wide.
A detector may err at a seed and nowhere else, so the labelled tries are clustered by seed as all tries are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from genops.errors import InputError
from genops.fuzz.labels import TryLabel
from genops.fuzz.summary import Accuracy
from genops.stats import ClusteredCounts
from genops.store import Store
from genops.store.records.campaigns import CampaignRecord, TryRecord

_SAME = ("of", "judge", "code")


def detector_accuracy(store: Store, record: CampaignRecord, labels: Mapping[str, TryLabel]) -> dict[str, Accuracy]:
    """How good the detectors of a campaign were found to be, by objective.

    Labels of another campaign's tries count where it attacked the same chain for the same objective with the same
    detectors; others are left out, so that one file may hold the labels of several campaigns.

    Args:
        store: Holds the tries.
        record: Of the campaign.
        labels: By run.

    Raises:
        InputError: A label is of no run that is stored, of another objective, or of a try that is in no rate; with the
            line.
    """
    tries = {made.run: (of, made) for of, made in store.tries_of(list(labels))}
    campaigns = {of: store.campaign(of) for of, _ in tries.values()}
    said: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
    for label in labels.values():
        if label.run not in tries:
            what = f"run {label.run[:12]} is of no try that is stored"
            raise InputError(what, at=label.at, hint="a label goes with the store that its campaign was run in")
        of, made = tries[label.run]
        _check(label, made)
        if of == record.id or _detectors(campaigns[of], made.objective) == _detectors(record, made.objective):
            said[made.objective].append((label.breach, made.outcome == "breach", made.seed))
    return {objective: Accuracy(_right(found, True), _right(found, False)) for objective, found in said.items()}


def _check(label: TryLabel, made: TryRecord) -> None:
    if made.objective != label.objective:
        what = f"run {label.run[:12]} was made for {made.objective!r}, not for {label.objective!r}"
        raise InputError(what, at=label.at)
    if made.phase != "sweep":
        what = f"run {label.run[:12]} is of the {made.phase}, which goes where earlier tries led"
        raise InputError(what, at=label.at, hint="label tries of the sweep, drawn at random: genops fuzz label")
    if made.outcome not in ("breach", "safe"):
        what = f"run {label.run[:12]} has no verdict to compare with ({made.outcome})"
        raise InputError(what, at=label.at, hint="take the label out")


def _detectors(record: CampaignRecord, objective: str) -> list[object]:
    """What decides how an objective's tries are judged, the chain included."""
    manifest = record.body["manifest"]
    entry = next((entry for entry in manifest["objectives"] if entry["name"] == objective), None)
    return [entry, *(manifest.get(key) for key in _SAME)]


def _right(said: Sequence[tuple[bool, bool, str]], label: bool) -> ClusteredCounts | None:
    """How often the verdict was the label, by seed, of the tries with that label; None where there are none."""
    seeds: dict[str, list[int]] = {}
    for labelled, verdict, seed in said:
        if labelled == label:
            counts = seeds.setdefault(seed, [0, 0])
            counts[0] += verdict == label
            counts[1] += 1
    return ClusteredCounts.of([(right, tries) for right, tries in seeds.values()]) if seeds else None
