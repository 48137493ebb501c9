"""The direct path to servers that speak OpenAI's protocol: OpenAI, vLLM, llama.cpp, Ollama and the like."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Self

import orjson

from genops.errors import GenopsError, ModelError, ModelRefused, ServerFailed, ServerUnreachable, StreamBroken
from genops.models.alias import base_url_of, key_variable
from genops.models.chat_completion import CHECK_URL, Assembly, error_of, read_completion
from genops.models.embeddings import EmbeddingRequest, EmbeddingResponse, read_embeddings
from genops.models.retry import parse_retry_after
from genops.models.server_sent_events import EventDecoder
from genops.models.types import Call, Model, ModelRequest, ModelResponse
from genops.settings import Settings

if TYPE_CHECKING:
    import aiohttp


class OpenAICompatible:
    """A client with one connection pool for all servers."""

    def __init__(self, settings: Settings) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def load(self) -> None:
        """Imports the HTTP client."""
        import aiohttp  # noqa: F401

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """Makes one attempt; streamed when ``call.on_text`` is given.

        Raises:
            ModelError: By what went wrong.
        """
        body = _completion_body(model, request, call.on_text is not None)
        started = time.perf_counter()
        with _Failures(model, base_url_of(model) + "/chat/completions") as failures:
            async with self._post(failures.url, model, body, call.headers) as answer:
                failures.begun = True
                if answer.status != 200:
                    raise await _refusal(answer, model)
                if answer.content_type == "text/event-stream":
                    return await _read_stream(answer, call.on_text, started)
                first_byte = time.perf_counter() - started
                response = read_completion(_loads(await answer.read()))
        response.time_to_first_token = first_byte
        if call.on_text is not None and response.text:
            call.on_text(response.text)
        return response

    async def embed(self, model: Model, request: EmbeddingRequest) -> EmbeddingResponse:
        """Makes one attempt at vectors.

        Raises:
            ModelError: By what went wrong.
        """
        body: dict[str, Any] = {"model": model.requested, "input": request.texts}
        if request.dimension is not None:
            body["dimensions"] = request.dimension
        with _Failures(model, base_url_of(model) + "/embeddings") as failures:
            async with self._post(failures.url, model, body, {}) as answer:
                failures.begun = True
                if answer.status != 200:
                    raise await _refusal(answer, model)
                return read_embeddings(_loads(await answer.read()), request)

    def _post(
        self, url: str, model: Model, body: dict[str, Any], headers: dict[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        session = self._session or self._connect()
        return session.post(url, data=_dumps(body), headers=_headers(model, headers), allow_redirects=False)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connect(self) -> aiohttp.ClientSession:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the alias's limits bound it
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the gateway bounds the attempt
            trust_env=bool(urllib.request.getproxies()),
        )
        return self._session


class _Failures:
    """Makes everything that goes wrong until an answer is read a ModelError.

    A class and not a generator: it is entered for every call.

    Args:
        model: That is asked.
        url: Where.

    Attributes:
        url: Where.
        begun: Whether the answer has begun.
    """

    __slots__ = ("_model", "begun", "url")

    def __init__(self, model: Model, url: str) -> None:
        self._model = model
        self.url = url
        self.begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, GenopsError):
            return
        import aiohttp

        if isinstance(error, aiohttp.InvalidURL):
            raise ModelRefused(f"{self.url!r} is not a URL", hint=_where(self._model)) from None
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            raise ModelRefused(f"the certificate of {self.url} is not trusted: {error}") from None
        if isinstance(error, (aiohttp.ClientError, ConnectionError)):
            raise _lost(error, self._model, self.url, self.begun) from None


def _completion_body(model: Model, request: ModelRequest, streamed: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        **request.parameters,
        "model": model.requested,
        "messages": request.messages,
    }
    if request.tools:
        body["tools"] = request.tools
    if request.tool_choice is not None:
        body["tool_choice"] = request.tool_choice
    if request.response_format is not None:
        body["response_format"] = request.response_format
    if streamed:
        body["stream"] = True
        body.setdefault("stream_options", {"include_usage": True})
    return body


def _dumps(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # a lone surrogate or an integer beyond 64 bits, which JSON's escapes can carry
        return json.dumps(body).encode("ascii")


def _headers(model: Model, around: dict[str, str]) -> dict[str, str]:
    headers = {"Content-Type": "application/json", **around}
    if model.endpoint is not None:
        if model.endpoint.key:
            headers["Authorization"] = f"Bearer {model.endpoint.key}"
        return headers
    variable = key_variable(model)
    if variable is not None:
        headers["Authorization"] = f"Bearer {os.environ.get(variable, '').strip()}"
    return headers


async def _read_stream(
    answer: aiohttp.ClientResponse, on_text: Callable[[str], None] | None, started: float
) -> ModelResponse:
    decoder, assembly = EventDecoder(), Assembly(on_text)
    first: float | None = None
    done = False

    def take(data: bytes) -> None:
        nonlocal done, first
        if data.strip() == b"[DONE]":
            done = True
        elif not done:
            assembly.add(_loads(data))
            if first is None and assembly.begun:
                first = time.perf_counter() - started

    async for piece in answer.content.iter_any():
        for data in decoder.feed(piece):
            take(data)
    for data in decoder.finish():
        take(data)
    if not assembly.finished and not (done and assembly.begun):
        raise StreamBroken("the stream ended before the answer did")
    response = assembly.response()
    response.time_to_first_token = first
    return response


async def _refusal(answer: aiohttp.ClientResponse, model: Model) -> ModelError:
    text = (await answer.read()).decode("utf-8", errors="replace")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        body = text
    if 200 <= answer.status < 400:
        target = answer.headers.get("Location")
        return ModelRefused(
            f"the server answered {answer.status}" + (f" and points to {target}" if target else ""),
            status=answer.status,
            hint="set base_url to where the server really is",
        )
    error = error_of(answer.status, body, parse_retry_after(answer.headers.get("Retry-After")))
    if answer.status == 404 and model.served is not None and model.alias.adapter is not None:
        error.hint = f"see what is loaded with `genops model adapter list {model.served}`, and load it there"
    return error


def _loads(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data)  # takes what orjson does not: escaped lone surrogates
    except ValueError:
        start = data[:80].decode("utf-8", errors="replace").strip()
        problem = f"with something that is not JSON: {start!r}" if start else "with an empty body"
        raise ServerFailed(f"the server answered {problem}", hint=CHECK_URL) from None


def _lost(error: Exception, model: Model, url: str, begun: bool) -> ModelError:
    why = str(error) or type(error).__name__
    if begun:
        return StreamBroken(f"the connection to {url} was lost in the middle of the answer: {why}")
    return ServerUnreachable(f"no answer from {url}: {why}", hint=_where(model))


def _where(model: Model) -> str:
    if model.served is not None:
        return f"start it again with `genops model serve {model.served}`"
    return f"start the server, or correct base_url of the {model.label} in the settings"
