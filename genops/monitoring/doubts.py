"""What a monitor names and is not there: said before it is waited for."""

from __future__ import annotations

from genops.errors import nearest
from genops.evals.results import Results
from genops.executor.sources import chain_names
from genops.monitoring.monitor import Monitor
from genops.store.records import RunFilter


def doubt_of_chain(monitor: Monitor) -> str:
    """Why no run may ever come; empty where a chain of that name is defined here or ran here.

    It is no error: a chain that is made in Python has no file, and the first run may be yet to come.
    """
    chain, project = monitor.spec.chain, monitor.project
    names = chain_names(project.settings)
    if chain in names or project.store.runs(RunFilter(chain=chain), limit=1):
        return ""
    return f"no chain {chain!r} is in chains/, and none ran here yet ({nearest(chain, names)}); its runs are waited for"


def check_release(monitor: Monitor) -> None:
    """Sees that the evaluation that scores are compared with is there.

    Raises:
        ReferenceNotFound: It is not; the message lists what there is.
    """
    if monitor.spec.release:
        Results(monitor.project.store, monitor.project.settings).find(monitor.spec.release)
