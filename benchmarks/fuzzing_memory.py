"""Whether memory stays flat over a large campaign: the resident size of its process, try by try.

A fifth of the tries are a sweep and the rest a search, on a chain of a tool alone. A sweep repeats its texts, so that
only a search fills the database's page cache, which is bounded; it has begun to by three tenths of the tries.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.memory import growth, resident
from benchmarks.report import Row, table

_CHAIN = "inputs: {text: str}\nsteps: {size: {tool: size, with: {text: '{{ inputs.text }}'}}}\n"
_MUTATORS = ["base64", "rot13", "leet", "typos", "case", "homoglyphs", "role_play", "zero_width"]


def run(count: int = 100_000) -> list[Row]:
    """Resident size after three tenths of the tries and after all of them."""
    import genops
    from genops.executor import Project
    from genops.fuzz.campaign import Campaign
    from genops.fuzz.fuzzing import fuzz
    from genops.settings import load_settings

    def size(text: str) -> int:
        return len(text)

    genops.tool(size)
    sizes: dict[int, int] = {}
    early = 3 * count // 10
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "chains").mkdir()
        (root / "genops.toml").write_text("")
        (root / "chains" / "size.yaml").write_text(_CHAIN)
        project = Project(load_settings(root))
        data = {
            "chain": "size",
            "dataset": [{"text": "What is a lock?"}],
            "objectives": ["crash"],
            "mutators": _MUTATORS,
            "tries": {"sweep": count // 5, "search": count - count // 5},
        }

        def note(progress: Any) -> None:
            if progress.done >= early and early not in sizes:
                sizes[early] = resident()

        done = fuzz(Campaign.from_data(data, "sizes", root), project, on_progress=note)
        sizes[count] = resident()
        kept = sum(1 for _ in project.store.tries(done.record.id))
        project.close()
    assert kept == count, f"{kept} of {count} tries are on record"
    return [growth("tries", count, sizes[count], early, sizes[early])]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    sys.stdout.write(table(run(parser.parse_args().count)))
