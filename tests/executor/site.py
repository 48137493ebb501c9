"""A project in a folder of its own, written file by file, and what tests do with it."""

import shutil
import tempfile
import textwrap
from functools import cache, cached_property
from pathlib import Path

import pytest

from genops.executor import Chain, Project, Replay, RunOptions, RunResult, replay, run_sync
from genops.retrieval import build_index
from genops.settings import load_settings
from genops.store import Store
from genops.tracing.trace import Trace
from tests.retrieval import hashing


@cache
def _empty_store() -> Path:
    """A migrated store with nothing in it, made once: making one takes longer than most tests."""
    path = Path(tempfile.mkdtemp()) / "genops.db"
    Store.open(f"sqlite:///{path}").close()
    return path


ASK = """
    ---
    inputs: {question: str}
    ---
    {{ question }}
    """


class Site:
    """A project on disk. Write files and settings first; ``project`` opens it.

    Attributes:
        root: Its folder.
        top: The settings' top-level keys.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = 'default_model = "m"\n'
        self._settings: list[str] = []

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def settings(self, toml: str) -> None:
        """Adds tables to the settings."""
        self._settings.append(textwrap.dedent(toml))

    def prompt(self, name: str, text: str = ASK) -> None:
        self.write(f"prompts/{name}.prompt", text)

    def scripted(self, rules: str, alias: str = "m", more: str = "") -> None:
        """A scripted model under an alias."""
        self.write(f"{alias}.script.yaml", rules)
        self.settings(f'[models.{alias}]\nmodel = "scripted/{alias}"\nfile = "{alias}.script.yaml"\n{more}\n')

    def served(self, url: str, alias: str = "m", more: str = "") -> None:
        """A model behind a server that speaks OpenAI's protocol."""
        self.settings(f'[models.{alias}]\nmodel = "openai/{alias}"\nbase_url = "{url}"\n{more}\n')

    def index(self, name: str, *documents: str) -> None:
        """Builds an index of documents with the hashing embedder; no more settings after this."""
        hashing.register()
        self.settings(
            f'[indexes.{name}]\nsources = ["{name}/*"]\nembedder = "hashing"\nchunk_tokens = 32\noverlap_tokens = 8\n'
        )
        for number, text in enumerate(documents):
            self.write(f"{name}/{number}.md", text)
        build_index(self.project.settings, name)

    @cached_property
    def project(self) -> Project:
        if self._settings or not (self.root / "genops.toml").exists():
            (self.root / "genops.toml").write_text(self.top + "\n".join(self._settings))
        settings = load_settings(self.root)
        if not settings.data_dir.exists():
            settings.data_dir.mkdir()
            shutil.copy(_empty_store(), settings.data_dir / "genops.db")
        return Project(settings)

    def chain(self, text: str, name: str = "main") -> Chain:
        self.write(f"chains/{name}.yaml", text)
        return Chain.load(name, project=self.project)

    def trace(self, run: RunResult | str) -> Trace:
        assert self.project.store.writer.flush(10.0)
        return Trace.load(self.project.store, run if isinstance(run, str) else run.id)

    def replay(self, run: RunResult | str, *swaps: str) -> Replay:
        return run_sync(replay(self.project, self.trace(run), swaps))

    def reopen(self) -> Project:
        """The same project in a new process, as far as one process can pretend that."""
        self.close()
        return self.project

    def memo_run(self, chain: Chain, repeat: int = 0, **inputs: object) -> RunResult:
        return chain.run_sync(inputs, RunOptions(memo=self.project.memo(), repeat=repeat))

    def close(self) -> None:
        if "project" in self.__dict__:
            self.project.close()
            del self.__dict__["project"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty project."""
    made = Site(tmp_path)
    yield made
    made.close()


def paths(trace: Trace, *kinds: str) -> list[str]:
    """Positions of the spans of some kinds, sorted."""
    return sorted(span.path for span in trace.spans if span.kind in kinds)
