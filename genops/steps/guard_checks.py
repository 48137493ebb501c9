"""What a ``guard`` step looks for in a text."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genops.artifacts import well_formed
from genops.disguise import SHORTEST, fold, search
from genops.errors import InputError

if TYPE_CHECKING:
    from genops.tracing.redaction import Redactor

SECONDS = 1.0
"""How long all patterns of one step may take together."""

_UNSEEN = r"(?V1)[[\p{Default_Ignorable_Code_Point}\p{Cc}\uFFF9-\uFFFB]--[\t\n\r]]"
# A replayed run has these where the run itself had what redaction found: a guard must see the same in both.
_PLACEHOLDER = re.compile(r"<([A-Z][A-Z0-9_]*):[1-9][0-9]{0,8}>")


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a text does not pass.

    Attributes:
        check: ``length``, ``deny``, ``allow``, ``canary``, ``pii`` or ``judge``.
        what: What of it, in words of the chain's definition: never the text itself, which may be what must not be told.
    """

    check: str
    what: str


@dataclass(slots=True)
class Checks:
    """The checks of one step, over all texts that it is given.

    Attributes:
        max_length: Characters at most.
        allow: Expressions of which one must match the whole text.
        deny: Expressions that must not match anywhere, neither in the text nor in its cleaned form.
        canaries: Texts that must not be told, in any form that :func:`revealed` knows.
        redactor: Finds personal data and secrets.
        seconds: What is left for patterns.
    """

    max_length: int | None = None
    allow: Sequence[str] = ()
    deny: Sequence[str] = ()
    canaries: Sequence[str] = ()
    redactor: Redactor | None = None
    seconds: float = field(default=SECONDS)

    def findings(self, text: str) -> list[Finding]:
        """Why a text does not pass; nothing where it does. One that is too long is not looked at any further."""
        if self.max_length is not None and len(text) > self.max_length:
            return [Finding("length", f"{len(text):,} characters of {self.max_length:,}")]
        return [*self._denied(text), *self._not_allowed(text), *self._told(text), *self._personal(text)]

    def _denied(self, text: str) -> Iterator[Finding]:
        for pattern in self.deny:
            found = [self._matches(pattern, form) for form in dict.fromkeys((text, cleaned(text)))]
            if None in found:
                yield Finding("deny", f"{pattern}: no verdict within {SECONDS:g} s")
            elif any(found):
                yield Finding("deny", pattern)

    def _not_allowed(self, text: str) -> Iterator[Finding]:
        if not self.allow:
            return
        found = [self._matches(pattern, text, whole=True) for pattern in self.allow]
        if not any(found):
            yield Finding("allow", f"no verdict within {SECONDS:g} s" if None in found else "none of the patterns")

    def _matches(self, pattern: str, text: str, *, whole: bool = False) -> bool | None:
        """Whether an expression matches; None when that took too long."""
        import regex  # unlike re, it can be stopped

        compiled = regex.compile(pattern)
        find = compiled.fullmatch if whole else compiled.search
        begun = time.monotonic()
        try:
            return find(text, timeout=max(self.seconds, 1e-3)) is not None
        except TimeoutError:
            return None
        finally:
            self.seconds -= time.monotonic() - begun

    def _told(self, text: str) -> Iterator[Finding]:
        for number, form in enumerate(revealed(text, self.canaries), start=1):
            if form:
                yield Finding("canary", f"number {number}, {form}")

    def _personal(self, text: str) -> Iterator[Finding]:
        if self.redactor is None:
            return
        types = {match.type for match in self.redactor.matches(text)} | set(_PLACEHOLDER.findall(text))
        if types:
            yield Finding("pii", ", ".join(sorted(types)))


def cleaned(text: str) -> str:
    """The text as a reader sees it, in Unicode's compatibility form (NFKC).

    Without characters that show nothing (zero-width, direction and tag characters, variation selectors, controls but
    tabs and line ends); halves of surrogate pairs are joined, and lone ones become U+FFFD.
    """
    import regex

    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", regex.sub(_UNSEEN, "", well_formed(text)))


def revealed(text: str, canaries: Sequence[str]) -> list[str]:
    """The form in which a text tells each of several canaries; empty where it does not.

    ``exact``; ``normalised`` (other case, other punctuation, characters between, look-alikes); or the code that it
    stands in, such as ``reversed``, ``rot13``, ``base64`` or ``hex``; of codes inside of each other, the outermost.

    Raises:
        InputError: A canary is too short to be told from chance.
    """
    for canary in canaries:
        letters = len(fold(canary))
        if letters < SHORTEST:
            raise InputError(f"a canary has {letters} letters and digits", hint=f"give it {SHORTEST} or more")
    return [found.codes[0] if found.codes else found.how for found in search(text, canaries)]
