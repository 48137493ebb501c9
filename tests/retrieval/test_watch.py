import queue
import threading
from contextlib import contextmanager

import pytest

from genops.errors import InputError, ReferenceNotFound, UsageError
from genops.retrieval import Snapshot, current_digest
from genops.retrieval.watch import watch_index


@pytest.fixture
def watched(settings):
    """What a watch of the index gives, as it comes."""
    stop, outcomes = threading.Event(), queue.Queue()

    def follow():
        for outcome in watch_index(settings, "docs", stop=stop):
            outcomes.put(outcome)

    follower = threading.Thread(target=follow)
    follower.start()
    yield lambda: outcomes.get(timeout=30)
    stop.set()
    follower.join(30)
    assert not follower.is_alive()


@pytest.mark.slow
def test_an_index_is_built_again_after_every_change_and_survives_a_bad_one(watched, settings, project):
    first = watched()
    assert isinstance(first, Snapshot)
    (project / "docs" / "new.md").write_text("# New\n\nVolcanoes.\n")
    second = watched()
    assert second.digest == current_digest(settings, "docs") != first.digest
    (project / "docs" / "new.md").write_bytes(b"\0")
    assert isinstance(watched(), InputError)
    assert current_digest(settings, "docs") == second.digest
    (project / "docs" / "new.md").unlink()
    assert watched().digest == first.digest


def test_every_build_of_a_watch_shows_its_progress(settings):
    shown = []

    @contextmanager
    def build():
        shown.append("begun")
        yield lambda done, total: shown.append((done, total))
        shown.append("ended")

    passages = next(watch_index(settings, "docs", build)).manifest.chunks
    assert (shown[0], shown[1], shown[-2], shown[-1]) == ("begun", (0, passages), (passages, passages), "ended")


def test_what_has_no_files_cannot_be_watched(settings_for):
    with pytest.raises(UsageError, match="has no files to watch"):
        next(watch_index(settings_for(sources=[]), "docs"))
    with pytest.raises(ReferenceNotFound, match="did you mean docs"):
        next(watch_index(settings_for(), "dosc"))
