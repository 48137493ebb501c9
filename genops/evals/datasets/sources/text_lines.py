"""The lines of a text file of any size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from genops.errors import InputError, Location

UTF8 = "utf-8-sig"
"""UTF-8, with a byte order mark or without."""


def text_lines(path: Path, encoding: str, limit: int) -> Iterator[str]:
    r"""Lines one by one, with their ends as they are.

    Args:
        path: Of the file.
        encoding: Of its text.
        limit: Characters in a line, at most.

    Raises:
        InputError: It cannot be read, is binary or in another encoding, or a line is too long; with the line.
    """
    number = 0
    try:
        with path.open("rb") as stream:
            text = io.TextIOWrapper(stream, encoding, newline="")
            while line := text.readline(limit + 1):
                number += 1
                if len(line) > limit:
                    raise InputError(
                        f"a line of more than {limit:,} characters",
                        at=Location(path, number),
                        hint="one line holds one case; or raise `limits.payload_bytes` in the settings",
                    )
                if "\0" in line:
                    raise InputError("a binary file, not text", at=Location(path, number))
                yield line
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", at=Location(path)) from None
    except UnicodeDecodeError as error:
        # The decoder is ahead of the lines by those that are whole in its last piece.
        ahead = error.object[: error.start].count(b"\n")
        raise InputError(
            f"not {encoding.removesuffix('-sig').upper()} text (byte 0x{error.object[error.start]:02x})",
            at=Location(path, number + ahead + 1),
            hint="save the file as UTF-8; a dataset may say its `encoding` instead",
        ) from None
    except UnicodeError as error:
        raise InputError(
            f"not {encoding.upper()} text: {error}", at=Location(path, number + 1), hint="say another `encoding`"
        ) from None
