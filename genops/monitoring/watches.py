"""The drift watches that a monitor runs."""

from __future__ import annotations

from collections.abc import Sequence

from genops.drift.spec import DriftSpec
from genops.drift.watch import Raised, Watch
from genops.errors import GenopsError, StoreError, UsageError
from genops.executor import Project
from genops.monitoring.reading import Evidence


class Watches:
    """The drift watches that a monitor runs; each is opened when it is first needed.

    Args:
        project: Whose runs they watch.
        names: Of their checks.
    """

    def __init__(self, project: Project, names: Sequence[str]) -> None:
        self._project, self._names = project, names
        self._opened: dict[str, Watch] = {}
        self._anew: dict[str, str] = {}

    def open(self, name: str) -> Watch:
        """A watch, by the name of its check.

        Raises:
            GenopsError: The check is not there, is none that can be watched, or its reference cannot be read.
        """
        if name not in self._opened:
            watch = self._opened[name] = Watch(DriftSpec.load(name, self._project.settings), self._project)
            if watch.anew:
                self._anew[name] = watch.anew
        return self._opened[name]

    def begun_anew(self) -> dict[str, str]:
        """Why watches that were kept did not go on, by the names of their checks; each is told once."""
        told, self._anew = self._anew, {}
        return told

    def look(self) -> tuple[Raised, ...]:
        """What they raise at the runs that ended since the last look.

        Raises:
            GenopsError: One cannot be opened, or cannot look.
        """
        return tuple(raised for name in self._names for raised in self._looked(name))

    def evidence(self) -> tuple[dict[str, Evidence], dict[str, str]]:
        """What they have come to, and what is wrong with those that cannot be opened, by the names of their checks.

        Raises:
            StoreError: The store cannot be read.
        """
        found, broken = dict[str, Evidence](), dict[str, str]()
        for name in self._names:
            try:
                found[name] = self._evidence(name, self.open(name))
            except StoreError:
                raise
            except GenopsError as error:
                broken[name] = str(error)
        return found, broken

    def _looked(self, name: str) -> tuple[Raised, ...]:
        """What a watch raises; one that another process went on with is gone on with from there."""
        try:
            return self.open(name).look().raised
        except UsageError:
            self._opened.pop(name, None)
            return self.open(name).look().raised

    def _evidence(self, name: str, watch: Watch) -> Evidence:
        """What a watch has come to, now and at its alarms."""
        record = self._project.store.drift_watch(name)
        if record is None:
            return Evidence(watch.evidence)
        thresholds = {name: one["evidence"]["threshold"] for name, one in record.state.get("detectors", {}).items()}
        alarms = [(one["at"], one["alarm"]["evidence"] / thresholds[one["state"]]) for one in record.alarms]
        return Evidence(watch.evidence, alarms)
