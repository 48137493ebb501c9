import pytest

from genops.errors import DefinitionError, ReferenceNotFound
from genops.index_settings import EmbedderSettings
from genops.retrieval import default_embedder, embedder_named
from genops.settings import Settings
from tests.retrieval import hashing
from tests.retrieval.embedders.conftest import write_model

hashing.register()


@pytest.fixture
def settings(tmp_path):
    """Settings of a project with these embedders."""

    def made(root=tmp_path, **embedders):
        return Settings(root=root, embedders={name: EmbedderSettings(**fields) for name, fields in embedders.items()})

    return made


def test_a_registered_embedder_is_found_and_made_once(settings, tmp_path):
    found = embedder_named(settings(), "hashing")
    assert found.name == "hashing"
    assert embedder_named(settings(root=tmp_path / "other"), "hashing") is found


def test_the_default_is_one_for_the_process(settings, tmp_path):
    assert default_embedder(settings()) is default_embedder(settings(root=tmp_path / "other"))
    assert default_embedder(settings()).name == "all-MiniLM-L6-v2"


def test_a_folder_is_named_by_its_path_in_the_project(settings, model):
    folder = model()
    found = embedder_named(settings(), "./model")
    assert (found.name, found.dimension) == ("model", 16)
    assert embedder_named(settings(), str(folder)) is found


def test_the_settings_define_embedders_of_every_kind(settings, model):
    model()
    own = {
        "folder": {"model": "./model", "query_prefix": "query: ", "languages": ["id", "pt"]},
        "also_folder": {"model": "model/../model"},
        "hub": {"model": "sentence-transformers/all-MiniLM-L6-v2", "revision": "0" * 40},
        "server": {"model": "openai/text-embedding-3-small"},
    }
    named = {name: embedder_named(settings(**own), name) for name in own}
    assert {name: type(embedder).__name__ for name, embedder in named.items()} == {
        "folder": "SentenceTransformerEmbedder",
        "also_folder": "SentenceTransformerEmbedder",
        "hub": "SentenceTransformerEmbedder",
        "server": "EndpointEmbedder",
    }
    assert [embedder.name for embedder in named.values()] == list(own)
    assert named["folder"].languages == ("id", "pt")
    assert named["folder"].identity()["query_prefix"] == "query: "


def test_an_embedder_of_the_settings_is_made_anew_when_they_change(settings, model):
    model()
    first = embedder_named(settings(mine={"model": "./model"}), "mine")
    assert embedder_named(settings(mine={"model": "./model"}), "mine") is first
    assert embedder_named(settings(mine={"model": "./model", "dimension": 4}), "mine") is not first


def test_the_settings_win_over_what_is_registered(settings, model):
    model()
    assert embedder_named(settings(minilm={"model": "./model"}), "minilm").dimension == 16


def test_a_name_of_nothing_lists_the_nearest(settings, model):
    model()
    with pytest.raises(ReferenceNotFound, match=r"no embedder is called 'hashin'\n  did you mean hashing"):
        embedder_named(settings(), "hashin")
    with pytest.raises(
        ReferenceNotFound, match=r"'serve'\n  did you mean server\? \(define it under \[tool\.genops\.emb"
    ):
        embedder_named(settings(server={"model": "openai/x"}), "serve")
    with pytest.raises(ReferenceNotFound, match=r"'openai/x', and there is no folder .*openai/x"):
        embedder_named(settings(), "openai/x")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "sentence-transformers/all-MiniLM-L6-v2"}, "needs a pinned revision"),
        ({"model": "./nowhere"}, "not a sentence-transformers model"),
        ({"model": "text-embedding-3-small"}, "'text-embedding-3-small' is not a model\n  write PROVIDER/MODEL"),
        ({"model": "openai/"}, "is not a model"),
        ({"model": "vllm/BAAI/bge-m3"}, r"how many tokens .* is not known\n  add window = … under \[tool\.genops\.emb"),
    ],
)
def test_what_cannot_be_made_says_why(settings, fields, words):
    with pytest.raises(DefinitionError, match=words):
        embedder_named(settings(mine=fields), "mine")


def test_an_error_names_the_line_of_the_settings(tmp_path):
    from genops.settings import load_settings

    (tmp_path / "genops.toml").write_text('store = ""\n[embedders.mine]\nmodel = "sentence-transformers/x"\n')
    with pytest.raises(DefinitionError) as caught:
        embedder_named(load_settings(tmp_path), "mine")
    assert (caught.value.at.path.name, caught.value.at.line) == ("genops.toml", 2)


def test_two_projects_may_have_embedders_of_one_name(settings, tmp_path):
    for number, project in enumerate(("one", "two")):
        write_model(tmp_path / project / "model", seed=number)
    mine = {"mine": {"model": "./model"}}
    one = embedder_named(settings(root=tmp_path / "one", **mine), "mine")
    two = embedder_named(settings(root=tmp_path / "two", **mine), "mine")
    assert one.identity() != two.identity()
