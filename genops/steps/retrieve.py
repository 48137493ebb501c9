"""``retrieve``: searches an index."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, mapping_of, step_kind
from genops.errors import InputError


@step_kind("retrieve")
class RetrieveStep(Step):
    """Searches an index; gives its hits, best first.

    Attributes:
        retrieve: Reference of the index.
        query: What is searched for: a text, or a list of ways to say it, of which a passage counts by the best.
        k: How many hits at most.
        filter: Which documents may be found.
        search: Search settings in place of the index's own.
    """

    default_effect = "read"

    retrieve: str
    query: Expr
    k: Expr = 5
    filter: Expr = None
    search: Expr = Field(default_factory=dict)

    def needs(self) -> Iterator[Need]:
        """The index."""
        yield Need("index", self.retrieve)

    async def run(self, context: StepContext) -> Value:
        """One search."""
        query, k, where = context.inputs["query"], context.inputs["k"], context.inputs["filter"]
        if not isinstance(query, str) and not (isinstance(query, list) and all(isinstance(q, str) for q in query)):
            raise InputError(f"the query is {type(query).__name__}, not text or a list of texts")
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise InputError(f"k is {k!r}, not a whole number from 1")
        return list(
            await context.retrieve(
                self.retrieve,
                query,
                k,
                where=None if where is None else mapping_of(where, "filter"),
                search=mapping_of(context.inputs["search"], "search"),
            )
        )
