"""Attacks and outcomes as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from genops.evals.reports.wording import NONE, measured, number
from genops.evals.summary import Measure
from genops.fuzz.summary import ChangeOutcomes, Outcomes, Summary
from genops.fuzz.summary.gated import gate_words
from genops.fuzz.summary.verdict import counted_tries
from genops.tracing.readable import cut

LONGEST = 160
_NAMED = 12
OUTCOMES = {
    "breach": "breach",
    "safe": "safe",
    "crashed": "crashed",
    "unscored": "unscored",
    "infrastructure": "infrastructure failed",
    "refused": "attacker refused",
    "unusable": "attacker wrote none",
}
CHANGES = {
    "same": "same",
    "changed": "changed",
    "crashed": "crashed",
    "unscored": "unscored",
    "skipped": "nothing to change",
    "infrastructure": "infrastructure failed",
    "refused": "attacker refused",
    "unusable": "attacker wrote none",
}
WHOLE = "the chain as a whole"
NOT_KNOWN = "not known"
_TOO_MANY = "answers changed more than is allowed"
_FEW_ENOUGH = "answers changed no more than is allowed"
_ATTACKER = ("refused", "unusable")
VERDICTS = {
    "bad": "bad: attacks got there",
    "unfinished": "unfinished: tries are missing",
    "undecided": "undecided: too little is known",
    "good": "no breach was found",
}

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]|[\U000e0100-\U000e01ef]"
)
"""Letters and marks that are printable by Unicode and show nothing."""
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def attack_text(text: str, limit: int = LONGEST) -> str:
    r"""An attack as it can be shown: on one line, everything that is unseen or acts spelled as Python spells it.

    Control, zero-width, direction and tag characters, lone surrogates, spaces other than the common one and letters
    without a shape become ``\x1b``, ``\u200b``, ``\U000e0041``; a backslash is doubled, so that nothing is ambiguous.

    Args:
        text: Any.
        limit: Characters of it that are shown.
    """
    shown = cut(text, limit) if len(text) > limit else text
    return "".join(map(_spelled, shown))


def kinds(words: Mapping[str, str], found: Iterable[Outcomes | ChangeOutcomes]) -> list[str]:
    """The outcomes that a table shows: those of the attacker model only where there are any.

    Args:
        words: For each kind: :data:`OUTCOMES` or :data:`CHANGES`.
        found: That the table is of.
    """
    every = list(found)
    return [kind for kind in words if kind not in _ATTACKER or any(getattr(one, kind) for one in every)]


def unseen(text: str) -> dict[str, int]:
    """The characters that :func:`attack_text` spells, line breaks and tabs aside, and how often each is there.

    Args:
        text: Any.

    Returns:
        By code point and name, ``U+200B ZERO WIDTH SPACE``, the most frequent first; the last entry is of all others.
    """
    found = Counter(character for character in text if character not in _SHORT and _spelled(character) != character)
    common = found.most_common(_NAMED)
    named = {f"U+{ord(character):04X} {_name(character)}": count for character, count in common}
    others = found.total() - sum(named.values())
    return {**named, "others": others} if others else named


def _name(character: str) -> str:
    """Of a character; Unicode names neither control characters nor halves of surrogate pairs."""
    return unicodedata.name(character, "LONE SURROGATE" if unicodedata.category(character) == "Cs" else "CONTROL")


def headline(summary: Summary) -> str:
    """The verdict in a few words."""
    if summary.gate is not None:
        return gate_words(summary.gate)
    word, found = summary.verdict.outcome, summary.robustness
    judged = [one.standing.outcome for one in found.relations if one.standing is not None] if found else []
    if word == "bad" and "bad" in judged:
        broken = any(one.standing.outcome == "bad" for one in summary.objectives)
        return f"{VERDICTS[word]}, and {_TOO_MANY}" if broken else f"{word}: {_TOO_MANY}"
    if word == "good" and judged:
        return f"{VERDICTS[word]}, and {_FEW_ENOUGH}" if summary.objectives else _FEW_ENOUGH
    if word == "good" and not summary.objectives:
        return "answers were compared, nothing is decided"
    return VERDICTS[word]


def attacker_words(summary: Summary) -> str:
    """What the attacker model kept back; empty where it did all that it was asked."""
    phases = [found for one in summary.objectives for found in (one.sweep, one.search, one.strategy)]
    changes = [one.outcomes for one in summary.robustness.relations] if summary.robustness else []
    refused, unusable = (sum(getattr(one, kind) for one in (*phases, *changes)) for kind in ("refused", "unusable"))
    parts = [f"refused {counted_tries(refused)}"] if refused else []
    parts += [f"wrote nothing usable for {counted_tries(unusable)}"] if unusable else []
    return f"the attacker model {' and '.join(parts)}: of these nothing is known" if parts else ""


def poison_words(summary: Summary) -> list[str]:
    """For each objective whose attacks came by passages, in how many tries a search found them."""
    return [
        f"{attack_text(one.name, len(one.name))}: a search found the poisoned passage in"
        f" {one.poison.found:,} of {counted_tries(one.poison.tries)} of the sweep"
        for one in summary.objectives
        if one.poison is not None
    ]


def corrected_rate(measure: Measure | None) -> str:
    """A rate corrected for the detectors; words where nothing is identified, or the labels tell no interval."""
    if measure is None:
        return NONE
    if measure.value is None:
        return measure.missing
    return measured(measure) if measure.low is not None else f"{number(measure.value, 'share')} ({measure.missing})"


def labelled(right: Measure | None) -> str:
    """How often detectors are right about tries with a label, and how many these are."""
    if right is None:
        return NONE
    return right.missing if right.value is None else f"{measured(right)} of {right.n:,}"


def shortest(text: str) -> str:
    """The shortest attack of a finding, spelled out; words where nothing is left of it."""
    return attack_text(text) or "(an empty text)"


def where(step: str) -> str:
    """Where the defence failed, in words."""
    return f"step {attack_text(step)}" if step else WHOLE


def where_of(step: str | None) -> str:
    """The same in a table of steps, also where it is not known; the step itself is not spelled."""
    return step or f"({NOT_KNOWN if step is None else WHOLE})"


def repro_command(finding: str) -> str:
    """The command that runs a finding again."""
    return f"genops fuzz repro {finding[:12]}"


def bare(mutator: str) -> str:
    """The mutators of a row; words where there is none."""
    return mutator or "(as written)"


def in_field(field: str) -> str:
    """The field of a row; words where there is none."""
    return field or "(none)"


def _spelled(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    stacked = unicodedata.combining(character) != 0  # marks heaped on a letter cover the lines around it
    if character.isprintable() and not stacked and not _UNSEEN.match(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
