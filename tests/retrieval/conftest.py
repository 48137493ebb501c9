import pytest

from genops.index_settings import IndexSettings
from genops.retrieval import embedder_named
from genops.settings import Settings
from tests.retrieval import hashing

hashing.register()

CORPUS = {
    "docs/replay.md": "# Replay\n\nReplay injects the recorded effects of a run. No model is called.\n",
    "docs/locks.md": (
        "# Locks\n\n## What a lock is\n\nA lock pins every component by its digest.\n\n"
        "## Writing\n\nWrite it with a command.\n"
    ),
    "docs/notes.txt": "Whales are mammals that live in the sea.\n\nBread is baked from flour and water.\n",
}


@pytest.fixture
def project(tmp_path):
    """A project of three documents whose index ``docs`` uses the hashing embedder."""
    for uri, text in CORPUS.items():
        path = tmp_path / uri
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return tmp_path


@pytest.fixture
def settings_for(project):
    """Settings of the project, with changes to the index ``docs``."""

    def settings(root=project, **changes):
        values = {"sources": ["docs/*"], "embedder": "hashing", "chunk_tokens": 32, "overlap_tokens": 8, **changes}
        return Settings(root=root, indexes={"docs": IndexSettings(**values)})

    return settings


@pytest.fixture
def settings(settings_for):
    return settings_for()


@pytest.fixture
def embedder(settings):
    """The process's hashing embedder, with an empty record of what it encoded."""
    found = embedder_named(settings, "hashing")
    found.encoded.clear()
    return found


@pytest.fixture
def passages():
    """Reads every living passage of a snapshot, with its document."""

    def read(snapshot):
        found = []
        for segment in snapshot.segments:
            for position, record in enumerate(segment.records()):
                if position not in segment.entry.deleted:
                    found += [(record, segment.passage(row)) for row in segment.rows(position)]
        return found

    return read
