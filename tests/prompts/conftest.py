from dataclasses import dataclass
from pathlib import Path

import pytest

from genops.prompts import Prompt
from genops.settings import Settings


@dataclass(frozen=True)
class Project:
    """A project folder to write templates into."""

    root: Path

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / "prompts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(self, name: str = "answer") -> Prompt:
        return Prompt.load(name, Settings(root=self.root))


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
