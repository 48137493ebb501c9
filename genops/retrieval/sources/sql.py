"""Rows of a database as documents, by SQLAlchemy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from genops.artifacts import digest_of, short
from genops.errors import DefinitionError, InputError, Location, Unfinished, nearest
from genops.index_settings import SqlSource
from genops.retrieval.document import Document
from genops.retrieval.sources.fields import check_fields, named
from genops.retrieval.sources.records import Record, record_documents

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_ROWS = 500
"""Rows that are held at once."""
_URLS = "such as postgresql://USER@HOST/DATABASE or sqlite:///PATH"


def check_sql_source(source: SqlSource) -> None:
    """Checks what can be checked of a query without asking the database.

    Raises:
        DefinitionError: The URL cannot be read or holds a password, or a field is not named as it must be.
    """
    uri = sql_uri(source)
    check_fields(source, uri)
    for name in ("id", "text"):
        if not getattr(source, name):
            raise DefinitionError(
                f"source {uri!r} names no column as `{name}`",
                hint=f'write {name} = "COLUMN": a row has no lasting place, and may have several texts',
            )


def sql_uri(source: SqlSource) -> str:
    """Where the rows are, the same on every machine and without user and password.

    Raises:
        DefinitionError: The URL in the settings cannot be read or holds a password.
    """
    if source.url is None:
        return f"${source.url_env}"
    url = _parse(source.url, "`url` of an SQL source")
    if url.password is not None or "password" in url.query:
        raise DefinitionError(
            "`url` of an SQL source holds a password",
            hint="put the URL into an environment variable, and name it with `url_env`",
        )
    host = f"{url.host or ''}:{url.port}" if url.port else url.host or ""
    return f"{url.get_backend_name()}://{host}/{url.database or ''}"


def sql_key(source: SqlSource) -> str:
    """The name of a source among others of the same database."""
    return f"{sql_uri(source)} {short(digest_of(source.model_dump()))}"


def read_sql(source: SqlSource, root: Path) -> Iterator[Document]:
    """A document for each row, as the database gives them. Nothing is ever committed.

    Args:
        source: The query.
        root: What the path of an SQLite file is relative to.

    Raises:
        DefinitionError: The environment variable is not set, the driver is not installed, or the query is refused.
        InputError: A column is missing, or not of its type; with the row.
        Unfinished: The database cannot be reached, or failed.
    """
    uri = sql_uri(source)

    def error(message: str, row: int) -> InputError:
        return InputError(f"row {row}: {message}", at=Location(uri))

    with _connected(source, uri, root) as connection:
        yield from record_documents(_rows(connection, source, uri), source, uri, error, parse=True)


def _rows(connection: Connection, source: SqlSource, uri: str) -> Iterator[Record]:
    streaming = connection.execution_options(stream_results=True, max_row_buffer=_ROWS, no_parameters=True)
    with streaming.exec_driver_sql(source.sql) as result:
        columns = list(result.keys())
        for name in named(source):
            if columns.count(name) != 1:
                what = "two columns" if name in columns else "no column"
                hint = "give each a name with AS" if name in columns else nearest(name, columns)
                raise DefinitionError(f"the query gives {what} {name!r}", at=Location(uri), hint=hint)
        for number, row in enumerate(result.mappings(), start=1):
            yield number, dict(row)


@contextmanager
def _connected(source: SqlSource, uri: str, root: Path) -> Iterator[Connection]:
    """A connection whose failures are told without the URL's secrets."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    url = _url(source, uri, root)
    at = Location(uri)
    reached = False
    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            reached = True
            yield connection
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise DefinitionError(
            f"no driver for {url.drivername!r} is installed: {error}", at=at, hint="pip install 'genops[postgres]'"
        ) from None
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        message = _without_secrets(" ".join(str(cause).split()), url)
        server_failed = isinstance(error, (OperationalError, InterfaceError)) and url.get_backend_name() != "sqlite"
        if not reached:
            raise Unfinished(f"the database cannot be reached: {message}", at=at, hint="check its URL") from None
        if server_failed:
            raise Unfinished(f"the database failed: {message}", at=at, hint="try again") from None
        raise DefinitionError(f"the query is refused: {message}", at=at, hint="see `sql` of the source") from None


def _url(source: SqlSource, uri: str, root: Path) -> URL:
    text = source.url
    if text is None:
        text = os.environ.get(source.url_env or "", "")
        if not text:
            raise DefinitionError(
                f"the environment variable {source.url_env} is not set", hint=f"it holds the database's URL, {_URLS}"
            )
    url = _parse(text, uri)
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        path = root / (url.database or "")
        if not path.is_file():  # SQLite would make it
            raise DefinitionError("there is no such database", at=Location(path))
        return url.set(database=str(path))
    return url


def _parse(text: str, what: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise DefinitionError(f"{what} cannot be read as a database's URL", hint=_URLS) from None


def _without_secrets(message: str, url: URL) -> str:
    secrets = [url.password, *(value for value in url.query.values() if isinstance(value, str))]
    for secret in secrets:
        if secret:
            message = message.replace(str(secret), "***")
    return message
