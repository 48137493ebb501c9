"""Work in a process of its own."""

import os

import faiss  # noqa: F401 - loaded before the forks, so that they are quick


def in_child(work):
    """Runs ``work`` in a process of its own; gives its exit status as ``os.waitstatus_to_exitcode`` does."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def exit_code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
