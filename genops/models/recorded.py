"""Recorded calls: a file of requests and answers that stands for a provider in tests and CI, and what writes one.

The file is JSON lines, one call each: ``{"request_digest", "model", "request", "response"}``.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from genops.artifacts import Value, normalise
from genops.errors import DefinitionError, Location, ModelRefused
from genops.models.digests import identity, request_digest, sha256_json
from genops.models.files import ModelFiles
from genops.models.types import Call, Model, ModelRequest, ModelResponse
from genops.settings import Settings
from genops.syntax import read_text

_EXCERPT = 120


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of recorded calls.

    Attributes:
        calls: By request digest, in the order in which they were made.
        digest: SHA-256 of the content, whatever the spacing and key order in the file.
    """

    calls: dict[str, list[dict[str, Any]]]
    digest: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a file.

        Raises:
            DefinitionError: It is missing, or a line is not a recorded call.
        """
        calls: dict[str, list[dict[str, Any]]] = {}
        lines = []
        for number, line in enumerate(read_text(path, "file of recorded calls").split("\n"), start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                ModelResponse.from_value(record["response"])
                ModelRequest.from_value(record["request"])
                calls.setdefault(record["request_digest"], []).append(record)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise DefinitionError(
                    f"not a recorded call ({type(error).__name__}: {error})",
                    at=Location(path, number),
                    hint="record the file again with `genops run --record FILE`",
                ) from None
            lines.append(record)
        return cls(calls, sha256_json(lines))


class Recorded:
    """Answers from files of recorded calls, and never from anywhere else."""

    def __init__(self, settings: Settings) -> None:
        self._recordings = ModelFiles(settings, Recording.load)
        self._served: Counter[tuple[str, str]] = Counter()

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """The recorded answer. Several recordings of one request are given in order, then the last one again.

        Raises:
            ModelRefused: The request was not recorded; the message names the nearest one and what differs.
            DefinitionError: The file is not the one that the model was resolved with.
        """
        recording = self._recordings.of(model)
        digest = request_digest(model, request)
        records = recording.calls.get(digest)
        if records is None:
            raise _unknown(recording, model, request, digest)
        place = (model.component.digest, digest)
        record = records[min(self._served[place], len(records) - 1)]
        self._served[place] += 1
        response = ModelResponse.from_value(record["response"])
        if call.on_text is not None and response.text:
            call.on_text(response.text)
        return replace(response, extra={**response.extra, "recorded": digest})

    async def close(self) -> None:
        """Forgets the files."""
        self._recordings.forget()


class Recorder:
    """Appends answered calls to a file, each line written out at once.

    Args:
        path: Made when missing, with its folders; appended to when there.
        redact: Applied to each request and answer before they are written. The digest is of the request as it was sent.
    """

    def __init__(self, path: Path, redact: Callable[[Value], Value] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", newline="\n")
        self._redact = redact or (lambda value: value)

    def record(self, model: Model, request: ModelRequest, response: ModelResponse) -> None:
        """Writes one call, without what belongs to the moment and not to the answer (failures, times, the cache)."""
        answer = replace(response, attempts=[], cached=False, latency=0.0, time_to_first_token=None)
        record = {
            "request_digest": request_digest(model, request),
            "model": identity(model),
            "request": self._redact(normalise(request.to_value())),
            "response": self._redact(normalise(answer.to_value())),
        }
        self._file.write(json.dumps(record, ensure_ascii=True) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unknown(recording: Recording, model: Model, request: ModelRequest, digest: str) -> ModelRefused:
    """The error for a request that is not in the file."""
    hint = "record it again with `genops run --record FILE` against the real model"
    records = [record for same in recording.calls.values() for record in same[:1]]
    if not records:
        return ModelRefused(
            f"the request {digest[:12]} was not recorded: the file of {model.name!r} is empty", hint=hint
        )
    wanted = {"model": identity(model), **normalised(request)}
    text = _readable(wanted)

    def likeness(record: dict[str, Any]) -> float:
        return difflib.SequenceMatcher(
            None, text, _readable({"model": record["model"], **record["request"]})
        ).quick_ratio()

    nearest = max(records, key=likeness)
    found = {"model": nearest["model"], **nearest["request"]}
    difference = first_difference(found, wanted) or "nothing that the file shows: it was redacted when it was written"
    return ModelRefused(
        f"the request {digest[:12]} to {identity(model)['id']} was not recorded; "
        f"the nearest recorded one is {nearest['request_digest'][:12]}, which differs in {difference}",
        hint=hint,
    )


def normalised(request: ModelRequest) -> dict[str, Any]:
    """The request as it stands in a file."""
    value = normalise(request.to_value())
    assert isinstance(value, dict)
    return value


def first_difference(recorded: Any, asked: Any, where: str = "") -> str | None:
    """Where and how two plain values first differ, in words; None when they are equal."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in [*recorded, *(key for key in asked if key not in recorded)]:
            found = first_difference(recorded.get(key), asked.get(key), f"{where}.{key}" if where else str(key))
            if found:
                return found
        return None
    if isinstance(recorded, list) and isinstance(asked, list):
        for index, (a, b) in enumerate(zip(recorded, asked, strict=False)):
            found = first_difference(a, b, f"{where}[{index}]")
            if found:
                return found
        if len(recorded) != len(asked):
            return f"{where}: {len(recorded)} items recorded, {len(asked)} asked"
        return None
    if recorded == asked:
        return None
    return f"{where}: {_excerpt(recorded, asked)} recorded, {_excerpt(asked, recorded)} asked"


def _excerpt(value: Any, other: Any) -> str:
    """The value, cut to where it departs from the other one when both are long texts."""
    if isinstance(value, str) and isinstance(other, str) and len(value) > _EXCERPT:
        same = next((i for i, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), len(other))
        start = max(0, same - _EXCERPT // 3)
        return f"…{value[start : start + _EXCERPT]!r}…"
    text = repr(value)
    return text if len(text) <= _EXCERPT + 2 else text[:_EXCERPT] + "…"


def _readable(value: Any) -> str:
    return json.dumps(value, sort_keys=True)[:20_000]
