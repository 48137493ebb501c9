"""What a recorded run says of its positions: what was there, what was cut off and by what, what ran out of time."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import cached_property
from typing import Any

from genops.store.records.runs import SpanRecord

CUT_OFF = ("cancelled", "running")
_MARK = re.compile(r"[/\[#|]")


def around(path: str) -> Iterator[str]:
    """The positions that enclose one, outermost first; the run itself is the empty one."""
    yield ""
    for mark in _MARK.finditer(path):
        yield path[: mark.start()]


def is_inside(path: str, position: str) -> bool:
    """Whether a path lies inside of a position."""
    if not position:
        return bool(path)
    return path.startswith(position) and _MARK.match(path, len(position)) is not None


def is_within(path: str, attempts: Container[str]) -> bool:
    """Whether a path lies inside of one of some attempts; a step's second attempt is not inside of its first."""
    return any(path[: mark.start()] in attempts for mark in _MARK.finditer(path) if mark[0] in "/[")


class Record:
    """The spans of a run by position.

    Args:
        spans: Them.
    """

    def __init__(self, spans: Mapping[str, SpanRecord]) -> None:
        self._spans = spans

    def span(self, path: str) -> SpanRecord | None:
        """The span at a position."""
        return self._spans.get(path)

    def was_cut_off(self, path: str) -> bool:
        """Whether what is at a position was cancelled or never came to an end."""
        span = self._spans.get(path)
        return span is not None and span.status in CUT_OFF

    def cut_short(self, path: str) -> bool:
        """Whether something around a position had failed or was cut off, so that what was to come in it did not."""
        spans = (self._spans.get(other) for other in around(path))
        return any(span is not None and span.status in ("error", *CUT_OFF) for span in spans)

    def survivor(self, path: str) -> str:
        """The innermost position around one that ended by itself: what cut off the one inside happened in there."""
        spans = (self._spans.get(other) for other in around(path))
        ended = [span.path for span in spans if span is not None and span.status not in CUT_OFF]
        return ended[-1] if ended else ""

    def reached(self, path: str) -> bool:
        """Whether anything is on record at a position or inside of it."""
        return path in self._spans or path in self._enclosing

    def failures(self, step: str) -> list[dict[str, Any]]:
        """Why the attempts of a step failed that did."""
        span = self._spans.get(step)
        return list(span.attributes.get("genops.attempts", ())) if span is not None else []

    def timed_out(self, step: str, number: int, message: str) -> bool:
        """Whether an attempt (from 1) ran into its own timeout, which says ``message``, not into one inside of it."""
        failures = self.failures(step)
        if number > len(failures):
            return False
        failure = failures[number - 1]
        return failure["type"] == "StepTimeout" and "path" not in failure and failure["message"] == message

    def block(self, step: str) -> SpanRecord | None:
        """The span of the block that a step is in."""
        span = self._spans.get(step)
        return self._by_number.get(span.parent) if span is not None else None

    def holder(self, span: SpanRecord) -> str:
        """The position of the step that a block belongs to, with all that its failures end: a map's other items too."""
        while span.kind == "scope" and span.parent in self._by_number:
            span = self._by_number[span.parent]
        return span.path

    def failed_at(self, step: str) -> tuple[int, int]:
        """When a step's failure ended the block that it is in, which others of the block may have outlived a while."""
        span, block = self._spans.get(step), self.block(step)
        return (block.ended or 0 if block is not None else 0, span.number if span is not None else 0)

    @cached_property
    def _by_number(self) -> dict[int | None, SpanRecord]:
        return {span.number: span for span in self._spans.values()}

    @cached_property
    def _enclosing(self) -> set[str]:
        return {other for path in self._spans for other in around(path)}
