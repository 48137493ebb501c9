"""``contains``: whether words stand in the output."""

from __future__ import annotations

from typing import Literal

from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, pieces


@scorer("contains", threshold=1.0)
def contains(
    output: str,
    expected: Texts,
    *,
    mode: Literal["all", "any", "none"] = "all",
    ignore_case: bool = False,
) -> Score:
    """Whether the output contains what is expected: 1 or 0.

    Args:
        output: What is searched.
        expected: A piece of text, or several.
        mode: Whether all of them must be there, any one, or none.
        ignore_case: Whether ``Paris`` finds ``paris``.
    """
    wanted = pieces(expected)
    searched = output.casefold() if ignore_case else output
    found = [text for text in wanted if (text.casefold() if ignore_case else text) in searched]
    fine = {"all": len(found) == len(wanted), "any": bool(found), "none": not found}[mode]
    missing = [text for text in wanted if text not in found]
    wrong = found if mode == "none" else missing
    explanation = "" if fine else f"{'contains' if mode == 'none' else 'lacks'} {', '.join(map(repr, wrong))}"
    return Score(float(fine), explanation=explanation, evidence=tuple(Evidence(text, "output") for text in found))
