"""``retrieve``: searches an index."""

from __future__ import annotations

from collections.abc import Iterator

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, step_kind
from genops.errors import InputError


@step_kind("retrieve")
class RetrieveStep(Step):
    """Searches an index; gives its hits, best first.

    Attributes:
        retrieve: Reference of the index.
        query: What is searched for.
        k: How many hits at most.
    """

    default_effect = "read"

    retrieve: str
    query: Expr
    k: Expr = 5

    def needs(self) -> Iterator[Need]:
        """The index."""
        yield Need("index", self.retrieve)

    async def run(self, context: StepContext) -> Value:
        """One search."""
        query, k = context.inputs["query"], context.inputs["k"]
        if not isinstance(query, str):
            raise InputError(f"the query is {type(query).__name__}, not text")
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise InputError(f"k is {k!r}, not a whole number from 1")
        return list(await context.retrieve(self.retrieve, query, k))
