"""Claims: a text taken apart into facts, each checked against passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from genops.artifacts import Value
from genops.evals.judges.passages import Passage
from genops.evals.judges.verdicts import TEXT, evidence_of, having, in_order, one_each
from genops.evals.judging import Answer
from genops.evals.sample import ScoringContext
from genops.evals.score import Evidence

CLAIMS = "genops/claims"
SUPPORT = "genops/claim_support"
Verdict: TypeAlias = Literal["supported", "contradicted", "not_stated"]
_READ: dict[str, Value] = {
    "verdict": {"enum": [*get_args(Verdict)]},
    "reasoning": TEXT,
    "passage": {"type": "integer"},
    "quote": TEXT,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact that a text states.

    Attributes:
        text: In a sentence of its own.
        quote: The text's words.
    """

    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What passages say of a claim.

    Attributes:
        reasoning: Why.
        passage: The one that decides it; None for none.
        quote: Its words.
    """

    claim: Claim
    verdict: Verdict
    reasoning: str
    passage: Passage | None
    quote: str

    @property
    def supported(self) -> bool:
        """Whether the passages support it."""
        return self.verdict == "supported"

    def to_value(self) -> dict[str, Value]:
        """As metadata hold it."""
        where = self.passage.source if self.passage else None
        return {"claim": self.claim.text, "verdict": self.verdict, "passage": where, "reasoning": self.reasoning}

    def evidence(self, source: str, text: str) -> tuple[Evidence, ...]:
        """The words that state the claim, and those of the passage that decide it, each where it stands."""
        said = self.verdict.replace("_", " ")
        stated = evidence_of(self.claim.quote, {source: text}, f"{said}: {self.claim.text}")
        found = [stated or Evidence(self.claim.text, source, None, said)]
        if self.passage is not None:
            decides = evidence_of(self.quote, {self.passage.source: self.passage.text}, f"{said}: {self.claim.text}")
            found += [decides] if decides else []
        return tuple(found)


async def claims_of(
    context: ScoringContext, text: str, question: str, model: str | None
) -> tuple[list[Claim], list[Answer]]:
    """The claims of a text, and the judge's answers; an empty text makes none, and nobody is asked.

    Raises:
        Unscored: The judge cannot say.
    """
    if not text.strip():
        return [], []
    fits = having(claims={"type": "array", "items": having(claim=TEXT, quote=TEXT)})
    answer = await context.ask(CLAIMS, {"question": question, "text": text}, model=model, fits=fits)
    value: Any = answer.value
    return [Claim(row["claim"], row["quote"]) for row in value["claims"]], [answer]


async def findings(
    context: ScoringContext, claims: Sequence[Claim], passages: Sequence[Passage], model: str | None
) -> tuple[list[Finding], list[Answer]]:
    """What passages say of each claim, and the judge's answers; without claims nobody is asked.

    Raises:
        Unscored: The judge cannot say, or leaves a claim out.
    """
    if not claims:
        return [], []
    inputs: dict[str, Value] = {
        "claims": [claim.text for claim in claims],
        "passages": [passage.text for passage in passages],
    }
    fits = one_each("verdicts", "claim", range(1, len(claims) + 1), **_READ)
    answer = await context.ask(SUPPORT, inputs, model=model, fits=fits)
    value: Any = answer.value
    rows = in_order(value["verdicts"], "claim")
    return [_finding(claim, row, passages) for claim, row in zip(claims, rows, strict=True)], [answer]


def _finding(claim: Claim, row: Any, passages: Sequence[Passage]) -> Finding:
    number = int(row["passage"])  # JSON's 1.0 is the passage 1, too
    passage = passages[number - 1] if 1 <= number <= len(passages) else None
    return Finding(claim, row["verdict"], row["reasoning"], passage, row["quote"])
