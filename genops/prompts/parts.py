"""Images and files as message parts in the chat-completions shape."""

from __future__ import annotations

import base64
from typing import Any

from genops.artifacts import Value
from genops.errors import InputError

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def image_part(value: Value) -> dict[str, Any]:
    """An image: a ``data:image/…`` URL, an http(s) URL, or the bytes of a PNG, JPEG, GIF or WebP.

    Raises:
        InputError: It is none of these. A path is none: a template never opens files.
    """
    if isinstance(value, bytes):
        kind = media_type(value)
        if not kind.startswith("image/"):
            raise InputError("these bytes are no PNG, JPEG, GIF or WebP image")
        return {"type": "image_url", "image_url": {"url": _data_url(kind, value)}}
    if isinstance(value, str) and value.startswith(("data:image/", "https://", "http://")):
        return {"type": "image_url", "image_url": {"url": value}}
    raise InputError("an image is a data:image/… URL, an http(s) URL or bytes", hint="read a file's bytes first")


def file_part(value: Value) -> dict[str, Any]:
    """A file: a ``data:`` URL or bytes, sent with the request, or an http(s) URL that the provider fetches.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(value, bytes):
        kind = media_type(value)
        return {"type": "file", "file": {"filename": _file_name(kind), "file_data": _data_url(kind, value)}}
    if isinstance(value, str) and value.startswith("data:"):
        kind = value[5:].partition(";")[0].partition(",")[0]
        return {"type": "file", "file": {"filename": _file_name(kind), "file_data": value}}
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return {"type": "file", "file": {"file_id": value}}
    raise InputError("a file is a data: URL, an http(s) URL or bytes", hint="read a file's bytes first")


def media_type(data: bytes) -> str:
    """The media type of bytes by their signature; ``application/octet-stream`` when it is not known."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _file_name(kind: str) -> str:
    return f"file.{kind.rpartition('/')[2]}" if kind.startswith(("image/", "application/pdf")) else "file"
