"""The smallest project that asks a model: one template, one chain of one step."""

from __future__ import annotations

from pathlib import Path

_CHAIN = """
inputs: {question: str}
steps:
  answer:
    prompt: ask
    with: {question: "{{ inputs.question }}"}
output: "{{ steps.answer.output }}"
"""


def write_project(root: Path, settings: str = "") -> None:
    """Writes the project, its chain called ``ask``, with the given ``genops.toml``."""
    for name in ("prompts", "chains"):
        (root / name).mkdir()
    (root / "genops.toml").write_text(settings)
    (root / "prompts" / "ask.prompt").write_text("---\ninputs: {question: str}\n---\n{{ question }}\n")
    (root / "chains" / "ask.yaml").write_text(_CHAIN)
