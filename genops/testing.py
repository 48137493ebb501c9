"""The pytest plug-in: the traces of a test. pytest loads it in every run, so it imports nothing of genops by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from genops.executor import Project
    from genops.store import Store
    from genops.tracing.trace import Trace


class Traces:
    """The traces that a test has made so far."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Trace]:
        """Every trace, in the order in which the runs started."""
        from genops.tracing.trace import Trace

        self._store.writer.flush()
        return [Trace.load(self._store, run.id) for run in self._store.iter_runs()][::-1]

    def last(self) -> Trace:
        """The trace of the run that started last.

        Raises:
            LookupError: The test has made no run in its project.
        """
        traces = self.all()
        if not traces:
            raise LookupError("the test has made no run: nothing of its project was run since the fixture was set up")
        return traces[-1]


@pytest.fixture
def genops_project() -> Project:
    """The project under test: the one that the working folder is in. Override it to test another."""
    from genops.executor import Project

    return Project.current()


@pytest.fixture
def genops_traces(genops_project: Project, tmp_path: Path) -> Iterator[Traces]:
    """The traces of this test alone: its runs are kept in a SQLite store of its own, under the project's settings."""
    with genops_project.storing_in(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        yield Traces(store)
