"""What a vLLM takes where its help lists nothing, asked of its own Python: names of parsers, keys of its tables."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from genops.errors import UsageError
from genops.serving.engine.environment import captured
from genops.serving.engine.installation import Installation

_WAIT = 300.0
_ASK = """
import json
from dataclasses import fields
from typing import Literal, get_args, get_origin, get_type_hints

def choices(hint):
    parts = [hint] if get_origin(hint) is Literal else [part for part in get_args(hint) if part is not type(None)]
    if not all(get_origin(part) is Literal for part in parts):
        return []
    return [str(value) for part in parts for value in get_args(part)]

def keys(name):
    import vllm.config
    table = getattr(vllm.config, name)
    if table.__pydantic_config__["extra"] != "forbid":
        return {}
    hints = get_type_hints(table)
    return {"keys": {field.name: choices(hints[field.name]) for field in fields(table) if field.init}}

def parsers():
    from vllm.reasoning import ReasoningParserManager
    return {"choices": list(ReasoningParserManager.list_registered())}

found = {}
for flag, ask in {
    "reasoning-parser": parsers,
    "speculative-config": lambda: keys("SpeculativeConfig"),
    "structured-outputs-config": lambda: keys("StructuredOutputsConfig"),
}.items():
    try:
        found[flag] = ask()
    except Exception:
        pass  # this version has it in another place
print("\\n" + json.dumps(found))
"""


def asked_of(installation: Installation) -> dict[str, dict[str, Any]]:
    """What flags take, by name: ``choices`` of a value, ``keys`` of a table with the choices of each.

    A version that cannot say something is silent on it, and one whose Python is not known on everything.

    Raises:
        UsageError: It was ended while it was asked.
    """
    python = installation.python
    if python is None:
        return {}
    try:
        done = captured([str(python), "-c", _ASK], _WAIT)
        if done.returncode < 0:
            raise UsageError(f"{python} was ended while it was asked what vLLM takes", hint="try again")
        found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        return {}
    return found
