"""A segment of a snapshot in PostgreSQL, and which of its rows may be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genops.retrieval.backends.postgres.filters import Condition
from genops.retrieval.backends.postgres.tables import Tables


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of the snapshot.

    Attributes:
        tables: Its tables.
        first: Number of its first row among those of all segments.
        rows: How many it has, tombstones among them.
        graph: Whether its vectors have one.
        dead: Rows of documents that the snapshot no longer has.
    """

    tables: Tables
    first: int
    rows: int
    graph: bool
    dead: list[int]

    def living(self, where: Condition | None) -> tuple[Any, list[Any]]:
        """The condition, on whatever has a ``row``, that it may be found: rows of few documents are looked up."""
        from psycopg import sql

        conditions: list[sql.Composable] = [sql.SQL("true")]
        parameters: list[Any] = []
        if self.dead:
            conditions.append(sql.SQL("row NOT IN (SELECT unnest(%s::int[]))"))
            parameters.append(self.dead)
        if where is not None:
            chosen = sql.SQL(
                "row IN (SELECT generate_series(d.first_row, d.first_row + d.rows - 1) FROM {} AS d WHERE "
                + where[0]
                + ")"
            )
            conditions.append(chosen.format(self.tables.documents))
            parameters += where[1]
        return sql.SQL(" AND ").join(conditions), parameters

    def statement(self, text: str, **more: Any) -> Any:
        """SQL with the names of the tables in it."""
        from psycopg import sql

        tables = self.tables
        return sql.SQL(text).format(
            documents=tables.documents, rows=tables.rows, vectors=tables.vectors, terms=tables.terms, **more
        )
