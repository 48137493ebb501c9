"""What is around a model: its licence, its revision, room on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from genops.errors import DefinitionError
from genops.serving.files.licence import FREE, licence_of
from genops.serving.files.place import INDEX, ModelFiles, download_command, hub_cache
from genops.serving.files.read_json import read_json
from genops.serving.preflight.finding import Finding, error, note, warning
from genops.serving.preflight.subject import Subject
from genops.serving.sizing.gpus import GIB
from genops.settings import ModelAlias


def check_licence(subject: Subject, licence: str | None) -> Iterator[Finding]:
    """Whether a licence is stated, has conditions, and is the one that the settings state."""
    stated = subject.alias.facts.get("licence") or subject.alias.facts.get("license")
    if licence is None:
        if stated is None:
            yield warning(
                "licence_missing",
                "neither README.md nor a LICENSE file states a licence",
                "find out whether you may use the model, and write it down: facts = {licence = …}",
            )
        return
    if stated is not None and str(stated).lower() != licence:
        yield warning(
            "licence_differs", f"the files state the licence {licence}, the settings {stated}", "correct facts"
        )
    elif licence not in FREE:
        yield note("licence_conditions", f"the licence {licence} has conditions: read it")


def check_revision(subject: Subject) -> Iterator[Finding]:
    """Whether another model may be behind the name tomorrow."""
    if subject.files.repository is not None and subject.alias.revision is None:
        yield warning(
            "revision_not_pinned",
            f"no revision is given: {subject.files.repository} is whatever its branch main holds",
            f'revision = "{subject.files.commit}" is what the cache has'
            if subject.files.commit
            else "revision = a commit, as its page lists them",
        )


def check_disk(files: ModelFiles, size: int) -> Iterator[Finding]:
    """Whether what is not here yet would find room.

    Args:
        files: What is here.
        size: Bytes of all weights.
    """
    here = sum(path.stat().st_size for path in files.weights if path.is_file())
    missing = max(0, (_stated_size(files) or size) - here)
    if files.repository is None or missing == 0:
        return
    place, free = _disk_of(files.folder)
    if missing > free:
        yield error(
            "disk_full",
            f"{missing / GIB:.1f} GiB are still to be fetched, and the disk of {place} has {free / GIB:.1f} GiB free",
            "make room, or move the cache: environment = {HF_HOME = …} in the vllm table",
        )
    else:
        yield note("to_fetch", f"{missing / GIB:.1f} GiB are still to be fetched; {free / GIB:.1f} GiB are free")


def free_room(alias: ModelAlias) -> Finding:
    """What room there is for a model of which nothing is here, and so nothing says how large it is."""
    place, free = _disk_of(hub_cache(alias))
    return note(
        "to_fetch",
        f"the disk of {place} has {free / GIB:.1f} GiB free; how much the model takes is on its page",
        f"these say it, and are small: {download_command(alias)} config.json {INDEX}",
    )


def _disk_of(folder: Path) -> tuple[Path, int]:
    """The nearest folder that is there, and the bytes that are free on its disk."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    return place, shutil.disk_usage(place).free


def licence_here(subject: Subject) -> str | None:
    """The licence that the files state; of a GGUF file the one in its header."""
    if subject.files.gguf is not None:
        from genops.serving.files.gguf_file import read_gguf

        try:
            own = read_gguf(subject.files.gguf).fields.get("general.license")
        except DefinitionError:
            return None
        if isinstance(own, str) and own:
            return own.lower()
    return licence_of(subject.files.folder)


def _stated_size(files: ModelFiles) -> int | None:
    index = files.file(INDEX)
    if index is None:
        return None
    try:
        return int((read_json(index).get("metadata") or {}).get("total_size") or 0) or None
    except (DefinitionError, TypeError, ValueError):
        return None
