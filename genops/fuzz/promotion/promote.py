"""Promoting findings: their cases go to the end of a suite's dataset, and what stands there stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from genops.artifacts import Reference
from genops.durable import locked
from genops.errors import InputError, Location, UsageError
from genops.evals.case import Case
from genops.evals.datasets.line import record_of
from genops.evals.own_scorers import case_uses
from genops.evals.suite import Suite
from genops.executor import Project
from genops.fuzz.campaign import Campaign
from genops.fuzz.promotion.case import case_of, key_of
from genops.fuzz.runner.again import Again, find_again
from genops.syntax import read_yaml

_NAME = re.compile(r"\w[\w.-]*")
_PLAIN = re.compile(r"[A-Za-z_][\w./@-]*")


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting came to.

    Attributes:
        suite: File of the suite.
        dataset: File of its cases.
        made: Whether the suite is new.
        written: Ids of the new cases.
        known: Ids of those that were there before.
        others: Names of the suite's own scorers, which score the new cases too.
    """

    suite: Path
    dataset: Path
    made: bool
    written: tuple[str, ...]
    known: tuple[str, ...]
    others: tuple[str, ...]


def promote(project: Project, findings: Sequence[str], suite: str) -> Promoted:
    """Writes findings to a suite as cases, each once.

    Args:
        project: Where they were found.
        findings: Their ids, or the beginnings of them.
        suite: Name of the suite; where there is none in the project, it is made.

    Raises:
        ReferenceNotFound: There is no such finding.
        UsageError: The findings are of another chain than the suite, or its cases stand in no file that lines can be
            added to.
    """
    again = [find_again(project, finding) for finding in dict.fromkeys(findings)]
    campaign = _campaign(again)
    cases = list({case.id: case for case in map(case_of, again)}.values())
    folder = project.settings.root / project.settings.paths.evals
    path = folder / f"{suite}.yaml"
    with locked(project.settings.data_dir / "promotion.lock"):
        made = not path.is_file()
        text = _new_suite(suite, campaign, path) if made else path.read_text(encoding="utf-8")
        loaded = Suite.from_data((file := read_yaml(text, path)).data, suite, folder, file)
        dataset = _dataset(loaded, campaign, path)
        ids, keys = _there(loaded, dataset, project)
        new = [case for case in cases if case.id not in ids and _key(case) not in keys]
        for case in new:
            case_uses(case, loaded)
        if made:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if new:
            _append(dataset, new, loaded, project)
    written = tuple(case.id for case in new)
    known = tuple(case.id for case in cases if case not in new)
    return Promoted(path, dataset, made, written, known, tuple(use.name for use in loaded.scorers))


def _campaign(again: Sequence[Again]) -> Campaign:
    """The campaign of findings, or one that attacks the same chain.

    Raises:
        UsageError: There is no finding, or they are of several chains.
    """
    chains = {each.campaign.chain: each.campaign for each in again}
    if not chains:
        raise UsageError("nothing was found that could be promoted", hint="genops fuzz list")
    if len(chains) > 1:
        raise UsageError(
            f"the findings are of several chains: {', '.join(sorted(chains))}", hint="give each a suite of its own"
        )
    return next(iter(chains.values()))


def _new_suite(name: str, campaign: Campaign, path: Path) -> str:
    """The text of a suite for the findings of a campaign.

    Raises:
        UsageError: The name is none, or a file of cases has it already.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a suite", hint="letters, digits, _, - and .")
    cases = path.with_suffix(".jsonl")
    if cases.exists():
        raise UsageError("there are cases by this name, and no suite", at=Location(cases), hint="choose another name")
    lines = [
        "kind: suite",
        f"description: {_scalar(f'Attacks that broke {campaign.chain} once, promoted by `genops fuzz promote`.')}",
        f"chain: {_scalar(campaign.chain)}",
        f"dataset: {_scalar(cases.name)}",
        *([f"judge: {_scalar(campaign.judge)}"] if campaign.judge else []),
        *([f"timeout: {campaign.timeout:g}"] if campaign.timeout else []),
        "scorers: []  # every case has its own",
        'gate: ["passed >= 1"]',
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """A text as YAML."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _dataset(suite: Suite, campaign: Campaign, path: Path) -> Path:
    """The file that cases of a suite are added to.

    Raises:
        UsageError: It tests another chain, or has no such file.
    """
    chain = Reference.parse(campaign.chain).name
    tested = {Reference.parse(variant.chain).name for variant in suite.variants}
    if chain not in tested:
        raise UsageError(
            f"the suite tests {', '.join(sorted(tested))}, and the findings are of {chain}",
            at=Location(path),
            hint="choose another name for --suite",
        )
    spec = suite.dataset
    if spec.file is None or (spec.format or Path(spec.file).suffix) not in ("jsonl", ".jsonl", ".ndjson"):
        raise UsageError(
            "the suite's cases stand in no file of JSON Lines, to which findings could be added",
            at=Location(path),
            hint="choose another name for --suite, and a suite is made",
        )
    return path.parent / spec.file


def _there(suite: Suite, dataset: Path, project: Project) -> tuple[set[str], set[str]]:
    """Ids and keys of the cases that a suite has."""
    if not dataset.exists() or not dataset.read_text(encoding="utf-8").strip():
        return set(), set()
    cases = suite.dataset.open(project.settings, suite.folder)
    return {case.id for case in cases}, {_key(case) for case in cases}


def _key(case: Case) -> str:
    return key_of(case.inputs, case.plants, case.scorers)


def _append(dataset: Path, cases: Sequence[Case], suite: Suite, project: Project) -> None:
    """Adds lines to a file, all or none.

    Raises:
        InputError: The file would not be read with them.
    """
    before = dataset.read_text(encoding="utf-8") if dataset.exists() else ""
    before += "\n" if before and not before.endswith("\n") else ""
    # Escapes: in attacks there are characters that no reader of a change would see.
    lines = "".join(json.dumps(record_of(case), ensure_ascii=True) + "\n" for case in cases)
    with NamedTemporaryFile(
        "w", dir=dataset.parent, prefix=".", suffix=".jsonl", encoding="utf-8", delete=False
    ) as out:
        out.write(before + lines)
    written = Path(out.name)
    try:
        suite.dataset.model_copy(update={"file": written.name}).open(project.settings, dataset.parent)
        written.chmod(dataset.stat().st_mode if dataset.exists() else 0o644)
        written.replace(dataset)
    except InputError as error:
        raise InputError(f"the cases do not fit the file: {error.message}", at=Location(dataset)) from None
    finally:
        written.unlink(missing_ok=True)
