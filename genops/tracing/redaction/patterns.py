"""The user's patterns, with a limit on what one of them may cost."""

from __future__ import annotations

from genops.errors import DefinitionError
from genops.tracing.redaction.match import Match

_SECONDS = 1.0
_SECONDS_PER_CHARACTER = 1e-6


class UserPattern:
    """One pattern of the settings: placeholder name and regular expression.

    A pattern that backtracks without end on some text is stopped after a second (and one more for each million
    characters), and that text is replaced as a whole: what could not be checked is not stored.

    Raises:
        DefinitionError: The expression does not compile.
    """

    def __init__(self, name: str, source: str) -> None:
        import regex  # unlike re, it can be stopped

        try:
            self._compiled = regex.compile(source)
        except regex.error as error:
            raise DefinitionError(
                f"redaction pattern {name!r} is not a regular expression: {error}",
                hint="correct it under [tool.genops.redaction.patterns]",
            ) from None
        self.name = name

    def matches(self, text: str) -> list[Match]:
        """Where the pattern matches; empty matches are left out."""
        limit = _SECONDS + len(text) * _SECONDS_PER_CHARACTER
        try:
            found = [match.span() for match in self._compiled.finditer(text, timeout=limit)]
        except TimeoutError:
            return [Match(0, len(text), self.name)]
        return [Match(start, end, self.name) for start, end in found if end > start]
