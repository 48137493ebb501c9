"""Drift as it happens: a detector that looks after every trace and still keeps its promise.

A :class:`Baseline` is fitted to a finite reference, with an allowance for how little that may tell; a
:class:`Detector` compares a stream with it, item by item.
"""

from genops.drift.sequential.baseline import Baseline
from genops.drift.sequential.detector import RUN_LENGTH, Alarm, Detector
from genops.drift.sequential.reading import Reading

__all__ = ["RUN_LENGTH", "Alarm", "Baseline", "Detector", "Reading"]
