"""The user's patterns, with a limit on what one of them may cost."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from genops.errors import DefinitionError
from genops.tracing.redaction.match import Match

if TYPE_CHECKING:
    import regex

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_SECONDS = 1.0
_SECONDS_PER_CHARACTER = 1e-6


class UserPattern:
    """One pattern of the settings: placeholder name and regular expression.

    A pattern that backtracks without end on some text is stopped after a second (and one more for each million
    characters), and that text is replaced as a whole: what could not be checked is not stored.

    Raises:
        DefinitionError: The name is not like ``EMPLOYEE``, or the expression does not compile.
    """

    def __init__(self, name: str, source: str) -> None:
        if not _NAME.fullmatch(name):
            raise DefinitionError(
                f"redaction pattern {name!r}: the name becomes a placeholder",
                hint="use capital letters, digits and underscores, such as EMPLOYEE",
            )
        try:
            re.compile(source)
        except re.error as error:
            raise DefinitionError(
                f"redaction pattern {name!r} is not a regular expression: {error}",
                hint="correct it under [tool.genops.redaction.patterns]",
            ) from None
        self.name = name
        self.source = source

    @cached_property
    def _compiled(self) -> regex.Pattern[str]:
        import regex

        return regex.compile(self.source)

    def matches(self, text: str) -> list[Match]:
        """Where the pattern matches; empty matches are left out."""
        limit = _SECONDS + len(text) * _SECONDS_PER_CHARACTER
        try:
            found = [match.span() for match in self._compiled.finditer(text, timeout=limit, concurrent=True)]
        except TimeoutError:
            return [Match(0, len(text), self.name)]
        return [Match(start, end, self.name) for start, end in found if end > start]
