"""What a monitor names and is not there: said before it is waited for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from genops.errors import GenopsError, ReferenceNotFound, nearest
from genops.executor.sources import chain_names
from genops.monitoring.figures import REGRESSION
from genops.monitoring.monitor import Monitor
from genops.monitoring.spec import MonitorSpec
from genops.settings import Settings
from genops.store.records.runs import RunFilter
from genops.tracing.quantities import counted


def doubt_of_chain(monitor: Monitor) -> str:
    """Why no run may ever come; empty where a chain of that name is defined here or ran here.

    It is no error: a chain that is made in Python has no file, and the first run may be yet to come.
    """
    chain, project = monitor.spec.chain, monitor.project
    names = chain_names(project.settings)
    if chain in names or project.store.runs(RunFilter(chain=chain), limit=1):
        return ""
    return f"no chain {chain!r} is in chains/, and none ran here yet ({nearest(chain, names)}); its runs are waited for"


def doubts_of_release(monitor: Monitor) -> list[str]:
    """Why scores may not compare with those at release; empty where all do.

    Raises:
        ReferenceNotFound: The evaluation is not there, or has not the score that a rule compares with; the message
            lists what there is.
    """
    if monitor.release is None:
        return []
    record = monitor.release.find()
    about = f"the evaluation {record.name or record.suite} ({record.id[:12]})"
    doubts = []
    for rule in monitor.spec.rules:
        name = rule.figure.removeprefix(REGRESSION)
        if rule.figure == name:
            continue
        known = monitor.release.read().scores
        if name not in known:
            raise ReferenceNotFound(f"{rule.text!r}: {about} has no score {name!r}", hint=nearest(name, known))
        if known[name].n < rule.least:
            cases = counted(known[name].n, "case")
            doubts.append(f"{rule.text!r} will have no data: {about} has {cases}, and the rule wants {rule.least:,}")
    written = {entry["name"]: entry.get("use") for entry in record.body["manifest"].get("scorers", ())}
    return doubts + [
        f"score {use.name!r}: {about} has it with other settings than the monitor; see that the two compare"
        for use in monitor.spec.scorers
        if written.get(use.name) not in (None, use.digest)
    ]


def unreachable(
    settings: Settings, waiting: Mapping[tuple[str, str], int], only: MonitorSpec | None = None
) -> dict[tuple[str, str], str]:
    """Messages that nobody sends, as their monitor has no such channel any more, or is no longer there.

    Args:
        settings: Of the project whose messages they are.
        waiting: How many there are, by monitor and channel.
        only: Those of this monitor alone, as it is; None for all, by their definitions in the project.

    Returns:
        What is to be said, by monitor and channel.
    """
    found = {}
    for (monitor, channel), count in waiting.items():
        if only is not None and monitor != only.name:
            continue
        try:
            has = channel in (only or MonitorSpec.load(monitor, settings)).channels
        except ReferenceNotFound:
            why = f"no monitor {monitor} is in evals/"
        except GenopsError:
            continue  # a broken definition may have it
        else:
            if has:
                continue
            why = f"{monitor} has no such channel any more"
        drop = f"genops monitor deliveries --monitor {shlex.quote(monitor)} --channel {shlex.quote(channel)} --drop"
        found[monitor, channel] = f"{counted(count, 'message')} to {channel}: {why}; `{drop}` deletes what waits"
    return found
