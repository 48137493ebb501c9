"""``http``: one request to an allow-listed host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Step, StepContext, mapping_of, step_kind
from genops.errors import HttpFailed, InputError, StepTimeout, UsageError

if TYPE_CHECKING:
    import aiohttp

MAX_BODY = 16 * 1024 * 1024


@step_kind("http")
class HttpStep(Step):
    """Makes one HTTP request; gives ``{"status", "headers", "body"}``, the body parsed when it is JSON.

    Attributes:
        http: Method, unless it is GET.
        url: With its scheme; the host must be in ``[tool.genops.http] allowed_hosts``. Redirects are not followed.
        headers: Plain values, seen in the trace.
        headers_env: Header to the *name* of the environment variable that holds its value; never recorded.
        json_: Body sent as JSON.
        body: Body sent as text.
        expect: Statuses that are no failure; default any below 400.
    """

    default_effect = "write"

    http: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
    url: Expr
    headers: Expr = Field(default_factory=dict)
    headers_env: dict[str, str] = Field(default_factory=dict)
    json_: Expr = Field(default=None, alias="json")
    body: Expr = None
    expect: tuple[int, ...] = ()

    @property
    def does(self) -> Any:
        """GET and HEAD read; the others write, unless the step says otherwise."""
        return self.effect or ("read" if self.http in ("GET", "HEAD") else "write")

    async def run(self, context: StepContext) -> Value:
        """One request: an effect, so that replay never repeats it."""
        url = context.inputs["url"]
        host = host_of(url)
        request: dict[str, Value] = {
            "method": self.http,
            "url": url,
            "headers": mapping_of(context.inputs["headers"], "headers"),
            "headers_env": dict(self.headers_env),
            "json": context.inputs["json_"],
            "body": context.inputs["body"],
        }

        async def perform(trace_headers: dict[str, str]) -> Value:
            check_allowed(host, context.settings.http.allowed_hosts)
            secrets = {header: variable(name) for header, name in self.headers_env.items()}
            return await send(request, {**trace_headers, **secrets}, self.timeout)

        answer = await context.effect("http", request, perform)
        if not isinstance(answer, dict) or not isinstance(answer["status"], int):
            raise HttpFailed("the recorded answer is not one")
        status = answer["status"]
        if status not in self.expect if self.expect else status >= 400:
            raise HttpFailed(f"{self.http} {url} answered {status}")
        return answer


def host_of(url: Any) -> str:
    """The host of a URL, read as what sends the request will read it.

    Raises:
        InputError: It is not an http or https URL.
    """
    from yarl import URL

    if not isinstance(url, str):
        raise InputError(f"the URL is {type(url).__name__}, not text")
    try:
        parts, host = urlsplit(url), (URL(url).host or "").lower()
        whole = parts.scheme in ("http", "https") and parts.port != 0 and bool(host)
    except ValueError:
        raise InputError(f"{url!r} is not a URL") from None
    if not whole:
        raise InputError(f"{url!r} is not an http or https URL")
    return host


def check_allowed(host: str, allowed: list[str]) -> None:
    """Sees that requests may go to a host.

    Raises:
        UsageError: It is not among the allowed ones.
    """
    for pattern in allowed:
        if host == pattern.lower() or (pattern.startswith("*.") and host.endswith(pattern[1:].lower())):
            return
    raise UsageError(f"the host {host!r} is not allowed", hint="add it to [tool.genops.http] allowed_hosts")


def variable(name: str) -> str:
    """The value of an environment variable.

    Raises:
        UsageError: It is not set.
    """
    value = os.environ.get(name)
    if value is None:
        raise UsageError(f"the environment variable {name} is not set", hint="headers_env names it")
    return value


async def send(request: Mapping[str, Any], extra: Mapping[str, str], timeout: float | None) -> dict[str, Value]:
    """Sends a request; ``status``, ``headers`` and ``body`` of the answer.

    Args:
        request: Its ``method``, ``url``, ``headers``, ``json`` and ``body``.
        extra: Further headers.
        timeout: Seconds for everything; None for a minute.

    Raises:
        StepTimeout: There is no answer in time.
        HttpFailed: There is none, or it is too large.
    """
    import aiohttp

    options: dict[str, Any] = {"headers": {**request["headers"], **extra}, "allow_redirects": False}
    if request["json"] is not None:
        options["json"] = request["json"]
    elif request["body"] is not None:
        body = request["body"]
        options["data"] = body if isinstance(body, bytes) else str(body).encode()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout or 60.0)) as session,
            session.request(request["method"], request["url"], **options) as response,
        ):
            data = await _read(response)
            return {
                "status": response.status,
                "headers": {key.lower(): value for key, value in response.headers.items()},
                "body": _body(data, response.content_type, response.charset),
            }
    except TimeoutError:
        raise StepTimeout(f"no answer from {request['url']} in time") from None
    except (aiohttp.ClientError, ValueError, TypeError) as error:
        raise HttpFailed(f"{request['url']}: {type(error).__name__}: {error}") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        data += chunk
        if len(data) > MAX_BODY:
            raise HttpFailed(f"the answer is larger than {MAX_BODY // 1024 // 1024} MiB")
    return bytes(data)


def _body(data: bytes, content_type: str, charset: str | None) -> Value:
    import orjson

    if content_type == "application/json" or content_type.endswith("+json"):
        try:
            return orjson.loads(data)  # type: ignore[no-any-return]
        except orjson.JSONDecodeError:
            pass
    try:
        return data.decode(charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return data
