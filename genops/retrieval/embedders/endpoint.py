"""Embedding models behind servers: OpenAI-compatible ones directly, every other provider through litellm."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from genops.artifacts import Component, Json
from genops.errors import DefinitionError, InputError, ServerFailed
from genops.index_settings import EmbedderSettings
from genops.models import Gateway, Model
from genops.models.embeddings import EmbeddingRequest
from genops.models.loop_thread import run_sync
from genops.models.price_table import listed
from genops.retrieval.embedders.embedder import Role
from genops.retrieval.embedders.endpoint_tokens import counter_of
from genops.retrieval.embedders.unit import to_unit_length
from genops.settings import ModelAlias, ModelLimits, Settings
from genops.settings_file import origin

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

_AT_ONCE = 8


class EndpointEmbedder:
    """An embedder that asks a server, through the gateway as every call to a model: with its limits, retries and keys.

    Args:
        settings: The project's.
        name: The embedder's in them.
        embedder: What they say of it.

    Attributes:
        model: What the gateway is asked.

    Raises:
        DefinitionError: The model is not ``provider/model``, or its window is not known and not given.
    """

    def __init__(self, settings: Settings, name: str, embedder: EmbedderSettings) -> None:
        self.name = name
        self.languages = tuple(embedder.languages)
        self._settings = embedder
        provider, _, model_id = embedder.model.partition("/")
        if not provider or not model_id:
            raise DefinitionError(
                f"embedder {name!r}: {embedder.model!r} is not a model",
                at=origin(["embedders", name, "model"], settings.source),
                hint="write PROVIDER/MODEL, as in openai/text-embedding-3-small, or a folder, as in ./models/mine",
            )
        facts = listed(provider, model_id) or {}
        window = embedder.window or facts.get("max_input_tokens")
        if not window:
            raise DefinitionError(
                f"embedder {name!r}: how many tokens {embedder.model} reads is not known",
                at=origin(["embedders", name], settings.source),
                hint=f"add window = … under [tool.genops.embedders.{name}]",
            )
        self.window = int(window)
        self._own_dimension = int(facts.get("output_vector_size") or 0)
        self._counter, self._count = counter_of(model_id)
        alias = ModelAlias(
            model=embedder.model,
            revision=embedder.revision,
            base_url=embedder.base_url,
            api_key_env=embedder.api_key_env,
            limits=ModelLimits(concurrency=_AT_ONCE),
        )
        self.model = Model(
            name, alias, provider, model_id, Component("model", name, self.identity()), table="embedders"
        )
        self._project = settings

    @cached_property
    def dimension(self) -> int:
        """Numbers in a vector: as set, as listed, or as the model answers when it is asked for one."""
        return self._settings.dimension or self._own_dimension or self.encode(["dimension"]).shape[1]

    def identity(self) -> dict[str, Json]:
        """Model, revision, and the settings that decide vectors and where texts are cut."""
        settings = self._settings
        given = {
            name: value
            for name in ("revision", "dimension", "query_prefix", "passage_prefix")
            if (value := getattr(settings, name))
        }
        cut: dict[str, Json] = {"window": self.window, "tokens": self._counter}
        return {"model": settings.model, "normalised": True, **cut, **given}

    def count_tokens(self, text: str) -> int:
        """Tokens of a text after the longer prefix."""
        prefixes = {self._settings.query_prefix, self._settings.passage_prefix}
        return max(self._count(prefix + text) for prefix in prefixes)

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """Vectors of unit length, asked for in batches, several at once.

        Raises:
            InputError: A text is longer than the window; many a server would cut it without a word.
            UsageError: The key is missing, or the provider gives no vectors.
            ModelError: The server gave no usable answer.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prefix = self._settings.query_prefix if role == "query" else self._settings.passage_prefix
        asked = [prefix + text for text in texts]
        for text in asked:
            if (tokens := self._count(text)) > self.window:
                raise InputError(
                    f"a text of {tokens} tokens, and {self.name} reads {self.window}: {text[:60]!r}…",
                    hint="cut it into passages, or embed it by embed_texts, which does",
                )
        vectors = to_unit_length(run_sync(self._ask(asked)), self.name)
        self.__dict__.setdefault("dimension", vectors.shape[1])
        return vectors

    @cached_property
    def _gateway(self) -> Gateway:
        """Kept open for the process: a connection costs more than many an answer."""
        gateway = Gateway(self._project)
        atexit.register(lambda: run_sync(gateway.close()))
        return gateway

    async def _ask(self, texts: list[str]) -> Vectors:
        import numpy as np

        size, dimension = self._settings.batch, self._settings.dimension
        wanted = None if dimension == self._own_dimension else dimension
        requests = [EmbeddingRequest(texts[start : start + size], wanted) for start in range(0, len(texts), size)]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._gateway.embed(self.model, request)) for request in requests]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        vectors = [task.result().vectors for task in tasks]
        if len(lengths := {batch.shape[1] for batch in vectors}) > 1:
            raise ServerFailed(f"the server answered with vectors of {len(lengths)} different lengths")
        return np.concatenate(vectors)
