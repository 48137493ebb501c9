"""A text is embedded once: what the project's cache of vectors knows is not embedded again."""

import numpy as np

from genops.drift.embedding import Vectors
from genops.drift.windows import Observation, StateSpec, read_windows
from genops.retrieval import embedder_named
from genops.syntax import compile_value


def window(texts):
    observations = [Observation(str(number), {"text": text}) for number, text in enumerate(texts)]
    return read_windows(observations, [StateSpec("text", compile_value("{{ text }}"), "text")], "w")["text"]


def test_only_what_is_not_in_the_cache_is_embedded(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'
    settings = lab.site.project.settings
    told = []
    vectors = Vectors(settings, "hashing", lambda done, total: told.append((done, total)))
    first = vectors.of(window(["one", "two", "two"]))
    assert told[-1] == (2, 2)
    told.clear()
    again = Vectors(settings, "hashing", vectors.progress).of(window(["two", "one", "three"]))
    assert told[-1] == (1, 1)
    assert np.array_equal(again[:2], first[[1, 0]])
    told.clear()
    vectors.of(window(["three"]))
    assert not told or told[-1] == (0, 0)


def test_lone_surrogates_are_embedded_as_question_marks(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'
    odd, plain = Vectors(lab.site.project.settings, "hashing").of(window(["a \ud800 b", "a ? b"]))
    assert np.array_equal(odd, plain)
    assert embedder_named(lab.site.project.settings, "hashing").dimension == len(odd)
