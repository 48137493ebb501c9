"""Components of another time: published versions in the store, and files at a git revision."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from genops.artifacts import Reference
from genops.chains import ChainDefinition
from genops.errors import DefinitionError, Location, ReferenceNotFound, UsageError, nearest
from genops.executor.closure import IndexHandle
from genops.models import Model, resolve_model
from genops.prompts import Prompt
from genops.settings import Settings, make_settings
from genops.settings_file import FILES, parse_table

PROMPT_SUFFIX = ".prompt"
CHAIN_SUFFIX = ".yaml"


@dataclass(frozen=True)
class Revision:
    """The project's files at a git revision.

    Attributes:
        root: The project's folder.
        name: The revision as git understands it: a branch, tag or commit.
    """

    root: Path
    name: str

    @cached_property
    def commit(self) -> str:
        """The commit's full hash.

        Raises:
            ReferenceNotFound: Git knows no such revision, or this is no repository.
        """
        answer = self._git("rev-parse", "--verify", "--quiet", f"{self.name}^{{commit}}")
        if answer.returncode != 0:
            repository = self._git("rev-parse", "--git-dir")
            if repository.returncode != 0:  # there is none, or git will not read one that is another user's
                why = repository.stderr.decode(errors="replace").strip()
                raise ReferenceNotFound(f"git knows no revision {self.name!r} in {self.root}", hint=why)
            branches = self._git("for-each-ref", "--format=%(refname:short)").stdout.decode().split()
            raise ReferenceNotFound(f"git knows no revision {self.name!r}", hint=nearest(self.name, branches))
        return answer.stdout.decode().strip()

    def read(self, path: Path) -> str | None:
        """A file's text, or None when the revision has none.

        Raises:
            DefinitionError: It is not text.
        """
        answer = self._git("show", f"{self.commit}:./{path.as_posix()}")
        if answer.returncode != 0:
            return None
        try:
            return answer.stdout.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise DefinitionError("the file is not UTF-8 text", at=Location(self.shown(path))) from None

    def names(self, folder: Path) -> list[str]:
        """Names of the files below a folder, relative to it."""
        answer = self._git("ls-tree", "-r", "-z", "--name-only", self.commit, f"./{folder.as_posix()}/")
        paths = (os.fsdecode(path) for path in answer.stdout.split(b"\0") if path)
        return sorted(Path(path).relative_to(folder).as_posix() for path in paths)

    def shown(self, path: Path) -> str:
        """A file as messages name it."""
        return f"{self.name}:{path.as_posix()}"

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        except FileNotFoundError:
            raise UsageError("a reference with @git: needs git, which is not installed") from None


@dataclass(frozen=True)
class RevisionFiles:
    """The prompts folder at a revision, for templates to read partials and examples from."""

    revision: Revision
    folder: Path

    def read(self, name: str) -> str | None:
        """The text of a file, or None when there is none."""
        return self.revision.read(self.folder / name)

    def names(self) -> list[str]:
        """The names that exist, for messages."""
        return self.revision.names(self.folder)

    def shown(self, name: str) -> str:
        """The file as messages name it."""
        return self.revision.shown(self.folder / name)


class RevisionSource:
    """Chains, templates and model aliases as they were at a git revision; tools and indexes as they are now.

    Args:
        settings: The project's settings of today.
        name: The revision.
        now: The project as it is: for what git does not hold, or holds as code that is not loaded.
    """

    def __init__(self, settings: Settings, name: str, now: Any) -> None:
        self._settings = settings
        self._revision = Revision(settings.root, name)
        self._now = now

    def inside(self, reference: str) -> Any:
        """Its own chains' references stay at the revision; others go where they say."""
        return self if Reference.parse(reference).form == "tree" else self._now.inside(reference)

    def chain(self, reference: str) -> ChainDefinition:
        """``chains/NAME.yaml`` at the revision."""
        parsed = Reference.parse(reference)
        if parsed.form not in ("tree", "git"):
            chain: ChainDefinition = self._now.chain(reference)
            return chain
        folder = self._settings.paths.chains
        path = folder / f"{parsed.name}{CHAIN_SUFFIX}"
        text = self._revision.read(path)
        if text is None:
            known = [name.removesuffix(CHAIN_SUFFIX) for name in self._revision.names(folder)]
            raise ReferenceNotFound(
                f"{self._revision.name} has no chain {parsed.name!r}", hint=nearest(parsed.name, known)
            )
        return ChainDefinition.parse(text, parsed.name, self._revision.shown(path))

    def prompt(self, reference: str) -> Prompt:
        """``prompts/NAME.prompt`` at the revision."""
        parsed = Reference.parse(reference)
        if parsed.form not in ("tree", "git"):
            prompt: Prompt = self._now.prompt(reference)
            return prompt
        files = RevisionFiles(self._revision, self._settings.paths.prompts)
        name = f"{parsed.name}{PROMPT_SUFFIX}"
        text = files.read(name)
        if text is None:
            known = [file.removesuffix(PROMPT_SUFFIX) for file in files.names()]
            raise ReferenceNotFound(
                f"{self._revision.name} has no prompt {parsed.name!r}", hint=nearest(parsed.name, known)
            )
        return Prompt.parse(text, parsed.name, files.shown(name), files)

    def model(self, alias: str) -> Model:
        """The alias as the revision's settings have it; where it is served comes from the settings of today."""
        return resolve_model(self._then, alias)

    def index(self, reference: str) -> IndexHandle:
        """The index as it is now: git does not hold it."""
        handle: IndexHandle = self._now.index(reference)
        return handle

    def tool(self, name: str) -> Any:
        """The tool as it is now: code of another time is not loaded."""
        return self._now.tool(name)

    @cached_property
    def _then(self) -> Settings:
        for name in FILES:
            text = self._revision.read(Path(name))
            shown = self._revision.shown(Path(name))
            values = parse_table(text, name, shown) if text is not None else None
            if values is not None:
                try:
                    return make_settings(values, self._settings.root, None)
                except DefinitionError as error:
                    error.at = error.at or Location(shown)
                    raise
        return self._settings
