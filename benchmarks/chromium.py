"""A headless Chromium, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from types import TracebackType
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--window-size=1400,1000")


class Browser:
    """One page in a browser of its own, for ``async with``."""

    async def __aenter__(self) -> Browser:
        """Starts it."""
        assert CHROMIUM is not None, "there is no Chromium on the PATH"
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *_FLAGS,
            f"--user-data-dir={self._profile.name}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stderr is not None
        while not (told := re.search(rb"ws://([^/]+)/", await self._process.stderr.readline())):
            assert self._process.returncode is None, "Chromium ended"
        self._rest = asyncio.create_task(self._process.stderr.read())
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://{told[1].decode()}/json") as answer:
            targets = await answer.json()
        page = next(target for target in targets if target["type"] == "page")
        self._socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        self._calls = 0
        await self._call("Page.enable")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Ends it."""
        await self._session.close()
        self._process.terminate()
        await self._process.wait()
        await self._rest
        self._profile.cleanup()

    async def open(self, url: str) -> None:
        """Opens a page and waits until it is loaded."""
        await self._call("Page.navigate", url=url)
        while (await self._socket.receive_json()).get("method") != "Page.loadEventFired":
            pass

    async def value(self, expression: str) -> Any:
        """The value of an expression in the page; a promise's when it is fulfilled."""
        found = await self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    async def _call(self, method: str, **parameters: Any) -> Any:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        while (answer := await self._socket.receive_json()).get("id") != self._calls:
            pass
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        return answer["result"]
