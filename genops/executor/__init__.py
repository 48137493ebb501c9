"""The executor: runs chains on record, replays records, and traces a user's own functions."""

from genops.late import importing

with importing():
    from genops.executor.batch import Progress, Row, drop_unfinished, finished, read_rows, run_batch
    from genops.executor.chain import Chain
    from genops.executor.closure import Closure
    from genops.executor.engine import RunOptions, RunResult, run_chain
    from genops.executor.functions import trace
    from genops.executor.project import Project
    from genops.executor.recorded import Difference
    from genops.executor.replay import Replay, replay
    from genops.models.loop_thread import on_loop, run_sync

__all__ = [
    "Chain",
    "Closure",
    "Difference",
    "Progress",
    "Project",
    "Replay",
    "Row",
    "RunOptions",
    "RunResult",
    "drop_unfinished",
    "finished",
    "on_loop",
    "read_rows",
    "replay",
    "run_batch",
    "run_chain",
    "run_sync",
    "trace",
]
