"""Whether a cancellation is meant for who is asked, or came out of the code that they called."""

from __future__ import annotations

import asyncio


def is_cancelled() -> bool:
    """Whether this task itself is cancelled, and not something that it waited for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
