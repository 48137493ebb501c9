"""A receiver can tell that a message comes from who knows the secret, and was sent just now."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.monitoring.alerts import sign, verify_signature

BODY = b'{"state":"alert"}'
NOW = 1_800_000_000.5
GOOD = sign("secret", BODY, NOW)


def test_it_is_what_the_documentation_says():
    digest = hmac.new(b"secret", b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert f"t=1800000000,v1={digest}" == GOOD


@pytest.mark.parametrize(
    ("secret", "header", "body", "now", "holds"),
    [
        ("secret", GOOD, BODY, NOW, True),
        ("secret", GOOD, BODY, NOW + 299, True),
        ("secret", GOOD, BODY, NOW - 299, True),
        ("secret", GOOD, BODY, NOW + 302, False),
        ("secret", GOOD, BODY, NOW - 302, False),
        ("other", GOOD, BODY, NOW, False),
        ("", sign("", BODY, NOW), BODY, NOW, False),
        ("secret", GOOD, BODY + b" ", NOW, False),
        ("secret", GOOD.replace("t=1800000000", "t=1800000001"), BODY, NOW, False),
        ("secret", f"{GOOD},v1=00", BODY, NOW, True),  # while secrets are exchanged there are two
        ("secret", f"{GOOD},t=1", BODY, NOW, False),
        ("secret", None, BODY, NOW, False),
        ("secret", "", BODY, NOW, False),
        ("secret", "t=,v1=", BODY, NOW, False),
        ("secret", "t=²,v1=é\ud800", BODY, NOW, False),
        ("secret", GOOD + "," * 5_000, BODY, NOW, False),
    ],
)
def test_what_holds(secret, header, body, now, holds):
    assert verify_signature(secret, header, body, now=now) is holds


@given(st.text(), st.binary())
def test_nothing_that_arrives_makes_it_fail(header, body):
    assert verify_signature("secret", header, body) is False
