import tomllib

import pytest

from genops.index_settings import EmbedderSettings
from genops.retrieval import default_embedder, embedder_named, language_warning
from genops.settings import Settings
from tests.retrieval.hashing import HashingEmbedder


class Iberian(HashingEmbedder):
    languages = ("es", "pt")


@pytest.mark.parametrize("language", ["id", "pt", "es", "pt-BR", "ID"])
def test_an_english_embedder_is_warned_of_for_other_languages(tmp_path, language):
    warning = language_warning(default_embedder(Settings(root=tmp_path)), language)
    assert "'all-MiniLM-L6-v2' was made for en" in warning
    assert f"the texts are in {language[:2].lower()}" in warning
    assert "multilingual-e5-small" in warning


@pytest.mark.parametrize("language", ["pt", "pt-BR", "es_MX", "ES"])
def test_a_language_that_is_covered_is_no_matter(language):
    assert language_warning(Iberian(), language) is None
    assert language_warning(Iberian(), "id") is not None


def test_an_embedder_that_names_no_language_covers_all():
    assert language_warning(HashingEmbedder(), "id") is None


def test_what_the_warning_says_to_define_can_be_defined(tmp_path):
    warning = language_warning(default_embedder(Settings(root=tmp_path)), "id")
    defined = tomllib.loads(warning.partition("\n\n")[2])["tool"]["genops"]["embedders"]
    settings = Settings(root=tmp_path, embedders={name: EmbedderSettings(**own) for name, own in defined.items()})
    assert 'embedder = "multilingual"' in warning
    assert language_warning(embedder_named(settings, "multilingual"), "id") is None
