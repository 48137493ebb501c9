"""Drift checks in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genops.drift.check import check
from genops.drift.spec import DriftSpec
from genops.drift.summary import Summary
from genops.executor import Project


def define_drift(name: str = "", *, folder: Path | None = None, **definition: Any) -> DriftSpec:
    """A check, as it would stand in ``evals/NAME.yaml``; windows may also be lists of rows and arrays of vectors.

    Args:
        name: By which others refer to it.
        folder: That files are relative to; default the working folder.
        definition: Its keys: ``reference``, ``current``, ``of``, ``tests``, …; ``as_`` is ``as``.

    Raises:
        DefinitionError: It is no check.
    """
    data = {"kind": "drift", **{key.rstrip("_"): value for key, value in definition.items()}}
    return DriftSpec.from_data(data, name, folder)


def check_drift(spec: DriftSpec | str, project: Project | None = None) -> Summary:
    """Compares the two windows of a check, and keeps what came of it in the store.

    Args:
        spec: The check, or its name in ``evals/``.
        project: Where it runs; default the one that the working folder is in.

    Raises:
        GenopsError: It is no check, a window cannot be read, or rows cannot be compared.
    """
    project = project or Project.current()
    return check(DriftSpec.load(spec, project.settings) if isinstance(spec, str) else spec, project)
