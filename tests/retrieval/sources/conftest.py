import pytest

from genops.index_settings import IndexSettings
from genops.retrieval.sources import read_documents, scan
from genops.settings import Settings


@pytest.fixture
def write(tmp_path):
    """Writes a file of the project: text in UTF-8 as it is, or bytes."""

    def write(uri, content):
        path = tmp_path / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def settings(tmp_path):
    return Settings(root=tmp_path)


@pytest.fixture
def scanned(settings):
    """The scan of sources in the project."""
    return lambda *sources: scan(settings, IndexSettings(sources=sources))


@pytest.fixture
def read(settings):
    """All documents of sources in the project."""
    return lambda *sources: read_documents(settings, IndexSettings(sources=sources))


@pytest.fixture
def read_one(read):
    """The only document of a source; ``**fields`` are those of its settings."""

    def read_one(path, **fields):
        (document,) = read({"path": path, **fields})
        return document

    return read_one
