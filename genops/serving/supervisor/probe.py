"""What a server is asked: whether it listens, answers for real, and how much it has to do."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import aiohttp

from genops.serving.metrics.reading import NotMetrics, Reading

_SOON = aiohttp.ClientTimeout(total=10)
_SHOWN = 300


class NoAnswer(Exception):
    """A request that was not answered as it should have been.

    Attributes:
        refused: Whether the server said no for good (a 4xx): asking again helps nothing.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class Probe:
    """A client of one server, for as long as that lives."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Gives the connections back."""
        if self._session is not None:
            await self._session.close()

    async def listens(self) -> bool:
        """Whether something answers there at all."""
        try:
            await self.models()
        except NoAnswer as error:
            return error.refused
        return True

    async def models(self) -> dict[str, str]:
        """The names that requests may ask for, each with the path that it was loaded from.

        Raises:
            NoAnswer: The server does not say.
        """
        body = await self._json("GET", "/models", None, _SOON)
        try:
            return {str(one["id"]): str(one.get("root") or "") for one in body["data"]}
        except (KeyError, TypeError):
            raise NoAnswer(f"/models answered with something that is no list of models: {str(body)[:_SHOWN]}") from None

    async def complete(self, model: str, timeout: float) -> None:
        """Asks for one token of an answer.

        Args:
            model: Name of the model or adapter.
            timeout: Seconds.

        Raises:
            NoAnswer: None came.
        """
        request = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "temperature": 0}
        body = await self._json("POST", "/chat/completions", request, aiohttp.ClientTimeout(total=timeout))
        try:
            message = body["choices"][0]["message"]
            if not isinstance(message, dict):
                raise TypeError
        except (KeyError, IndexError, TypeError):
            raise NoAnswer(f"a chat completion was answered with something else: {str(body)[:_SHOWN]}") from None

    async def reading(self) -> Reading | None:
        """What the engine says of itself; None when it says nothing."""
        url = self._url.removesuffix("/v1") + "/metrics"
        try:
            async with self._client().get(url, headers=self._headers, timeout=_SOON) as answer:
                return Reading.of(await answer.text(), time.time_ns()) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, NoAnswer, NotMetrics, ValueError):
            return None

    async def load_adapter(self, name: str, path: str, former: str = "") -> None:
        """Loads an adapter.

        One that takes the place of another is loaded when that is unloaded: vLLM's ``load_inplace`` would change the
        weights of requests under way, and reads them from the disk again for every token (0.32).

        Args:
            name: Under which requests ask for it.
            path: Its folder, as the server sees it.
            former: Folder of the one that is loaded under this name; "" when none is.

        Raises:
            NoAnswer: The server does not take it; the former one is loaded again.
        """
        if former:
            await self.unload_adapter(name)
        try:
            await self._load_adapter(name, path)
        except NoAnswer:
            if former:
                with suppress(NoAnswer):
                    await self._load_adapter(name, former)
            raise

    async def unload_adapter(self, name: str) -> None:
        """Unloads an adapter.

        Raises:
            NoAnswer: The server does not, or has none of this name.
        """
        await self._text("POST", "/unload_lora_adapter", {"lora_name": name}, aiohttp.ClientTimeout(total=300))

    async def _load_adapter(self, name: str, path: str) -> None:
        request = {"lora_name": name, "lora_path": path}
        await self._text("POST", "/load_lora_adapter", request, aiohttp.ClientTimeout(total=300))

    async def _json(self, method: str, path: str, body: Any, timeout: aiohttp.ClientTimeout) -> Any:
        import orjson

        text = await self._text(method, path, body, timeout)
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise NoAnswer(f"{path} was answered with something that is no JSON: {text[:_SHOWN]!r}") from None

    async def _text(self, method: str, path: str, body: Any, timeout: aiohttp.ClientTimeout) -> str:
        client = self._client()
        try:
            async with client.request(
                method, self._url + path, json=body, headers=self._headers, timeout=timeout
            ) as answer:
                text = await answer.text(errors="replace")
        except TimeoutError:
            raise NoAnswer(f"{path} was not answered within {timeout.total:g} s") from None
        except aiohttp.ClientError as error:
            raise NoAnswer(f"{path} was not answered: {error or type(error).__name__}") from None
        if answer.status >= 400:
            raise NoAnswer(f"{path} was answered with {answer.status}: {text[:_SHOWN]}", refused=answer.status < 500)
        return text

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        if self._session.closed:
            raise NoAnswer("the server has ended")
        return self._session
