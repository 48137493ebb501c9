"""``sql``: whether the output is SQL."""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import AfterValidator

from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import unfenced

LONGEST = 200_000


def _known(dialect: str) -> str:
    from sqlglot import Dialect

    Dialect.get_or_raise(dialect)
    return dialect


@scorer("sql", threshold=1.0, threaded=True)
def sql(output: str, dialect: Annotated[str, AfterValidator(_known)] = "", *, fenced: bool = False) -> Score:
    """Whether the output is one or more SQL statements that parse: 1 or 0. Nothing is run.

    Args:
        output: What is parsed, up to 200,000 characters.
        dialect: Of ``sqlglot``: ``postgres``, ``sqlite``, ``mysql``, ``bigquery``, …; empty for what they share.
        fenced: Whether it may stand in a Markdown fence.
    """
    import sqlglot
    from sqlglot import exp

    text = unfenced(output) if fenced else output
    if len(text) > LONGEST:
        raise Unscored(f"the output is too long to parse: {len(text):,} characters of at most {LONGEST:,}")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of every statement that it leaves unparsed
    try:
        statements = [tree for tree in sqlglot.parse(text, read=dialect or None) if tree is not None]
    except sqlglot.errors.SqlglotError as error:
        return Score(0.0, explanation=f"not SQL: {str(error).partition(chr(10))[0]}")
    except RecursionError:
        raise Unscored("the statement nests too deep to parse") from None
    for statement in statements:
        if isinstance(statement, (exp.Condition, exp.Alias)) and not isinstance(statement, exp.Query):
            return Score(0.0, explanation="an expression is no statement")
        if isinstance(statement, exp.Command):
            raise Unscored(f"sqlglot does not read what follows {statement.name.upper()}", hint="use a regex for it")
    return Score(float(bool(statements)), explanation="" if statements else "there is no statement")
