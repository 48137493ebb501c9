"""Keys and tokens: found by their published shapes, by assignment to a telling name, and by value.

The shapes are those that the issuers document. Every payload passes through here, so a text is first asked a few
questions that are cheap to answer no to (:func:`_suspect`); only a text that cannot be ruled out meets all the rules.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from genops.tracing.redaction.match import Match, merged

MIN_SECRET = 8

_LEFT = r"(?<![A-Za-z0-9])"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (type_, re.compile(pattern))
    for type_, pattern in (
        (
            "PRIVATE_KEY",
            r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:[^-]|-(?!----))*+-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"|(?:\s|\\[nr]|[A-Za-z0-9+/=]{16,})*+)",
        ),
        ("ANTHROPIC_KEY", _LEFT + r"sk-ant-[A-Za-z0-9_-]{20,}"),
        ("OPENAI_KEY", _LEFT + r"sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}"),
        ("STRIPE_KEY", _LEFT + r"(?:[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,})"),
        ("AWS_KEY", _LEFT + r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("GITHUB_TOKEN", _LEFT + r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})"),
        ("GITLAB_TOKEN", _LEFT + r"gl(?:pat|dt|rt|ft|ptt|cbt|soat|agent)-[A-Za-z0-9_.-]{20,}"),
        ("SLACK_TOKEN", _LEFT + r"(?:xox[a-z](?:\.xox[a-z])?-|xapp-)[A-Za-z0-9-]{10,}"),
        ("GOOGLE_KEY", _LEFT + r"(?:AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,})"),
        ("HUGGINGFACE_TOKEN", _LEFT + r"hf_[A-Za-z0-9]{30,}"),
        ("GROQ_KEY", _LEFT + r"gsk_[A-Za-z0-9]{30,}"),
        ("XAI_KEY", _LEFT + r"xai-[A-Za-z0-9]{30,}"),
        ("PACKAGE_TOKEN", _LEFT + r"(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{50,})"),
        ("JWT", _LEFT + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    )
)
_SUSPICIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (char, re.compile(char + pattern))
    for char, pattern in (
        (
            "-",
            r"(?:(?:(?<=sk-)|(?<=xai-)|(?<=GOCSPX-))[A-Za-z0-9_-]{17}|(?<=gl[a-z]{2}-)[\w.-]{17}|(?<=gl[a-z]{3}-)[\w.-]{17}"
            r"|(?<=gl[a-z]{4}-)[\w.-]{17}|(?<=glagent-)[\w.-]{17}|(?:(?<=xox[a-z]-)|(?<=xapp-))[A-Za-z0-9-]{10}"
            r"|(?<=pypi-)[\w-]{50}|----BEGIN )",
        ),
        (
            "_",
            r"(?:(?:(?<=gh[pousr]_)|(?<=hf_)|(?<=gsk_)|(?<=npm_))[A-Za-z0-9]{30}|(?<=github_pat_)\w{22}"
            r"|(?:live|test)_[A-Za-z0-9]{10}|(?<=whsec_)[A-Za-z0-9+/=]{16})",
        ),
        ("A", r"(?:[KS]IA[A-Z0-9]{16}|Iza[\w-]{30})"),
        ("J", r"(?<=eyJ)[\w-]{8}"),
    )
)

# A value that follows ``:`` or ``=``; its name and its look are judged afterwards.
_VALUE = r"""[\s>=\\"']*+([^\s"'<>,;\\]{8,512})"""
_ASSIGNED = tuple((char, re.compile(char + _VALUE)) for char in ":=")
_NAME = re.compile(
    r"""(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|passphrase|pwd|credentials?|private[_-]?key|auth[_-]?key"""
    r"""|account[_-]?key|authorization|cookie)(?:[_-]?key)?(?:[_-](?:prod|dev|test|staging|live|\d{1,2}))?(?:\\?["'\]]{1,2})?\s{0,4}:?\Z""",
    re.IGNORECASE,
)
_NAME_REACH = 48
# What a telling name holds, in small letters, and the schemes. ``token`` is on its own: ``tokens``, ``tokenizer`` and
# ``first_token_s``, a time in seconds, tell nothing.
_WORDS = (
    "key",
    "secret",
    "passw",
    "passphrase",
    "pwd",
    "credential",
    "authorization",
    "cookie",
    "bearer",
    "basic",
)
_TOKEN = "token"
_ONE_TOKEN = re.compile("token(?![a-z]|_s(?![a-z]))")
_SCHEMES = tuple((word, re.compile(word + r"\s{1,4}([A-Za-z0-9._~+/=-]{12,})")) for word in ("earer", "asic"))
_URL_PASSWORD = re.compile(r"://[^\s/:@<>\"']{0,256}:([^\s/<>\"']{1,256})@")
_CODE = re.compile(r"[$%]?[{(\[]|\$[A-Za-z_]|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[()\[]|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_LETTER = re.compile(r"[^\W\d_]")
_NOT_A_WORD = re.compile(r"[0-9!@#$%^&*+=?~]")

_SECRET_NAME_PARTS = frozenset(
    {"KEY", "APIKEY", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "PAT", "CREDENTIAL"}
)
# Least frequent first, in prose and code: a value is searched for only in texts that have its rarest character.
_RARITY = "~^`ZQXJ@#$%&!?+*\\|KVUYqzjWHGBFDLONRPMESITCA9876543210/xkvw=_-.,:;'\"()[]{}<>bygpfmuldchrsnioate "


def secret_values(key_variables: Collection[str], environ: Mapping[str, str] = os.environ) -> set[str]:
    """The values of key variables: those that the settings name (``api_key_env``), and those whose name tells.

    A telling name has KEY, TOKEN, SECRET, PASSWORD or the like among its parts (``HF_TOKEN``). Values under 8
    characters are left out: they are words more often than secrets.
    """
    return {
        value
        for name, value in environ.items()
        if len(value) >= MIN_SECRET
        and (name in key_variables or not _SECRET_NAME_PARTS.isdisjoint(name.upper().split("_")))
    }


def find_secrets(text: str, values: Iterable[str] = ()) -> list[str]:
    """The types of secrets in a text (``["AWS_KEY", "SECRET"]``), sorted; for refusing a component that has one."""
    known = KnownValues(values)
    return sorted({match.type for match in merged([*matches(text), *known.matches(text)])})


def matches(text: str) -> list[Match]:
    """Secrets in a text, by shape and by assignment. May overlap."""
    found: list[Match] = []
    if _suspect(text):
        for type_, pattern in _RULES:
            found.extend(Match(*match.span(), type_) for match in pattern.finditer(text))
    for word, pattern in _SCHEMES:
        if word in text:
            found.extend(Match(*m.span(1), "TOKEN") for m in pattern.finditer(text) if looks_random(m[1]))
    if "@" in text and ":" in text:
        found.extend(Match(*m.span(1), "PASSWORD") for m in _URL_PASSWORD.finditer(text))
    for char, pattern in _ASSIGNED:
        if char in text:
            found.extend(_assigned(text, pattern))
    return found


def ruled_out(encoded: str) -> bool:
    """Whether a value's JSON text tells that no string in it holds a secret by shape or by assignment.

    JSON's escapes leave letters, digits, ``-``, ``_``, ``@`` and ``:`` as they are, and every rule needs one of the
    words below or a shape made of those.
    """
    low = encoded.lower()
    for word in _WORDS:
        if word in low:
            return False
    if "@" in low and "://" in low:
        return False
    return (_TOKEN not in low or _ONE_TOKEN.search(low) is None) and not _suspect(encoded)


def _suspect(text: str) -> bool:
    for char, pattern in _SUSPICIONS:
        if char in text and pattern.search(text) is not None:
            return True
    return False


def _assigned(text: str, pattern: re.Pattern[str]) -> Iterator[Match]:
    for match in pattern.finditer(text):
        start = match.start()
        if looks_random(match[1]) and _NAME.search(text[max(0, start - _NAME_REACH) : start]):
            yield Match(*match.span(1), "SECRET")


@lru_cache(maxsize=4096)
def names_secret(key: str) -> bool:
    """Whether a mapping's key says that its value is a secret (``api_key``, ``Authorization``, ``db_password``)."""
    return _NAME.search(key[-_NAME_REACH:]) is not None


def looks_random(value: str) -> bool:
    """Whether a value may be a secret: 8 characters or more, letters with digits or symbols, and not code or a mask."""
    if len(value) < MIN_SECRET or _NOT_A_WORD.search(value.rstrip(".:!?)]}")) is None or _LETTER.search(value) is None:
        return False
    return "://" not in value and not _CODE.match(value) and len(set(value)) > 4


class KnownValues:
    """Secrets known by value."""

    def __init__(self, values: Iterable[str]) -> None:
        kept = sorted({value for value in values if len(value) >= MIN_SECRET}, key=len, reverse=True)
        self._values = [(min(value, key=_rank), value) for value in kept]
        self._encoded = sorted({json.dumps(value, ensure_ascii=False)[1:-1] for value in kept})

    def ruled_out(self, encoded: str) -> bool:
        """Whether no known value is in a value's JSON text, as it is or escaped."""
        for value in self._encoded:
            if value in encoded:
                return False
        return True

    def matches(self, text: str) -> list[Match]:
        """Every occurrence of a known value."""
        found = []
        for rarest, value in self._values:
            if rarest in text:
                start = text.find(value)
                while start >= 0:
                    found.append(Match(start, start + len(value), "SECRET"))
                    start = text.find(value, start + len(value))
        return found


def _rank(char: str) -> int:
    place = _RARITY.find(char)
    return place if place >= 0 else -1
