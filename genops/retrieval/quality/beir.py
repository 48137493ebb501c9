"""Judged queries in the layout of BEIR (Thakur et al. 2021, arXiv:2104.08663)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import InputError, Location

_HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class JudgedQueries:
    """Queries, and which documents answer them.

    Attributes:
        queries: Text by query id; those that have a judgement.
        qrels: For each of them, grade by document id; 0 and below is not relevant.
    """

    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def read_beir(queries: Path, qrels: Path, corpus: Path | None = None) -> JudgedQueries:
    """Reads judged queries.

    Args:
        queries: ``queries.jsonl``, or the folder that it is in; ``_id`` and ``text`` in each line.
        qrels: A file of query id, document id and grade, parted by tabs, with or without a line of names; or a folder
            with one such file, itself or in ``qrels/``.
        corpus: ``corpus.jsonl`` or its folder, to make sure that every judged document is there.

    Raises:
        InputError: A file is missing, has a line that is not what it should be, says two things about one id, or
            speaks of an id that is not there.
    """
    texts = _texts(_file(queries, "queries.jsonl"))
    path = _qrels_file(qrels)
    judged = _judgements(path, texts)
    if corpus is not None:
        _check_documents(judged, _file(corpus, "corpus.jsonl"), path)
    return JudgedQueries({query: texts[query] for query in judged}, judged)


def _file(path: Path, name: str) -> Path:
    return path / name if path.is_dir() else path


def _qrels_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.tsv")) or sorted(path.glob("qrels/*.tsv"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(file.relative_to(path).as_posix() for file in found)
    raise InputError(
        "more than one file of judgements" if found else "no file of judgements (*.tsv)",
        at=Location(path),
        hint=f"name one: {names}" if found else "write query id, document id and grade, parted by tabs",
    )


def _lines(path: Path) -> Iterator[tuple[Location, str]]:
    """The lines that are not blank, with their places."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield Location(path, number), line.rstrip("\r\n")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", at=Location(path)) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", at=Location(path)) from None


def _records(path: Path) -> Iterator[tuple[Location, str, dict[str, Any]]]:
    """The records of a file of JSON lines, each with its id."""
    for at, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError("not a line of JSON", at=at) from None
        if not isinstance(record, dict) or not isinstance(record.get("_id"), str | int):
            raise InputError("a record has an `_id`", at=at)
        yield at, str(record["_id"]), record


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for at, query, record in _records(path):
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"query {query!r} has no `text`", at=at)
        if query in texts:
            raise InputError(f"query {query!r} is there twice", at=at)
        texts[query] = text
    return texts


def _judgements(path: Path, texts: dict[str, str]) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for at, line in _lines(path):
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if cells == _HEADER:
            continue
        if len(cells) != len(_HEADER):
            raise InputError(
                f"{len(cells)} cells where query id, document id and grade belong",
                at=at,
                hint="they are parted by tabs",
            )
        query, document, grade = cells
        if query not in texts:
            raise InputError(f"a judgement of query {query!r}, which is not among the queries", at=at)
        try:
            value = int(grade)
        except ValueError:
            raise InputError(f"a grade is an integer, not {grade!r}", at=at) from None
        if judged.setdefault(query, {}).setdefault(document, value) != value:
            raise InputError(f"two grades of document {document!r} for query {query!r}", at=at)
    if not judged:
        raise InputError("no judgement", at=Location(path))
    return judged


def _check_documents(judged: dict[str, dict[str, int]], corpus: Path, qrels: Path) -> None:
    wanted = {document for grades in judged.values() for document in grades}
    missing = wanted - {document for _, document, _ in _records(corpus)}
    if missing:
        raise InputError(
            f"{len(missing):,} of {len(wanted):,} judged documents are not in {corpus.name}, {min(missing)!r} for one",
            at=Location(qrels),
        )
