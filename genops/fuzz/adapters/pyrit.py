"""PyRIT's converters as mutators: ``pyrit.LeetspeakConverter``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from genops.artifacts import Value
from genops.errors import Location, ReferenceNotFound, UsageError, nearest
from genops.fuzz.adapters.child import Child, PeerRefused
from genops.fuzz.mutator import MutationFailed, Mutator
from genops.settings import Settings

PREFIX = "pyrit."
SETTING = "peers.pyrit"


@dataclass(frozen=True, slots=True)
class ConverterUse:
    """A converter with the settings of a campaign.

    Attributes:
        name: As a mutator: ``pyrit.CaesarConverter``.
        settings: What it is made with.
        at: Where it is named.
    """

    name: str
    settings: Mapping[str, Any]
    at: Location


@dataclass(frozen=True)
class Pyrit:
    """The converters of the PyRIT that a project's settings name.

    Args:
        child: Answers in its environment.
    """

    child: Child

    @classmethod
    def of(cls, settings: Settings) -> Pyrit:
        """The one that the settings name."""
        python = settings.root / settings.peers.pyrit
        return cls(Child("pyrit", "pyrit_converters", python, SETTING, settings.peers.timeout))

    @property
    def version(self) -> str:
        """Of PyRIT.

        Raises:
            UsageError: It is not there.
        """
        return str(self._catalogue["version"])

    @property
    def converters(self) -> list[str]:
        """Names of its converters: ``LeetspeakConverter``."""
        return sorted(self._catalogue["names"])

    def mutator(self, use: ConverterUse) -> Mutator[Any, Any]:
        """A converter as a mutator.

        Raises:
            ReferenceNotFound: There is no such converter; the message lists the nearest names.
            UsageError: It needs a model or another setting, or does not make text of text; the message says so.
            PeerFailed: PyRIT failed.
        """
        converter, settings = use.name.removeprefix(PREFIX), use.settings
        if converter not in self.converters:
            hint = nearest(converter, self.converters)
            raise ReferenceNotFound(f"PyRIT {self.version} has no converter {converter!r}", at=use.at, hint=hint)
        found = self.child.ask({"do": "describe", "name": converter, "settings": dict(settings)})
        if "unknown" in found:
            what = f"PyRIT's {converter} has no setting {found['unknown']!r}"
            takes = found["takes"]
            raise UsageError(what, at=use.at, hint=nearest(found["unknown"], takes) if takes else None)
        if "problem" in found:
            raise UsageError(f"PyRIT's {converter} cannot be used: {found['problem']}", at=use.at)
        function = self._drawn(converter, settings) if found["chance"] else self._fixed(converter, settings)
        return Mutator(use.name, function, "borrowed", keeps_meaning=False)

    def _drawn(self, converter: str, settings: Mapping[str, Value]) -> Any:
        async def convert(text: str, rng: Random) -> str:
            return await self._converted(converter, settings, text, rng.getrandbits(32))

        return convert

    def _fixed(self, converter: str, settings: Mapping[str, Value]) -> Any:
        async def convert(text: str) -> str:
            return await self._converted(converter, settings, text, 0)

        return convert

    async def _converted(self, converter: str, settings: Mapping[str, Value], text: str, seed: int) -> str:
        """What a converter makes of a text; a blank one stays as it is, and a lone surrogate becomes ``?`` before."""
        if not text.strip():
            return text
        sent = text.encode("utf-8", "replace").decode("utf-8")
        request = {"do": "convert", "name": converter, "settings": dict(settings), "text": sent, "seed": seed}
        try:
            return str((await asyncio.to_thread(self.child.ask, request))["text"])
        except PeerRefused as error:
            raise MutationFailed(error.message) from error

    @cached_property
    def _catalogue(self) -> dict[str, Any]:
        return self.child.ask({"do": "names"})
