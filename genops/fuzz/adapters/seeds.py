"""``seeds:`` of an objective: its own, prompts of garak's probes, rows and lines of the user's files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from genops.chains import Parsing
from genops.errors import DefinitionError, InputError, Location, UsageError, nearest
from genops.evals.case import Case
from genops.evals.datasets import DatasetSpec
from genops.evals.fields import field_of
from genops.fuzz.adapters.child import PeerFailed
from genops.fuzz.adapters.garak import Garak
from genops.fuzz.adapters.lent import Lent
from genops.fuzz.objective import Borrowed
from genops.settings import Settings
from genops.syntax import read_text

OWN = "own"
_LINES = ".txt"
_TEXT, _TRIGGERS = "text", "triggers"


@dataclass(frozen=True, slots=True)
class SeedSpec:
    """Where the seeds of an objective come from.

    Attributes:
        own: Whether its own are among them.
        probes: Of garak: names and patterns.
        files: Of the user, each a file of lines or a dataset.
        at: Where they are named.
    """

    own: bool = True
    probes: tuple[str, ...] = ()
    files: tuple[Path | DatasetSpec, ...] = ()
    at: Location | None = None

    @property
    def borrows(self) -> bool:
        """Whether there are others than its own."""
        return bool(self.probes or self.files)

    @classmethod
    def parse(cls, raw: Any, parsing: Parsing) -> SeedSpec:
        """Reads what stands at ``seeds:``: ``own``, a file, ``{garak: PROBES}``, a dataset, or a list of these.

        Raises:
            DefinitionError: It is no such thing; with the line.
        """
        own, probes, files = False, list[str](), list[Path | DatasetSpec]()
        for number, entry in enumerate(raw if isinstance(raw, list) else [raw]):
            where = parsing.below(number) if isinstance(raw, list) else parsing
            if entry == OWN:
                own = True
            elif isinstance(entry, dict) and set(entry) == {"garak"}:
                given = entry["garak"]
                probes += field_of(list[str], [given] if isinstance(given, str) else given, "garak", where)
            elif isinstance(entry, str) and Path(entry).suffix == _LINES:
                files.append(Path(entry))
            elif isinstance(entry, (str, dict)) and entry:
                files.append(DatasetSpec.parse(entry, where.file, *where.keys))
            else:
                hint = "seeds: [own, {garak: encoding.InjectBase64}, attacks.csv]"
                raise DefinitionError("`seeds` are `own`, probes of garak, or files", at=where.at(), hint=hint)
        if not (own or probes or files):
            raise DefinitionError("`seeds` is empty", at=parsing.at())
        return cls(own, tuple(probes), tuple(files), parsing.at())


@dataclass
class SeedSources:
    """Reads the texts that seeds are made of.

    Args:
        settings: The project's.
        folder: That files are relative to.
        seed: Of what garak draws, and of the order of texts.

    Attributes:
        versions: Of the tools that were asked so far.
    """

    settings: Settings
    folder: Path
    seed: int
    versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _garak(self) -> Garak:
        return Garak.of(self.settings, self.seed)

    def read(self, spec: SeedSpec, most: int) -> Lent:
        """The texts of others, in random order, so that the first few are a fair sample of them.

        Args:
            spec: Where they come from.
            most: How many can be of use.

        Raises:
            UsageError: A source is not there, or gives nothing that can be used.
            PeerFailed: garak failed.
        """
        try:
            found = [self._read(file) for file in spec.files]
            if spec.probes:
                found.append(self._garak.prompts(spec.probes))
                self.versions["garak"] = self._garak.version
        except (UsageError, PeerFailed) as error:
            error.at = error.at or spec.at
            raise
        texts = [text for lent in found for text in lent.texts]
        notes = [note for lent in found for note in lent.notes]
        if spec.borrows and not texts:
            raise UsageError("`seeds` give no text", at=spec.at, hint="; ".join(notes) or None)
        Random(f"seeds of others {self.seed}").shuffle(texts)
        return Lent(tuple(texts[:most]), tuple(notes))

    def close(self) -> None:
        """Ends the child process, if there is one."""
        if "_garak" in self.__dict__:
            self._garak.child.close()

    def _read(self, file: Path | DatasetSpec) -> Lent:
        if isinstance(file, Path):
            return _of_lines(self.folder / file, str(file))
        dataset = file.open(self.settings, self.folder)
        cases = [dataset[int(number)] for number in file.numbers(dataset)]
        return Lent(tuple(_of_case(case, dataset.name) for case in cases))


def _of_lines(path: Path, name: str) -> Lent:
    lines = read_text(path, "file of texts").splitlines()
    return Lent(tuple(Borrowed(f"{name}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()))


def _of_case(case: Case, name: str) -> Borrowed:
    """A row with ``text`` and, where there are any, ``triggers``: a text or a list of them."""
    at = Location(name)
    text, triggers = case.inputs.get(_TEXT), case.inputs.get(_TRIGGERS)
    if not isinstance(text, str):
        hint = f"{nearest(_TEXT, case.inputs)} Name the column: columns: {{text: COLUMN}}"
        raise InputError(f"the row {case.id!r} has no `text` for a seed", at=at, hint=hint)
    listed = [triggers] if isinstance(triggers, str) else triggers or []
    if not isinstance(listed, list) or not all(isinstance(trigger, str) for trigger in listed):
        raise InputError(f"the row {case.id!r}: `triggers` are a text or a list of texts", at=at)
    return Borrowed(f"{name}:{case.id}", text, tuple(map(str, listed)))
