"""A finding as a case."""

from __future__ import annotations

from typing import Any

from genops.artifacts import Value, encode, normalise, short
from genops.errors import UsageError
from genops.evals.case import Case
from genops.executor.plants import Plants
from genops.fuzz.runner.again import Again

TAG = "attack"
_WHOLE_OUTPUT = "{{ output }}"


def case_of(again: Again) -> Case:
    """The case that a finding is: its input, what it needs in the chain, and its objective's detectors as scorers."""
    arena, finding, attack = again.arena, again.finding, again.attack
    said, attacked = arena.placing(attack)
    inputs, steps = _outside(said, again)
    sessions = [{"session": other} for other in arena.placing.other_sessions]
    plants = normalise([*_entries(arena.placing.standing + attacked), *steps, *sessions])
    scorers = normalise([_scorer(use.body, again) for use in arena.detectors])
    assert isinstance(plants, list)
    assert isinstance(scorers, list)
    return Case(
        id=f"{finding.objective}-{short(key_of(inputs, plants, scorers))}",
        inputs=inputs,
        tags=(TAG, finding.objective),
        critical=True,
        metadata={**attack.metadata, "campaign": again.campaign.name, "finding": short(finding.id)},
        scorers=tuple(scorers),
        plants=tuple(plants),
        may_decline=True,
    )


def _outside(said: dict[str, Value], again: Again) -> tuple[dict[str, Value], list[dict[str, Value]]]:
    """The inputs of the chain itself, and what is given to the step that the attack enters at.

    Raises:
        UsageError: Other sessions enter there too, which no case can say.
    """
    entry = again.arena.entry
    if entry is None:
        return said, []
    if again.arena.placing.other_sessions:
        raise UsageError(
            f"the finding {short(again.finding.id)} needs another session that enters at the step {entry.step!r}",
            hint="a case has other sessions begin at the chain's inputs: promote findings of the whole chain",
        )
    inputs, given = entry.apart(said)
    return inputs, [{"step": {entry.step: given}}]


def key_of(inputs: Any, plants: Any, scorers: Any) -> str:
    """Digest of what is asked, what is planted and what is looked for: the same attack has the same one."""
    return encode(normalise([inputs, plants, scorers])).digest


def _entries(plants: Plants) -> list[dict[str, Value]]:
    """Plants as a case writes them."""
    places = (
        ("system", plants.system),
        ("passage", plants.passages),
        ("tool", plants.results),
        ("document", plants.documents),
    )
    return [{place: text} for place, texts in places for text in texts]


def _scorer(entry: str | dict[str, Any], again: Again) -> dict[str, Any]:
    """A detector as a scorer that looks at what it looked at, whatever the suite's others do."""
    data = again.campaign.file.data
    settings = {entry: None} if isinstance(entry, str) else entry
    return {"of": data.get("of", _WHOLE_OUTPUT), **settings}
