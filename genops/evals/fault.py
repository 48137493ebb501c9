"""Whose fault it is that a run failed."""

from __future__ import annotations

from typing import Literal

from genops import errors
from genops.store.records.runs import RunRecord

Fault = Literal["", "chain", "declined", "infrastructure"]
_INFRASTRUCTURE = (errors.ModelError, errors.StoreError, errors.SnapshotError)
_DECLINED = (errors.GuardError, errors.InputError)


def fault_of(run: RunRecord) -> Fault:
    """Whose fault the failure of a run is; empty for a run that did not fail.

    A guard that stopped, and an input that does not fit its type, are no failure of the chain: it ``declined``.
    """
    if run.error is None:
        return ""
    kind = getattr(errors, str(run.error.get("type")), Exception)
    if issubclass(kind, _INFRASTRUCTURE):
        return "infrastructure"
    return "declined" if issubclass(kind, _DECLINED) else "chain"
