"""The project's pages and the blocks in them.

The words after a block's language say what becomes of it on the way down the page, in a copy of the project:
``file=PATH`` writes it to a file, ``append`` adds it to ``pyproject.toml``; everything else is checked for what it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "evals" / "README.md", *(ROOT / "docs").glob("*.md")])
GENERATED = {ROOT / "docs" / "cli.md"}

NOT_RUN = {
    "make demo": "installs packages",
    "make test": "runs this test",
    "make bench": "takes minutes and needs a quiet machine",
    "python -m venv .venv-garak && .venv-garak/bin/pip install garak": "installs packages",
    "python -m venv .venv-pyrit && .venv-pyrit/bin/pip install pyrit": "installs packages",
    "python -m venv .venv-vllm && .venv-vllm/bin/pip install vllm": "installs packages",
    "genops model serve qwen": "needs vLLM, and a GPU",
    "genops model adapter load base support": "needs a server",
    "genops model adapter load base legal --path adapters/legal": "needs a server",
    "genops model adapter list base": "needs a server",
    "genops model adapter unload base legal": "needs a server",
    "genops model watch local --every 2": "needs a server, and does not end",
    ". .venv/bin/activate": "the copy of the project has no environment of its own",
    'kubectl create secret generic llama --namespace models --from-literal=api-key="$KEY" '
    '--from-literal=hf-token="$HF_TOKEN"': "needs a cluster",
    "kubectl apply --filename deploy/k8s/llama": "needs a cluster",
    "helm install llama vllm/vllm-stack --values deploy/production-stack/llama/values.yaml": "needs a cluster",
    "serve deploy deploy/ray/llama/serve.yaml": "needs a cluster",
    'VLLM_API_KEY="$KEY" docker compose --file deploy/compose/llama/compose.yaml up --detach --wait': "needs a GPU",
}
"""Commands that are not executed, with the reason. The targets of make must exist."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        line: Of its first line of text, from 1.
        language: First word after the fence.
        words: The others.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def file(self) -> str | None:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


@cache
def tokens_of(page: Path):
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    blocks = []
    for token in tokens_of(page):
        if token.type == "fence":
            language, *words = token.info.split() or [""]
            blocks.append(Block(name_of(page), token.map[0] + 2, language, tuple(words), token.content))
    return blocks


def inline_of(page: Path) -> Iterator[tuple[int, list]]:
    """The inline tokens of a page, each group with its line."""
    for token in tokens_of(page):
        if token.type == "inline":
            yield token.map[0] + 1, token.children


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    tokens = tokens_of(page)
    titles = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
