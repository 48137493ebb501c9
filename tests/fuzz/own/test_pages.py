"""What a page holds is data for a browser: nothing in it ends its script, and all of it is read back."""

import json

from hypothesis import given

from genops.page import embedded
from tests.fuzz.own.material import few, values


@few(150)
@given(values)
def test_any_value_is_data(value):
    text = embedded(value)
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert embedded(json.loads(text)) == text
