"""Calls for vectors, in the shape of OpenAI's ``/embeddings``, which every provider path speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from genops.errors import ServerFailed
from genops.models.chat_completion import CHECK_URL, error_of, token_count
from genops.models.types import Model, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """One call.

    Attributes:
        texts: What to embed, in order.
        dimension: Numbers wanted in a vector; None for as many as the model gives.
    """

    texts: list[str]
    dimension: int | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingResponse:
    """One answer.

    Attributes:
        vectors: float32, a row for each text; finite, of whatever length the model gives them.
        usage: Tokens.
    """

    vectors: NDArray[np.float32]
    usage: Usage


@runtime_checkable
class EmbeddingProvider(Protocol):
    """A provider that gives vectors too. It raises what :class:`~genops.models.types.Provider` does."""

    async def embed(self, model: Model, request: EmbeddingRequest) -> EmbeddingResponse:
        """Makes one attempt."""
        ...


def read_embeddings(body: Any, request: EmbeddingRequest) -> EmbeddingResponse:
    """The vectors in a response body, put in the order of the texts by their ``index``.

    Raises:
        ServerFailed: They are not one finite vector for each text, all of one length and of the one asked for.
        ModelError: It is an error that was sent as if it were an answer.
    """
    import numpy as np

    if not isinstance(body, dict):
        raise ServerFailed("the server answered with something that is no list of embeddings", hint=CHECK_URL)
    if body.get("error"):
        raise error_of(200, body)
    try:
        rows = list(body["data"])
        places = [place if row.get("index") is None else int(row["index"]) for place, row in enumerate(rows)]
        with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
            vectors = np.asarray([row["embedding"] for row in rows], dtype=np.float32)
        usage = Usage(token_count((body.get("usage") or {}).get("prompt_tokens")), output_tokens=0)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ServerFailed(
            f"the server's answer has no usable embeddings ({type(error).__name__}: {error})", hint=CHECK_URL
        ) from None
    expected = len(request.texts)
    if sorted(places) != list(range(expected)):
        raise ServerFailed(f"the server answered with {len(rows)} vectors numbered {places} for {expected} texts")
    if vectors.ndim != 2 or vectors.size == 0 or vectors.shape[1] != (request.dimension or vectors.shape[1]):
        raise ServerFailed(
            f"the server answered with vectors of shape {vectors.shape}"
            + (f", and {request.dimension} dimensions were asked for" if request.dimension else "")
        )
    if not np.isfinite(vectors).all():
        raise ServerFailed("the server answered with numbers that are not finite")
    ordered = np.empty_like(vectors)
    ordered[places] = vectors
    return EmbeddingResponse(ordered, usage)
