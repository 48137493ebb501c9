"""A chain with types: a pydantic model in, any type that pydantic knows out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from genops.errors import DefinitionError, OutputInvalid

if TYPE_CHECKING:
    from genops.executor.chain import Chain

I = TypeVar("I", bound=BaseModel)  # noqa: E741
O = TypeVar("O")  # noqa: E741


class TypedChain(Generic[I, O]):
    """A chain whose inputs and output a type checker sees.

    Args:
        chain: The chain.
        inputs: A model whose fields are the chain's inputs.
        output: The type of its output.

    Raises:
        DefinitionError: The model's fields are not the chain's inputs.
    """

    def __init__(self, chain: Chain, inputs: type[I], output: type[O]) -> None:
        known, fields = set(chain.closure.root.inputs.names()), set(inputs.model_fields)
        if fields - known:
            raise DefinitionError(
                f"{inputs.__name__} has {', '.join(sorted(fields - known))}, which {chain.name!r} does not take",
                hint=f"it takes {', '.join(sorted(known)) or 'nothing'}",
            )
        self.chain = chain
        self._output: TypeAdapter[O] = TypeAdapter(output)

    def run(self, inputs: I) -> O:
        """Runs the chain and waits.

        Raises:
            OutputInvalid: The output is not of the declared type; the run is on record.
        """
        result = self.chain.run(**inputs.model_dump(mode="json"))
        return self._parsed(result.output, result.id)

    async def arun(self, inputs: I) -> O:
        """As :meth:`run`, awaited."""
        result = await self.chain.arun(**inputs.model_dump(mode="json"))
        return self._parsed(result.output, result.id)

    def _parsed(self, output: object, run: str) -> O:
        try:
            return self._output.validate_python(output)
        except ValidationError as error:
            problem = OutputInvalid(f"the output of {self.chain.name!r} is not of the declared type: {error}")
            problem.run = run
            raise problem from None
