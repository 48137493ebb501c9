"""Records of servers that genops runs, as their supervisor writes them."""

import os
import socket
import time
from dataclasses import replace

from genops.store.records.serving import ServedRecord


def served(url, **changed):
    """A server that is ready, under a supervisor that is this process."""
    record = ServedRecord(
        id="1" * 32,
        alias="local",
        replica=0,
        host=socket.gethostname(),
        supervisor=os.getpid(),
        engine_pid=os.getpid(),
        url=url,
        state="ready",
        phase="",
        started=1,
        ready=2,
        ended=None,
        beat=time.time_ns(),
        engine="vllm 0.32.0",
        model="tiny",
        digests={},
        adapters={},
        sampling={},
        arguments=[],
        key_file="",
        log="",
    )
    return replace(record, **changed)
