"""Channels at an HTTP address: which addresses may stand in a definition, and how something is posted to one."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from genops.monitoring.alerts.channels.channel import Channel, EnvironmentVariable, NotAccepted, secret_of
from genops.monitoring.alerts.harmless import one_line

if TYPE_CHECKING:
    import aiohttp

_ANSWER = 64 * 1024
_SHOWN = 200
# Addresses of incoming webhooks whose path is all that one has to know.
_SECRET_PATH = re.compile(
    r"//hooks\.slack\.com/(?:services|workflows|triggers)/|//(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
    r"|\.webhook\.office\.com/|/hooks/[a-z0-9]{26}(?![a-z0-9])|//chat\.googleapis\.com/v1/spaces/",
    re.IGNORECASE,
)
_SECRET_QUERY = re.compile(
    r"[?&](?:[\w-]*(?:key|token|secret|sig|signature|password|passwd|auth|code))=[^&#]", re.IGNORECASE
)
_IN_ENVIRONMENT = "put it into an environment variable, and its name under the key that ends in `_env`"


def _checked(url: str) -> str:
    from genops.tracing.redaction import find_secrets

    problem = problem_of(url)
    if problem:
        raise PydanticCustomError("channel_address", "{problem}", {"problem": problem})
    if "@" in url.split("?")[0] or _SECRET_PATH.search(url) or _SECRET_QUERY.search(url) or find_secrets(url):
        problem = f"the address holds a credential: {_IN_ENVIRONMENT}"
        raise PydanticCustomError("channel_address", "{problem}", {"problem": problem})
    return url


WebAddress: TypeAlias = Annotated[
    str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": "^https?://[^@]+$"})
]


class WebChannel(Channel):
    """A channel whose address stands in the definition, or in an environment variable where it is a secret."""

    url: str | None = None
    url_env: EnvironmentVariable | None = None

    @model_validator(mode="after")
    def _one_address(self) -> WebChannel:
        if (self.url is None) is (self.url_env is None):
            raise PydanticCustomError("channel_address", "it needs one address: a URL, or a variable that holds one")
        return self

    def address(self) -> str:
        """Where it is.

        Raises:
            UsageError: The environment variable is not set.
            NotAccepted: What it holds is no address.
        """
        if self.url is not None:
            return self.url
        url = secret_of(str(self.url_env)).strip()
        problem = problem_of(url)
        if problem:
            raise NotAccepted(f"{self.url_env}: {problem}")
        return url


def problem_of(url: str) -> str:
    """What keeps a text from being an http or https URL; empty for nothing."""
    from yarl import URL

    try:
        parsed = URL(url)
        whole = parsed.scheme in ("http", "https") and bool(parsed.host) and parsed.port not in (None, 0)
    except ValueError:
        whole = False
    return "" if whole and url.isprintable() and " " not in url else "it is not an http or https URL"


async def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> None:
    """Posts JSON; returns when the answer is a whole one of 2xx. Redirects are not followed.

    Raises:
        NotAccepted: It is not, or there is none in time.
    """
    import urllib.request

    import aiohttp

    sent = {"Content-Type": "application/json", "User-Agent": "genops", **headers}
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=timeout),
                trust_env=bool(urllib.request.getproxies()),
                auto_decompress=False,
            ) as session,
            session.post(url, data=body, headers=sent, allow_redirects=False, ssl=_tls(url)) as answer,
        ):
            said = await _start(answer)
            status, asked = answer.status, answer.headers.get("Retry-After")
    except TimeoutError:
        raise NotAccepted(f"no answer within {timeout:g} s") from None
    except aiohttp.ClientConnectorError as error:
        raise NotAccepted(f"cannot connect: {one_line(str(error.os_error), _SHOWN)}") from None
    except (aiohttp.InvalidURL, ValueError) as error:  # whose text may hold the address, or the value of a header
        raise NotAccepted(f"the request cannot be made: {type(error).__name__}") from None
    except (aiohttp.ClientError, OSError) as error:
        raise NotAccepted(f"the connection was lost: {type(error).__name__}") from None
    if not 200 <= status < 300:
        raise _refusal(status, asked, said)


def _tls(url: str) -> ssl.SSLContext | bool:
    """Certificates are verified by the authorities of now: aiohttp's own context keeps those of its import."""
    return ssl.create_default_context() if url.lower().startswith("https:") else True


def _refusal(status: int, asked: str | None, said: str) -> NotAccepted:
    from genops.models.retry import parse_retry_after

    moved = "and points elsewhere; redirects are not followed" if 300 <= status < 400 else said
    return NotAccepted(
        f"the receiver answered {status}" + (f": {moved}" if moved else ""),
        refused=300 <= status < 500 and status not in (408, 425, 429),
        retry_after=parse_retry_after(asked),
    )


async def _start(answer: aiohttp.ClientResponse) -> str:
    """The answer's first characters; what follows is read as far as a short answer goes, to see that it is whole."""
    data = bytearray()
    async for chunk in answer.content.iter_chunked(8_192):
        data += chunk
        if len(data) > _ANSWER:
            break
    return one_line(bytes(data[:_SHOWN]).decode("utf-8", "replace"), _SHOWN)
