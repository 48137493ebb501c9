"""garak's probes as seeds: their prompts, and what garak looks for in an answer to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.fuzz.adapters.child import Child, PeerFailed
from genops.fuzz.adapters.lent import Lent
from genops.fuzz.objective import Borrowed
from genops.settings import Settings

SETTING = "peers.garak"


@dataclass(frozen=True)
class Garak:
    """The probes of the garak that a project's settings name.

    Args:
        child: Answers in its environment.
        seed: Of what garak draws.
    """

    child: Child
    seed: int

    @classmethod
    def of(cls, settings: Settings, seed: int) -> Garak:
        """The one that the settings name."""
        python = settings.root / settings.peers.garak
        return cls(Child("garak", "garak_probes", python, SETTING, settings.peers.timeout), seed)

    @property
    def version(self) -> str:
        """Of garak.

        Raises:
            UsageError: It is not there.
        """
        return str(self._catalogue["version"])

    @property
    def probes(self) -> list[str]:
        """Names of its probes: ``encoding.InjectBase64``."""
        return sorted(self._catalogue["names"])

    def prompts(self, patterns: Sequence[str]) -> Lent:
        """The prompts of probes. One that its whole name asks for has to give some; of several, some may not.

        Args:
            patterns: Names of probes, of their modules, and patterns of names with ``*`` and ``?``.

        Raises:
            ReferenceNotFound: No probe is called so; the message lists the nearest names.
            UsageError: A probe has no prompts that could be used; the message says why.
            PeerFailed: garak failed.
        """
        texts: dict[str, Borrowed] = {}
        notes: list[str] = []
        for pattern in patterns:
            named = self._named(pattern)
            for name in named:
                alone = named == [pattern]
                found = self._asked(name) if alone else self._tried(name)
                if "problem" in found and alone:
                    raise UsageError(f"garak's probe {name!r} cannot be used: {found['problem']}")
                if "problem" in found:
                    notes.append(f"garak's probe {name} was left out: {found['problem']}")
                for number, prompt in enumerate(found.get("prompts", ())):
                    id = f"garak.{name}.{number}"
                    texts[id] = Borrowed(id, prompt["text"], tuple(prompt["triggers"]))
                if left := found.get("left_out"):
                    notes.append(f"garak's probe {name}: {left} of its prompts left out, which are no single text")
        return Lent(tuple(texts.values()), tuple(dict.fromkeys(notes)))

    def _asked(self, name: str) -> dict[str, Any]:
        return self.child.ask({"do": "prompts", "name": name, "seed": self.seed})

    def _tried(self, name: str) -> dict[str, Any]:
        try:
            return self._asked(name)
        except PeerFailed as error:
            return {"problem": error.message}

    def _named(self, pattern: str) -> list[str]:
        """The probes that a name or pattern stands for."""
        named = [name for name in self.probes if fnmatchcase(name, pattern) or name.partition(".")[0] == pattern]
        if not named:
            modules = {name.partition(".")[0] for name in self.probes}
            known = [*self.probes, *modules] if "." in pattern else modules
            raise ReferenceNotFound(f"garak {self.version} has no probe {pattern!r}", hint=nearest(pattern, known))
        return named

    @cached_property
    def _catalogue(self) -> dict[str, Any]:
        return self.child.ask({"do": "names"})
