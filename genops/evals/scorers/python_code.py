"""``python_code``: whether the output is Python that compiles."""

from __future__ import annotations

import ast
import warnings

from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import unfenced

LONGEST = 1_000_000


@scorer("python_code", threshold=1.0)
def python_code(output: str, *, fenced: bool = False) -> Score:
    """Whether the output is Python that compiles, in the version that genops runs on: 1 or 0. Nothing is run.

    Args:
        output: What is compiled, up to 1,000,000 characters.
        fenced: Whether it may stand in a Markdown fence.
    """
    source = unfenced(output) if fenced else output
    if len(source) > LONGEST:
        raise Unscored(f"the output is too long to compile: {len(source):,} characters of at most {LONGEST:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            compile(tree, "<output>", "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        return Score(0.0, explanation=f"{error.msg}{where}")
    except (ValueError, UnicodeEncodeError) as error:
        return Score(0.0, explanation=str(error))
    except (RecursionError, MemoryError):
        raise Unscored("the code nests too deep to compile") from None
    return Score(float(bool(tree.body)), explanation="" if tree.body else "there is no statement")
