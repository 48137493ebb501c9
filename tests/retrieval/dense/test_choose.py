import pytest

from genops.retrieval.dense import choose_kind


@pytest.mark.parametrize(
    ("rows", "dimension", "kind"),
    [
        (0, 384, "flat"),
        (100_000, 384, "flat"),
        (1_000_000, 32, "flat"),
        (100_000, 1536, "ivf_sq8"),
        (1_000_000, 384, "ivf_sq8"),
        (20_000_000, 384, "ivf_pq"),
    ],
)
def test_the_kind_goes_by_how_many_numbers_there_are(rows, dimension, kind):
    assert choose_kind(rows, dimension) == kind
