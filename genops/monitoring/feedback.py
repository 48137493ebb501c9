"""What users think of answers: scores of their own kind, kept beside the trace."""

from __future__ import annotations

import time

from genops.errors import UsageError
from genops.executor import Project
from genops.registry.author import current_author
from genops.store.records.monitoring import FeedbackRecord

NAME = "feedback"
BAD = 0.5
"""Feedback below it is bad."""
_LONGEST = 10_000


def add_feedback(
    project: Project, run: str, value: float, name: str = NAME, comment: str = "", author: str | None = None
) -> FeedbackRecord:
    """Keeps what a user thought of the answer of a run; it is on disk when this returns.

    Args:
        project: Whose run it is.
        run: Its id, or the beginning of it.
        value: From 0 (bad) to 1 (good).
        name: Of what is judged: ``helpful``, ``correct``.
        comment: In the user's words; it is redacted before it is kept.
        author: Who says so; default who runs this.

    Raises:
        ReferenceNotFound: No run, or more than one, begins so.
        UsageError: The value is not from 0 to 1, or the name is none.
    """
    if not 0 <= value <= 1:
        raise UsageError(f"feedback is a number from 0 (bad) to 1 (good), not {value}")
    if not name.isidentifier():
        raise UsageError(f"{name!r} names no kind of feedback", hint="letters, digits and _: helpful, correct")
    said = project.redactor.session().value({"comment": comment[:_LONGEST], "author": author or current_author()})
    assert isinstance(said, dict)
    record = FeedbackRecord(
        project.store.run(run).id, name, value, str(said["comment"]), str(said["author"]), time.time_ns()
    )
    project.store.add_feedback(record)
    return record
