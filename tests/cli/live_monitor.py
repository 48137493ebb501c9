"""A monitor of the chain ``say``, and runs for it to look at."""

from pathlib import Path


def defined(site: Path, text: str) -> Path:
    """The site with a monitor ``live``."""
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "live.yaml").write_text(text)
    return site


def asked(genops, *words):
    """Runs the chain with each word."""
    for word in words:
        genops("run", "say", "-i", f"what={word}")
