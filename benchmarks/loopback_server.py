"""A loopback server that speaks OpenAI's chat completions and embeddings, for benchmarks and tests, with faults.

It can stand for a vLLM server: it asks for a key, gives engine figures, and loads and unloads adapters.

Run it as a process of its own with ``python -m benchmarks.loopback_server --latency 0.05``: it prints its base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

FaultKind = Literal["status", "hang", "half", "drip", "wrong_json", "not_json", "no_choices", "reset"]


@dataclass
class Reply:
    """What the server answers."""

    text: str = "pong"
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str = "stop"
    prompt_tokens: int = 7
    completion_tokens: int = 3
    cached_tokens: int = 0
    message: dict[str, Any] = field(default_factory=dict)
    choice: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] | None = None


@dataclass
class Fault:
    """What goes wrong with one request.

    Attributes:
        kind: ``status`` answers with ``status``; ``hang`` never answers; ``half`` ends in the middle; ``drip`` sends
            the whole answer a few bytes at a time; ``wrong_json`` is JSON but no completion; ``not_json`` is HTML;
            ``no_choices`` has an empty list of choices; ``reset`` closes the connection without an answer.
        pause: Seconds between the pieces of a ``drip``.
        body: JSON of an error answer, or text sent as it is.
    """

    kind: FaultKind
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    pause: float = 0.0


@dataclass
class Received:
    """A request as it arrived."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def last(self) -> str:
        """Text of the last message."""
        return str(self.body["messages"][-1]["content"])


class LoopbackServer:
    """A server on a free port of 127.0.0.1, in an event loop and thread of its own: for sync and async code.

    Args:
        latency: Seconds before each answer.
        answer: Makes the reply to a request body.
        port: 0 for a free one.
        key: That requests must show; "" for none.

    Attributes:
        embed: Makes the body of the answer to a request for embeddings.
        adapters: Path of each loaded adapter by its name, as vLLM keeps them; None for a server that takes none.
        requests: What arrived, in order.
        faults: What will go wrong, one per request, None for a request that goes well.
        busiest: The most requests that were under way at once.
    """

    def __init__(
        self,
        latency: float = 0.0,
        answer: Callable[[dict[str, Any]], Reply] | None = None,
        port: int = 0,
        key: str = "",
    ) -> None:
        self.latency = latency
        self.answer = answer or (lambda body: Reply())
        self.embed: Callable[[dict[str, Any]], Any] = embeddings
        self.requests: list[Received] = []
        self.faults: deque[Fault | None] = deque()
        self.busiest = 0
        self.keep = True
        self.key = key
        self.adapters: dict[str, str] | None = None
        self._under_way = 0
        self._stopped = asyncio.Event()
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback server", daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base URL, with ``/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    def fail(self, *faults: Fault | None) -> None:
        """Lets the next requests meet these faults, one each."""
        self.faults.extend(faults)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._respond)
        app.router.add_post("/v1/embeddings", self._respond)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/load_lora_adapter", self._load_adapter)
        app.router.add_post("/v1/unload_lora_adapter", self._unload_adapter)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def _unknown(self, request: web.Request) -> web.Response | None:
        """The refusal of a request without the key."""
        if not self.key or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return web.json_response({"error": "Unauthorized"}, status=401)

    async def _models(self, request: web.Request) -> web.Response:
        named = {"test-model": "test-model", **(self.adapters or {})}
        data = [{"id": name, "object": "model", "root": root} for name, root in named.items()]
        return self._unknown(request) or web.json_response({"object": "list", "data": data})

    async def _load_adapter(self, request: web.Request) -> web.Response:
        body = await request.json()
        name, path = body["lora_name"], body["lora_path"]
        if self.adapters is None:
            return web.json_response({"detail": "Not Found"}, status=404)
        if name in self.adapters:
            return _error(400, f"The lora adapter '{name}' has already been loaded.")
        if (unknown := self._unknown(request)) is None:
            self.adapters[name] = path
        return unknown or web.Response(text=f"Success: LoRA adapter '{name}' added successfully.")

    async def _unload_adapter(self, request: web.Request) -> web.Response:
        name = (await request.json())["lora_name"]
        if self.adapters is None or self.adapters.pop(name, None) is None:
            return _error(404, f"The lora adapter '{name}' cannot be found.")
        return self._unknown(request) or web.Response(text=f"Success: LoRA adapter '{name}' removed successfully.")

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        if self.keep:
            self.requests.append(Received(dict(request.headers), body))
        if (unknown := self._unknown(request)) is not None:
            return unknown
        fault = self.faults.popleft() if self.faults else None
        self._under_way += 1
        self.busiest = max(self.busiest, self._under_way)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            return await self._answer(request, body, fault)
        finally:
            self._under_way -= 1

    async def _answer(self, request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
        if fault is not None and fault.kind not in ("half", "drip"):
            if fault.kind == "hang":
                await self._stopped.wait()
            return await _go_wrong(request, fault)
        if request.path == "/v1/embeddings":
            pieces, kind = [json.dumps(self.embed(body)).encode()], "application/json"
        elif body.get("stream"):
            reply = self.answer(body)
            pieces = [b": a comment\n\n", *(_event(chunk) for chunk in _chunks(body, reply)), b"data: [DONE]\n\n"]
            kind = "text/event-stream"
        else:
            pieces, kind = [json.dumps(_completion(body, self.answer(body))).encode()], "application/json"
        if fault is None and kind == "application/json":
            return web.Response(body=pieces[0], content_type=kind)
        return await _send(request, pieces, kind, fault)


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "test", "code": status}}, status=status)


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """An answer with a hashed bag of words for each text: 16 numbers, or as many as were asked for."""
    dimension = body.get("dimensions", 16)
    data = []
    for index, text in enumerate(body["input"]):
        vector = [0.0] * dimension
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % dimension] += 1.0
        length = math.hypot(*vector) or 1.0
        data.append({"object": "embedding", "index": index, "embedding": [number / length for number in vector]})
    tokens = sum(len(text.split()) for text in body["input"])
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body.get("model"), "usage": usage}


async def _go_wrong(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind == "reset":
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
    if fault.kind == "wrong_json":
        return web.json_response({"hello": "world"})
    if fault.kind == "not_json":
        return web.Response(text="<html>maintenance</html>", content_type="text/html")
    if fault.kind == "no_choices":
        return web.json_response({"id": "x", "object": "chat.completion", "choices": []})
    default = {"error": {"message": f"injected {fault.status}", "type": "test", "code": None}}
    body = default if fault.body is None else fault.body
    if isinstance(body, str):
        return web.Response(text=body, status=fault.status, headers=fault.headers)
    return web.json_response(body, status=fault.status, headers=fault.headers)


async def _send(request: web.Request, pieces: list[bytes], kind: str, fault: Fault | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    data = b"".join(pieces)
    if fault is not None and fault.kind == "half":
        await response.write(data[: len(data) // 2])
        assert request.transport is not None
        request.transport.close()
        return response
    size = 3 if fault is not None else len(data)
    for start in range(0, len(data), size):
        await response.write(data[start : start + size])
        await asyncio.sleep(fault.pause if fault is not None else 0)
    await response.write_eof()
    return response


def _completion(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, **reply.message}
    if reply.tool_calls:
        message["tool_calls"] = reply.tool_calls
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, **reply.choice}
    whole = {**_head(body), "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}
    return whole if reply.metrics is None else {**whole, "metrics": reply.metrics}


def _chunks(body: dict[str, Any], reply: Reply) -> Iterable[dict[str, Any]]:
    head = {**_head(body), "object": "chat.completion.chunk"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **reply.choice}]}

    yield chunk({"role": "assistant", "content": "", **reply.message})
    words = reply.text.split(" ") if reply.text else []
    for index, word in enumerate(words):
        yield chunk({"content": word if index == 0 else f" {word}"})
    for index, call in enumerate(reply.tool_calls):
        arguments = call["function"]["arguments"]
        middle = len(arguments) // 2
        first = {"name": call["function"]["name"], "arguments": arguments[:middle]}
        yield chunk({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": first}]})
        yield chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[middle:]}}]})
    yield chunk({}, reply.finish_reason)
    if (body.get("stream_options") or {}).get("include_usage"):
        last = {**head, "choices": [], "usage": _usage(reply)}
        yield last if reply.metrics is None else {**last, "metrics": reply.metrics}


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-loopback", "created": 0, "model": body.get("model"), "system_fingerprint": "fp_loopback"}


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
    }


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def main() -> None:
    """Serves until standard input ends, so that the server never outlives who started it."""
    parser = argparse.ArgumentParser(description="a loopback OpenAI-compatible server")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    options = parser.parse_args()
    with LoopbackServer(options.latency, port=options.port) as server:
        server.keep = False
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
