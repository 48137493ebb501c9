"""The store of a project: what every other package uses."""

from __future__ import annotations

import contextlib
from types import TracebackType

from genops.errors import StoreUnavailable
from genops.store.database import Database
from genops.store.queries.alerts import Alerts
from genops.store.queries.caches import Caches
from genops.store.queries.campaigns import Campaigns
from genops.store.queries.components import Components
from genops.store.queries.deletion import Deletion
from genops.store.queries.drift import Drift
from genops.store.queries.engine_spans import EngineSpans
from genops.store.queries.evaluations import Evaluations
from genops.store.queries.monitoring import Monitoring
from genops.store.queries.payloads import Payloads
from genops.store.queries.runs import Runs
from genops.store.queries.serving import Serving
from genops.store.queries.versions import Versions


class Store(
    Runs,
    Caches,
    Payloads,
    Components,
    Versions,
    Evaluations,
    Campaigns,
    Drift,
    Monitoring,
    Alerts,
    Serving,
    EngineSpans,
    Deletion,
):
    """A database of runs, components and versions. Every method may be called from any thread.

    Every method that reads or writes raises :class:`~genops.errors.StoreError` when the database fails or a row is
    damaged. What was handed to :attr:`writer` shows in queries once it is flushed.
    """

    @classmethod
    def open(cls, url: str) -> Store:
        """Opens a store, makes it when there is none, and migrates it when it is older.

        Args:
            url: ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``.

        Raises:
            StoreError: The URL names neither, the file is no store, a newer genops wrote it, or it cannot be reached
                or written now.
        """
        database = Database(url)
        database.engine()
        return cls(database)

    @classmethod
    def open_for_runs(cls, url: str) -> Store:
        """As :meth:`open`, but a store that cannot be reached or written now is open too: runs go on without it.

        Meanwhile the writer keeps what it is given, tries again and tells people, lookups in the caches find nothing,
        and everything else raises :class:`~genops.errors.StoreUnavailable`.

        Raises:
            StoreError: The URL names no store, the file is none, or a newer genops wrote it.
        """
        database = Database(url)
        with contextlib.suppress(StoreUnavailable):
            database.run_engine()
        return cls(database)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
