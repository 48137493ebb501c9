"""Personal data, each kind by setting: e-mail addresses, phone numbers, payment cards, IBANs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from genops.settings import Redaction
from genops.tracing.redaction.match import Match

Detector = Callable[[str], Iterator[Match]]

_LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
_EMAIL = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]{{1,256}}+@(?:[^\W_](?:[\w-]{{0,62}})\.){{1,8}}[^\W\d_]{{2,63}}")
_PHONE = re.compile(r"(?<![\w.])(?:\+|\()?[0-9][0-9\s()./\u2010-\u2015-]{5,30}[0-9](?!\w)")
_PHONE_CONTEXT = 4  # enough for the matcher to tell a time of day
_CARD = re.compile(r"(?<![\w.])[2-6][0-9]{3}(?:[ -]?[0-9]){8,15}(?!\w)")
_NUMBER = re.compile(r"[0-9](?:[\s()./\u2010-\u2015-]{0,3}[0-9]){6}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN = 15
_WORD_END = re.compile(r"(?<=[A-Za-z0-9])(?![A-Za-z0-9])")


def detectors(settings: Redaction) -> list[Detector]:
    """The detectors that the settings switch on."""
    chosen = ((settings.email, emails), (settings.iban, ibans), (settings.card, cards), (settings.phone, phones))
    return [detector for wanted, detector in chosen if wanted]


def emails(text: str) -> Iterator[Match]:
    """E-mail addresses (RFC 5321 dot-atoms, internationalised ones too)."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Match(*match.span(), "EMAIL")


def cards(text: str) -> Iterator[Match]:
    """Payment card numbers: 12 to 19 digits of a known major industry whose Luhn checksum holds."""
    if _NUMBER.search(text) is None:
        return
    for match in _CARD.finditer(text):
        from stdnum import luhn

        if luhn.is_valid(match[0].replace(" ", "").replace("-", "")):
            yield Match(*match.span(), "CARD")


def ibans(text: str) -> Iterator[Match]:
    """IBANs (ISO 13616): length and structure of the country, and the checksum.

    In ``DE89 3704 0044 0532 0130 00 IS MINE`` the words after it look like more of it: the longest part that is an
    IBAN counts.
    """
    for match in _IBAN.finditer(text):
        from stdnum import iban

        start, end = match.span()
        ends = [word.end() for word in _WORD_END.finditer(text, start + _SHORTEST_IBAN, end)]
        longest = next((end for end in reversed(ends) if iban.is_valid(text[start:end])), None)
        if longest is not None:
            yield Match(start, longest, "IBAN")


def phones(text: str) -> Iterator[Match]:
    """Phone numbers by libphonenumber's matcher: international ones, and national ones as written in the USA."""
    if _NUMBER.search(text) is None:
        return
    for match in _PHONE.finditer(text):
        import phonenumbers

        region = None if match[0].startswith("+") else "US"
        context = text[match.start() : match.end() + _PHONE_CONTEXT]
        for number in phonenumbers.PhoneNumberMatcher(context, region):
            yield Match(match.start() + number.start, match.start() + number.end, "PHONE")
