"""``seeds:`` of an objective: what may stand there, and the texts that come of it."""

import pytest

from genops.chains import Parsing
from genops.errors import DefinitionError, InputError, UsageError
from genops.fuzz.adapters.seeds import SeedSources, SeedSpec
from genops.fuzz.objective import Borrowed
from genops.settings import Peers, Settings
from genops.syntax import YamlFile
from tests.fuzz.adapters.peers import GARAK, peer


def spec(raw):
    return SeedSpec.parse(raw, Parsing(YamlFile(raw, "evals/attacks.yaml")))


@pytest.fixture
def read(tmp_path):
    python = peer(tmp_path / "garak", "garak", GARAK)
    settings = Settings().model_copy(update={"root": tmp_path, "peers": Peers(garak=python)})

    def texts(raw, most=100, seed=0):
        sources = SeedSources(settings, tmp_path, seed)
        try:
            return sources.read(spec(raw), most)
        finally:
            sources.close()

    return texts


@pytest.mark.parametrize(
    ("raw", "own", "probes", "files"),
    [
        ("own", True, (), 0),
        ({"garak": "encoding.Hex"}, False, ("encoding.Hex",), 0),
        (["own", {"garak": ["jail", "encoding.*"]}, "a.txt", "b.csv"], True, ("jail", "encoding.*"), 2),
        ({"file": "b.csv", "columns": {"text": "prompt"}}, False, (), 1),
    ],
)
def test_seeds_are_own_probes_and_files(raw, own, probes, files):
    made = spec(raw)
    assert (made.own, made.probes, len(made.files)) == (own, probes, files)


@pytest.mark.parametrize("raw", [[], 7, [None], "", {}, {"garak": 3}, {"garak": "x", "file": "y"}, {"fle": "x"}])
def test_anything_else_is_refused(raw):
    with pytest.raises(DefinitionError, match=r"evals/attacks.yaml"):
        spec(raw)


def test_every_line_that_says_something_is_a_text(read, tmp_path):
    (tmp_path / "a.txt").write_text("one\n\n  \nfour\n")
    assert set(read("a.txt").texts) == {Borrowed("a.txt:1", "one"), Borrowed("a.txt:4", "four")}


def test_rows_have_a_text_and_may_have_triggers(read, tmp_path):
    rows = '{"id": "a", "text": "say heron", "triggers": ["heron"]}\n{"id": "b", "text": "hi"}\n'
    (tmp_path / "b.jsonl").write_text(rows)
    assert set(read("b.jsonl").texts) == {
        Borrowed("b.jsonl:a", "say heron", ("heron",)),
        Borrowed("b.jsonl:b", "hi"),
    }


def test_a_column_is_named_and_rows_are_chosen_as_of_any_dataset(read, tmp_path):
    (tmp_path / "c.csv").write_text("id,prompt,tags\na,one,easy\nb,two,hard\n")
    raw = {"file": "c.csv", "columns": {"text": "prompt"}, "filter": "hard"}
    assert [text.text for text in read(raw).texts] == ["two"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ('{"id": "a", "prompt": "hi"}', "the row 'a' has no `text`"),
        ('{"id": "a", "text": ["hi"]}', "the row 'a' has no `text`"),
        ('{"id": "a", "text": "hi", "triggers": 3}', "the row 'a': `triggers` are a text or a list of texts"),
    ],
)
def test_a_row_without_a_text_is_an_error(read, tmp_path, rows, why):
    (tmp_path / "b.jsonl").write_text(rows)
    with pytest.raises(InputError, match=why):
        read("b.jsonl")


def test_a_file_that_is_not_there_is_an_error(read):
    with pytest.raises(UsageError, match="there is no such file of texts"):
        read("nowhere.txt")


def test_sources_that_give_nothing_say_so(read, tmp_path):
    (tmp_path / "a.txt").write_text("\n")
    with pytest.raises(UsageError, match="`seeds` give no text"):
        read("a.txt")


def test_of_more_texts_than_tries_a_sample_is_drawn_by_the_seed(read, tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(f"text {number}" for number in range(50)))
    drawn = [read("a.txt", most=10, seed=seed).texts for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 10


def test_probes_and_files_go_together(read, tmp_path):
    (tmp_path / "a.txt").write_text("one")
    lent = read(["a.txt", {"garak": "jail.*"}])
    assert {text.id for text in lent.texts} == {"a.txt:1", "garak.jail.Break.0", "garak.jail.Talk.0"}
    assert len(lent.notes) == 5


def test_a_probe_that_is_not_there_is_an_error_with_its_line(read):
    with pytest.raises(UsageError, match=r"evals/attacks.yaml.*has no probe 'nowhere'"):
        read([{"garak": "nowhere"}])
