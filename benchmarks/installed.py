"""genops as an installer leaves it: its modules compiled.

Run from its sources it compiles them once, and keeps that; where ``PYTHONDONTWRITEBYTECODE`` is set every process would
do it anew, which takes it 0.15 s.
"""

from __future__ import annotations

import compileall
from pathlib import Path

import genops


def compile_modules() -> None:
    """Compiles those that have changed; to be called before a process is timed."""
    compileall.compile_dir(Path(genops.__file__).parent, quiet=1)
