"""Parquet: a column a field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genops.errors import InputError, Location
from genops.evals.datasets.sources.row import Row

_BATCH = 1024


def parquet_rows(path: Path) -> Iterator[Row]:
    """A row for each row, some in memory at a time. Times become text in ISO 8601, decimals numbers.

    Raises:
        InputError: It cannot be read, or is no Parquet file.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    from genops.retrieval.sources.values import plain

    number = 0
    try:
        with ParquetFile(path) as file:
            _refuse_equal_names(file.schema_arrow.names, path)
            for batch in file.iter_batches(batch_size=_BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(Location(path, number), {name: plain(item) for name, item in values.items()}, table=True)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", at=Location(path)) from None
    except ArrowException as error:
        raise InputError(f"not Parquet: {str(error).splitlines()[0]}", at=Location(path)) from None
    except (OverflowError, ValueError) as error:  # a time beyond the year 9999
        first, last = number + 1, number + _BATCH
        raise InputError(
            f"a value of the rows {first:,} to {last:,} cannot be read: {error}", at=Location(path)
        ) from None


def _refuse_equal_names(names: list[str], path: Path) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two columns are called {twice!r}", at=Location(path), hint="rename one of the two")
