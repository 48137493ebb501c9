"""Drift and skew: whether what a chain sees or says has changed, by how much, and what changed.

A check compares a reference window with a current one by two-sample tests (:mod:`genops.drift.two_sample`), every one
of them calibrated by relabelling (:mod:`genops.drift.relabelling`) and reported with the one effect that people can
read: the separation (:mod:`genops.drift.effect`). A watch looks at every trace as it arrives
(:mod:`genops.drift.sequential`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
    from genops.drift.defining import check_drift, define_drift
    from genops.drift.relabelling import Relabellings
    from genops.drift.samples import Samples
    from genops.drift.sequential import Baseline, Detector
    from genops.drift.spec import DriftSpec
    from genops.drift.two_sample import Tested, find_test
    from genops.drift.visibility import visible_share
    from genops.drift.watch import Watch

_LATER = {
    "Baseline": "genops.drift.sequential",
    "Detector": "genops.drift.sequential",
    "DriftSpec": "genops.drift.spec",
    "Relabellings": "genops.drift.relabelling",
    "Samples": "genops.drift.samples",
    "Tested": "genops.drift.two_sample",
    "Watch": "genops.drift.watch",
    "check_drift": "genops.drift.defining",
    "define_drift": "genops.drift.defining",
    "find_test": "genops.drift.two_sample",
    "visible_share": "genops.drift.visibility",
}

__all__ = [
    "Baseline",
    "Detector",
    "DriftSpec",
    "Relabellings",
    "Samples",
    "Tested",
    "Watch",
    "check_drift",
    "define_drift",
    "find_test",
    "visible_share",
]

__getattr__ = late(__name__, _LATER)
