"""An HTTP server on the loopback interface that keeps what it is sent, and answers, stalls or drops as it is told."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Behaviour:
    """What becomes of one request.

    Attributes:
        kind: ``answer`` it, ``stall`` for ever, ``drop`` the connection, or drop it in the ``middle`` of the answer.
    """

    kind: str = "answer"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: str = "ok"


@dataclass
class Received:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


class HttpReceiver:
    """Listens on a free port while it is entered.

    Args:
        tls: A TLS context, for a server of https.

    Attributes:
        plan: What becomes of the next requests; those after them are accepted.
        received: Requests, oldest first.
        url: Where it is.
    """

    def __init__(self, tls=None):
        self._tls = tls
        self.plan = []
        self.received = []
        self.url = ""
        self._over = asyncio.Event()

    async def __aenter__(self):
        application = web.Application()
        application.router.add_route("POST", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        host = "http://127.0.0.1" if self._tls is None else "https://localhost"
        self.url = f"{host}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        self._over.set()
        await self._runner.cleanup()

    async def _handle(self, request):
        body = await request.read()
        self.received.append(Received(request.path, dict(request.headers), body))
        behaviour = self.plan.pop(0) if self.plan else Behaviour()
        if behaviour.kind == "stall":
            await self._over.wait()
        if behaviour.kind == "drop":
            request.transport.abort()
        if behaviour.kind == "middle":
            response = web.StreamResponse(status=behaviour.status, headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b"the beginning of ")
            request.transport.close()
            return response
        return web.Response(status=behaviour.status, headers=behaviour.headers, text=behaviour.text)
