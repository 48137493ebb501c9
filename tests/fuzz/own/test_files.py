"""Files that people and other programs write, and those of an index: they are read, or refused in one way."""

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.chains import Parsing
from genops.evals.datasets.review import Review
from genops.evals.judges.labels import Labels
from genops.executor.batch import drop_unfinished, read_rows
from genops.fuzz.adapters.seeds import SeedSources, SeedSpec
from genops.fuzz.detectors.like_examples import read_examples
from genops.fuzz.labels import read_labels
from genops.index_settings import IndexSettings
from genops.prompts.output import OutputSpec
from genops.retrieval import build_index, open_index
from genops.retrieval.quality.beir import read_beir
from genops.retrieval.sources.scan import read_documents
from genops.settings import Settings
from genops.syntax import YamlFile
from tests.fuzz.own.material import changed_data, changed_text, few, or_says_why, texts
from tests.retrieval import hashing

hashing.register()

TRY_LABELS = [
    '{"run": "a1", "objective": "crash", "label": true, "note": "so"}\n'
    '{"run": "a1", "undo": true}\n{"run": "a1", "objective": "crash", "label": false}\n'
]
EXAMPLES = ['{"text": "The phrase is X.", "label": true}\n{"text": "No.", "label": false}\n']
JUDGED = [
    '{"id": "a", "human": 1, "verdict": "1", "judge": "small", "output": "x", "lengths": [1, 2]}\n'
    '{"id": "b", "human": "no", "forward": "yes", "swapped": "no", "drawn": "random", "cluster": "k"}\n'
]
JUDGED_TABLE = ["id,human,verdict,judge,drawn\na,1,1,small,random\nb,no,yes,small,chosen\n"]
BATCH = ['{"question": "why?"}\n\n{"question": "how?", "n": 3}\n', '{"key": "1:ab", "row": 1, "error": null}\n']
REVIEW = ['{"inputs": {"question": "why?"}, "expected": "so", "metadata": {"reviewed": false, "source": "a.md"}}\n']
JUDGEMENTS = ["query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n"]
LINES = ["Say the word.\n\n  Say it again.\r\nAnd \u2028 again.\n"]
SEEDS = [["own", {"garak": ["dan.*"]}, "a.txt", "b.csv", {"file": "c.jsonl", "columns": {"text": "p"}}], "own"]
OUTPUTS = [{"answer": "str", "n": {"type": "int"}}, {"type": "object", "properties": {"a": {"type": "string"}}}]
DOCUMENTS = {
    "md": ["---\ntitle: Locks\ntags: [a, b]\n---\n# Locks\n\nText with `code`.\n", "+++\nyear = 1\n+++\nx\n", *LINES],
    "html": ["<!doctype html><html><head><title>A</title></head><body><h1>B</h1><p>c &amp; d<table><tr><td>e</table>"],
    "csv": ["id,text,year\na,one,2020\nb,\"t\nwo\",2021\n"],
    "jsonl": ['{"id": "a", "text": "one", "tags": ["x"], "year": 2020}\n{"id": "b", "text": "two"}\n'],
    "py": ["def a():\n    '''Doc.'''\n    return 1\n\nclass B:\n    x = 'é'\n"],
    "txt": LINES,
}  # fmt: skip


def seeds(path):
    spec = SeedSpec.parse(path.name, Parsing(YamlFile({}, "fuzzed.yaml")))
    return SeedSources(Settings(root=path.parent), path.parent, 0).read(spec, 10)


def judgements(path):
    queries = path.with_name("queries.jsonl")
    queries.write_text('{"_id": "q1", "text": "why"}\n{"_id": "q2", "text": "how"}\n')
    return read_beir(queries, path)


FILES = {
    "labels of tries": ("jsonl", TRY_LABELS, read_labels),
    "labels of judges": ("jsonl", JUDGED, Labels.load),
    "labels of judges in a table": ("csv", JUDGED_TABLE, Labels.load),
    "labelled outputs": ("jsonl", EXAMPLES, read_examples),
    "rows of a batch": ("jsonl", BATCH, lambda path: list(read_rows(path))),
    "what a batch wrote": ("jsonl", BATCH, drop_unfinished),
    "cases under review": ("jsonl", REVIEW, lambda path: list(Review(path).pending())),
    "lines of seeds": ("txt", LINES, seeds),
    "rows of seeds": ("jsonl", ['{"text": "Say it.", "triggers": ["a", "b"]}\n', *TRY_LABELS], seeds),
    "judged queries": ("tsv", JUDGEMENTS, judgements),
    "queries": ("jsonl", ['{"_id": "q1", "text": "why"}\n'], lambda path: read_beir(path, Path("there_is_none.tsv"))),
}


@pytest.mark.parametrize("name", FILES)
class TestFiles:
    def test_are_read_or_refused(self, tmp_path, name):
        self.check(tmp_path, name, 40)

    @pytest.mark.slow
    def test_are_read_or_refused_many_times(self, tmp_path, name):
        self.check(tmp_path, name, 250)

    def check(self, folder, name, count):
        suffix, valid, read = FILES[name]
        path = folder / f"fuzzed.{suffix}"

        @few(count)
        @given(changed_text(valid))
        def holds(text):
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            or_says_why(read, path)

        holds()


@pytest.mark.parametrize("suffix", DOCUMENTS)
class TestDocuments:
    def test_are_read_or_refused(self, tmp_path, suffix):
        self.check(tmp_path, suffix, 40)

    @pytest.mark.slow
    def test_are_read_or_refused_many_times(self, tmp_path, suffix):
        self.check(tmp_path, suffix, 250)

    def check(self, folder, suffix, count):
        settings, index = Settings(root=folder), IndexSettings(sources=[f"*.{suffix}"])

        @few(count)
        @given(changed_text(DOCUMENTS[suffix]) | texts)
        def holds(text):
            (folder / f"fuzzed.{suffix}").write_bytes(text.encode("utf-8", "surrogatepass"))
            or_says_why(read_documents, settings, index)

        holds()


@few(80)
@given(changed_data(SEEDS))
def test_what_stands_at_seeds_is_read_or_refused(data):
    or_says_why(SeedSpec.parse, data, Parsing(YamlFile({"seeds": data}, "fuzzed.yaml"), ("seeds",)), place=True)


@few(80)
@given(changed_data(OUTPUTS), texts)
def test_an_output_is_a_schema_or_refused_and_so_is_what_a_model_writes(data, answer):
    spec = or_says_why(OutputSpec.read, data, YamlFile({"output": data}, "fuzzed.prompt"), "output", place=True)
    if spec is not None:
        with suppress(ValueError):  # what the model is told when it is asked again
            spec.parse(answer)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("built")
    (root / "a.md").write_text("# Locks\n\nA lock pins every component by its digest.\n", encoding="utf-8")
    (root / "b.md").write_text("Whales are mammals that live in the sea.\n", encoding="utf-8")
    docs = IndexSettings(sources=["*.md"], embedder="hashing", chunk_tokens=32, overlap_tokens=8)
    build_index(Settings(root=root, indexes={"docs": docs}), "docs")
    return root, docs


class TestAnIndex:
    """A file of it that was cut, or of which bytes were changed, is refused or still searched."""

    def test_is_searched_or_refused(self, built, tmp_path_factory):
        self.check(built, tmp_path_factory, 60)

    @pytest.mark.slow
    def test_is_searched_or_refused_many_times(self, built, tmp_path_factory):
        self.check(built, tmp_path_factory, 400)

    def check(self, built, tmp_path_factory, count):
        root, docs = built
        names = [path.relative_to(root) for path in sorted((root / ".genops").rglob("*")) if path.is_file()]
        assert len(names) > 5

        @few(count)
        @given(st.sampled_from(names), st.integers(0, 2**32))
        def holds(name, seed):
            copy = tmp_path_factory.mktemp("copy")
            shutil.copytree(root, copy, dirs_exist_ok=True)
            (copy / name).write_bytes(damaged((copy / name).read_bytes(), random.Random(seed)))
            or_says_why(searched, Settings(root=copy, indexes={"docs": docs}))
            shutil.rmtree(copy)

        holds()


def searched(settings):
    found = open_index(settings, "docs").search("what pins a component?", 2)
    return [hit.text for hit in found]


def damaged(data, rng):
    """Cut, longer, or with a few bytes changed."""
    match rng.randrange(4):
        case 0:
            return data[: rng.randrange(len(data) + 1)]
        case 1:
            return data + rng.randbytes(rng.randrange(1, 20))
        case _:
            changed = bytearray(data)
            for _ in range(rng.randrange(1, 6) if data else 0):
                changed[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(changed)
