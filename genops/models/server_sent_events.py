"""Server-sent events from bytes that arrive in any pieces (WHATWG HTML, 9.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventDecoder:
    """Gives the data of each complete event. Comments, names, ids and retry times are passed over."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of the events that ``piece`` completes."""
        buffer = self._rest + piece
        if not self._begun and buffer:
            if b"\xef\xbb\xbf".startswith(buffer):
                self._rest = buffer
                return
            buffer = buffer.removeprefix(b"\xef\xbb\xbf")
            self._begun = True
        position = 0
        while (end := _LINE_END.search(buffer, position)) is not None:
            if end[0] == b"\r" and end.end() == len(buffer):
                break  # its \n may be in the next piece
            line = buffer[position : end.start()]
            position = end.end()
            if line:
                self._field(line)
            elif self._data:
                yield self._event()
        self._rest = buffer[position:]

    def finish(self) -> Iterator[bytes]:
        """The data of a last event that no empty line followed, as some servers end their streams."""
        if self._rest:
            self._field(self._rest.rstrip(b"\r"))
            self._rest = b""
        if self._data:
            yield self._event()

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"error":  # no field of the standard: llama.cpp of 2025 says so what went wrong
            self._data.append(b'{"error":%b}' % value)

    def _event(self) -> bytes:
        data = b"\n".join(self._data)
        self._data.clear()
        return data
