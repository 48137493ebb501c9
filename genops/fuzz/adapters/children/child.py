"""Answers requests in the environment of a peer: ``python child.py MODULE``, one JSON object on a line each way.

It runs under the peer's Python (3.10 or newer) and imports the standard library, the module beside it that is named,
and the peer. What the peer prints goes to the standard error. It ends when its input does, so that it never outlives
who started it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def main(module: str) -> None:
    """Answers until there is nothing more to answer.

    Args:
        module: Beside this file, with ``PEER``, the package that it needs, and ``answer``.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    peer = importlib.import_module(module)
    for line in sys.stdin:
        answers.write(json.dumps(_answered(peer, json.loads(line))) + "\n")
        answers.flush()


def _answered(peer: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The answer, or why there is none: ``missing`` says that the peer, or a part of it, is not installed."""
    try:
        return dict(peer.answer(request))
    except ModuleNotFoundError as error:
        said = {"failed": f"{type(error).__name__}: {error}"}
        return {"missing": peer.PEER, **said} if (error.name or "").partition(".")[0] == peer.PEER else said
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a peer may call sys.exit()
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main(sys.argv[1])
