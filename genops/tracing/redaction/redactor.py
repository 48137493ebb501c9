"""The redactor of a project, and its session for one run, which numbers the placeholders."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache

import orjson

from genops.artifacts import Value
from genops.settings import Redaction
from genops.tracing.redaction import secrets
from genops.tracing.redaction.match import Match, merged
from genops.tracing.redaction.patterns import UserPattern
from genops.tracing.redaction.personal import detectors

_PLACEHOLDER = re.compile(r"<([A-Z][A-Z0-9_]*):([1-9][0-9]{0,8})>")
_MAX_ROUNDS = 8
_SHORTEST = 6  # a@b.cd
_REMEMBERED = 2048
_REMEMBERED_NAMES = 256


class Redactor:
    """Finds what must not be stored. Built once for a project.

    Keys and tokens are always found: by shape, by assignment to a telling name (``password: …``), and by the values
    given. E-mail addresses, phone numbers, cards and IBANs are found by setting, and so are the user's patterns.

    Args:
        settings: What else to find.
        values: Secrets known by value, see :func:`~genops.tracing.redaction.secret_values`.

    Raises:
        DefinitionError: A user pattern is not a regular expression.
    """

    def __init__(self, settings: Redaction, values: Iterable[str] = ()) -> None:
        self._known = secrets.KnownValues(values)
        self._detectors = detectors(settings)
        self._patterns = [UserPattern(name, source) for name, source in settings.patterns.items()]
        self.shortest = 1 if self._patterns else _SHORTEST
        self._names_ruled_out = lru_cache(maxsize=_REMEMBERED_NAMES)(self._ruled_out_names)

    def session(self) -> RedactionSession:
        """The redaction of one run."""
        return RedactionSession(self)

    def ruled_out(self, encoded: bytes) -> bool:
        """Whether a value's JSON (UTF-8) tells that there is nothing to replace in it; False when it cannot tell."""
        if self._detectors or self._patterns:
            return False
        text = encoded.decode("utf-8")
        if "<" in text and _PLACEHOLDER.search(text):
            return False
        return secrets.ruled_out(text) and self._known.ruled_out(text)

    def ruled_out_mapping(self, mapping: Mapping[str, Value]) -> bool:
        """As :meth:`ruled_out`, for a mapping whose names come again and again, as those of attributes do.

        No rule reaches over a name and its value unless the name tells, so either is looked at by itself, and the names
        once.

        Raises:
            orjson.JSONEncodeError: JSON cannot hold it.
        """
        return self._names_ruled_out(tuple(mapping)) and self.ruled_out(orjson.dumps([*mapping.values()]))

    def _ruled_out_names(self, names: tuple[str, ...]) -> bool:
        return self.ruled_out(orjson.dumps(names))

    def matches(self, text: str) -> list[Match]:
        """What is to be replaced in a text, in order, without overlaps."""
        found = [*secrets.matches(text), *self._known.matches(text)]
        for detector in self._detectors:
            found.extend(detector(text))
        for pattern in self._patterns:
            found.extend(pattern.matches(text))
        return merged(found) if found else found


class RedactionSession:
    """The redaction of one run: the same value gets the same placeholder, numbered by first appearance.

    Redacting what is redacted already changes nothing, and the numbers of placeholders that come in from outside
    (a replayed run's) are not given again. May be used from several threads.

    Attributes:
        ruled_out: Whether a value's JSON (UTF-8) tells that :meth:`value` would change nothing, which is far cheaper
            to ask.
        ruled_out_mapping: The same of a mapping, before there is any JSON of it.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.ruled_out = redactor.ruled_out
        self.ruled_out_mapping = redactor.ruled_out_mapping
        self._placeholders: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] = {}
        self._clean: set[str] = set()
        self._lock = threading.Lock()

    def value(self, value: Value) -> Value:
        """The value with all text in it redacted: strings, mapping keys, and bytes that are UTF-8 text.

        Returns:
            The same object when nothing was found, else a copy. Numbers, and bytes that are not text, stay.
        """
        kind = type(value)
        if kind is str:
            return self.text(value)  # type: ignore[arg-type]
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            items = [self.value(item) for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, bytes):
            return self._bytes(value)
        return value

    def text(self, text: str) -> str:
        """The text with what was found replaced by placeholders; the same object when nothing was."""
        if len(text) < self._redactor.shortest or text in self._clean:
            return text
        found = self._redactor.matches(text)
        if found or "<" in text:
            redacted = self._replaced(text, found)
            if redacted != text:
                return redacted
        if len(self._clean) < _REMEMBERED:
            self._clean.add(text)
        return text

    def _mapping(self, value: dict[str, Value]) -> Value:
        items: dict[str, Value] = {}
        changed = False
        for key, item in value.items():
            new_key, new = self.text(key), self.value(item)
            if new is item and type(item) is str and secrets.names_secret(key) and secrets.looks_random(item):
                new = self._whole(item)
            changed = changed or new is not item or new_key is not key
            items[new_key] = new
        return items if changed else value

    def _whole(self, text: str) -> str:
        return text if _PLACEHOLDER.search(text) else self._placeholder("SECRET", text)

    def _bytes(self, value: bytes) -> bytes:
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return value
        redacted = self.text(text)
        return value if redacted is text else redacted.encode("utf-8")

    def _replaced(self, text: str, found: list[Match]) -> str:
        """Replaces until nothing is found: a replacement may uncover what was no match beside its old neighbour."""
        for _ in range(_MAX_ROUNDS):
            inside = {at for match in self._reserved(text) for at in range(*match.span())}
            found = [match for match in found if not inside.issuperset(range(match.start, match.end))]
            if not found:
                return text
            text = self._once(text, found)
            found = self._redactor.matches(text)
        return self._placeholder("SECRET", text)  # made to be found again and again: nothing of it is worth keeping

    def _once(self, text: str, found: list[Match]) -> str:
        parts, at = [], 0
        for match in found:
            parts += [text[at : match.start], self._placeholder(match.type, text[match.start : match.end])]
            at = match.end
        return "".join([*parts, text[at:]])

    def _reserved(self, text: str) -> list[re.Match[str]]:
        present = list(_PLACEHOLDER.finditer(text)) if "<" in text else []
        with self._lock:
            for match in present:
                self._last[match[1]] = max(self._last.get(match[1], 0), int(match[2]))
        return present

    def _placeholder(self, type_: str, text: str) -> str:
        with self._lock:
            known = self._placeholders.get((type_, text))
            if known is None:
                self._last[type_] = number = self._last.get(type_, 0) + 1
                known = self._placeholders[type_, text] = f"<{type_}:{number}>"
            return known
