"""One changed file among 10,000: an incremental build beside a full one, with MiniLM, in one process."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.made_corpus import texts
from benchmarks.report import Row, table


def run(files: int = 10_000, words: int = 25) -> list[Row]:
    """Builds the index of so many short files, changes one, and builds again."""
    from genops.index_settings import IndexSettings
    from genops.retrieval import build_index, status
    from genops.settings import Settings

    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "docs").mkdir()
        long_ago = time.time() - 3600
        for number, text in zip(range(files), texts(files, words), strict=False):
            path = folder / "docs" / f"{number:05d}.txt"
            path.write_text(text)
            os.utime(path, (long_ago, long_ago))
        time.sleep(2.5)  # files younger than the clock's tick are read again, whatever their times say
        settings = Settings(root=folder, indexes={"docs": IndexSettings(sources=["docs/*.txt"])})
        full = _seconds(lambda: build_index(settings, "docs"))
        nothing = _seconds(lambda: build_index(settings, "docs"))
        (folder / "docs" / "00042.txt").write_text("A text that was not there before.")
        looked = _seconds(lambda: status(settings, "docs"))
        one = _seconds(lambda: build_index(settings, "docs"))
    finally:
        shutil.rmtree(folder)
    beside = f"full build {full:.1f} s"
    return [
        Row(f"one changed file among {files:,}, MiniLM", f"{one:.2f} s", beside, one / full, 0.02),
        Row("nothing changed", f"{nothing:.2f} s", beside, nothing / full),
        Row("genops index status", f"{looked:.2f} s", beside, looked / full),
    ]


def _seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args(arguments)
    sys.stdout.write(table(run(options.files)))


if __name__ == "__main__":
    main()
