"""A page: one file with its data in it, under a policy that allows nothing but its own script and style."""

import json

import pytest

from genops.page import Page, browser_value, embedded
from tests.pages import assert_self_contained

HOSTILE = "</script><!-- <script> & \u2028 \u2029 \ud83d é 漢"


class TestEmbedded:
    def test_nothing_in_it_can_end_a_script_or_begin_one(self):
        text = embedded({HOSTILE: [HOSTILE]})
        assert text.isascii()
        assert not set("<>&") & set(text)

    def test_it_is_the_same_value(self):
        assert json.loads(embedded({HOSTILE: [HOSTILE, 1, 1.5, None, True]})) == {
            HOSTILE: [HOSTILE, 1, 1.5, None, True]
        }

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (float("nan"), "nan"),
            (float("-inf"), "-inf"),
            (2**60, str(2**60)),
            (2**53 - 1, 2**53 - 1),
            (b"a", "(1 byte, sha256 ca978112ca1b)"),
            ((1, 2), [1, 2]),
        ],
    )
    def test_what_a_browser_cannot_hold_is_text(self, value, shown):
        assert browser_value(value) == shown


class TestPage:
    def test_it_can_be_written_in_parts(self):
        page = Page("genops.web", "trace")
        before, after = page.around("data", HOSTILE)
        assert before + "{}" + after() == page.filled(HOSTILE, data="{}")

    def test_a_place_that_is_not_filled_is_an_error(self):
        with pytest.raises(KeyError, match="data"):
            Page("genops.web", "trace").filled("title")

    def test_its_body_stands_in_the_frame_of_all_pages(self):
        page = Page("genops.web", "trace").filled("title", data="{}")
        assert_self_contained(page)
        assert page.index("<body>") < page.index('id="spans"') < page.index("<noscript>") < page.index("</body>")
