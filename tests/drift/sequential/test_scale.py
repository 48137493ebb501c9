import numpy as np

from genops.drift.sequential.scale import READINGS, Scale


def test_a_reading_is_the_share_of_quantiles_below_and_whether_a_high_one_is():
    random = np.random.default_rng(0)
    fitted, rows = random.integers(9, size=(2, 300, 2)).astype(float)
    scale = Scale.fitted(fitted)
    read = scale.read(rows).reshape(len(rows), 2, len(READINGS))
    for row, witness in np.ndindex(len(rows), 2):
        value = rows[row, witness]
        assert read[row, witness, 0] == np.sum(scale.ranks[:, witness] < value) / 31
        assert (read[row, witness, 1:] == (value > scale.tails[:, witness])).all()


def test_rows_are_counted_by_their_readings():
    random = np.random.default_rng(1)
    scale, rows = Scale.fitted(random.normal(size=(200, 2))), random.normal(size=(500, 2))
    values, counts = scale.counted(rows)
    assert (counts.sum(axis=0) == len(rows)).all()
    for column, read in enumerate(scale.read(rows).T):
        assert (np.sort(read) == np.sort(np.repeat(values[:, column], counts[:, column]))).all()
