"""How a webhook's body is signed, and how its receiver verifies that.

The header ``X-Genops-Signature: t=UNIX,v1=HEX`` has the seconds since the epoch at which the request was made, and
HMAC-SHA256 (RFC 2104) of ``UNIX.BODY`` under the shared secret.
"""

from __future__ import annotations

import hmac
import time

HEADER = "X-Genops-Signature"
TOLERANCE = 300.0
_LONGEST = 4_096


def sign(secret: str, body: bytes, now: float) -> str:
    """The value of the header.

    Args:
        secret: Shared with the receiver.
        body: As it is sent, byte for byte.
        now: Seconds since the epoch.
    """
    moment = int(now)
    return f"t={moment},v1={_digest(secret, str(moment), body)}"


def verify_signature(
    secret: str, header: str | None, body: bytes, *, tolerance: float = TOLERANCE, now: float | None = None
) -> bool:
    """Whether a request comes from who knows the secret, and was made just now. Nothing in it raises.

    Args:
        secret: Shared with the sender.
        header: Value of ``X-Genops-Signature``; None where there is none.
        body: As it arrived, byte for byte.
        tolerance: Seconds by which the request's time may differ from now: older requests may be repetitions of others.
        now: Seconds since the epoch; default the clock's.
    """
    if header is None or len(header) > _LONGEST or not secret:
        return False
    parts = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    if len(moments) != 1 or not (moments[0].isascii() and moments[0].isdigit() and len(moments[0]) <= 12):
        return False
    right = _digest(secret, moments[0], body).encode()
    given = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
    matches = [hmac.compare_digest(right, one) for one in given]
    return any(matches) and abs((time.time() if now is None else now) - int(moments[0])) <= tolerance


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode("utf-8", "surrogateescape"), moment.encode() + b"." + body, "sha256").hexdigest()
