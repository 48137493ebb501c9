"""``genops dataset generate`` makes cases that a person looks at with ``genops dataset review``."""

import json

import pytest

from genops.errors import InputError
from genops.evals.datasets import DatasetSpec
from genops.evals.datasets.changing import changing
from genops.settings import load_settings
from tests.retrieval.backends.conftest import BACKENDS, new_url, pgvector_server

__all__ = ["new_url", "pgvector_server"]

TOPICS = {
    "tea": "Green tea is brewed with water of 80 degrees, and black tea with boiling water.",
    "whales": "A blue whale weighs up to 190 tonnes, which makes it the heaviest animal that ever lived.",
    "trains": "The first public railway with steam engines opened in 1825 between Stockton and Darlington.",
    "bread": "A sourdough rises for four hours at 24 degrees before it is shaped and rests over night.",
    "stars": "The light of Sirius takes eight years and seven months until somebody on Earth can see it.",
    "chess": "A game of chess is drawn when fifty moves were made with no capture and no pawn that moved.",
}

SCRIPT = r"""
rules:
  - name: multi
    when:
      system: "needs all passages"
      user: 'passage 1⟧\n(?:#[^\n]*\n+)?(?P<one>[^\n]+)[^⟧]*⟧\n⟦[^⟧]+passage 2⟧\n(?:#[^\n]*\n+)?(?P<two>[^\n]+)'
    text: >-
      {{ {"question": "What of both " ~ one[:20] ~ two[:20] ~ "?", "answer": "both",
      "quotes": [{"passage": 1, "quote": one}, {"passage": 2, "quote": two}]} | tojson }}
  - name: one
    when: {system: "You write one question", user: 'passage 1⟧\n(?:#[^\n]*\n+)?(?P<text>[^\n]+)'}
    text: >-
      {{ {"question": "What about " ~ text[:25] ~ "?", "answer": text,
      "quotes": [{"passage": 1, "quote": QUOTE}]} | tojson }}
  - name: unanswerable
    when: {system: "You answer a question", user: "about A blue whale"}
    text: '{"reasoning": "", "answerable": false, "answer": ""}'
  - name: answer
    when: {system: "You answer a question", user: 'passage 1⟧\n(?:#[^\n]*\n+)?(?P<text>[^\n]+)'}
    text: '{{ {"reasoning": "", "answerable": true, "answer": "It says: " ~ text} | tojson }}'
  - name: other
    when: {system: "You say whether two answers", user: "about The light"}
    text: '{"reasoning": "", "same": false}'
  - name: same
    when: {system: "You say whether two answers"}
    text: '{"reasoning": "", "same": true}'
"""


@pytest.fixture
def garden(site, genops):
    """Builds an index of one page a topic; the model asks about each, and quotes it rightly or not."""

    def garden(quote="text", topics=TOPICS):
        for page in (site / "docs").glob("*.md"):
            page.unlink()
        for name, text in topics.items():
            (site / "docs" / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
        (site / "talker.yaml").write_text(SCRIPT.replace("QUOTE", quote))
        genops("index", "build", "docs")

    return garden


def rows(site, name="new.jsonl"):
    return [json.loads(line) for line in (site / name).read_text().splitlines()]


class TestGenerate:
    def test_makes_cases_that_stand_in_the_documents(self, genops, site, garden):
        garden()
        done = genops("dataset", "generate", "docs", "-n", "3", "-o", "new.jsonl")
        assert "3 cases made" in done.err
        assert "genops dataset review new.jsonl" in done.err
        made = rows(site)
        assert len({row["id"] for row in made}) == 3
        for row in made:
            assert row["metadata"]["reviewed"] is False
            assert row["cluster"] in {source["document"] for source in row["metadata"]["sources"]}
            for source in row["metadata"]["sources"]:
                document = (site / source["uri"]).read_text()
                assert document[source["start"] : source["end"]] == source["text"]

    def test_makes_all_kinds_from_one_passage_and_from_two(self, genops, site, garden):
        garden()
        genops("dataset", "generate", "docs", "-n", "4", "-o", "new.jsonl", "--seed", "1")
        tags = {tag for row in rows(site) for tag in row["tags"]}
        assert tags >= {"single-passage", "multi-passage"}
        assert len(tags & {"average", "critical", "edge"}) >= 2
        multi = next(row for row in rows(site) if "multi-passage" in row["tags"])
        assert len({source["document"] for source in multi["metadata"]["sources"]}) == 2

    def test_drops_what_is_not_answered_the_same_from_the_passages(self, genops, site, garden):
        garden(topics={name: TOPICS[name] for name in ("tea", "whales", "stars")})
        done = genops("dataset", "generate", "docs", "-n", "5", "-o", "new.jsonl", code=4)
        assert "not answerable from its passages" in done.err
        assert "another answer when asked again" in done.err
        assert "asked before" in done.err
        singles = [row for row in rows(site) if "single-passage" in row["tags"]]
        assert [row["expected"] for row in singles] == [TOPICS["tea"]]

    def test_a_passage_may_be_numbered_as_a_float(self, genops, site, garden):
        garden(topics={"tea": TOPICS["tea"]})
        script = site / "talker.yaml"
        script.write_text(script.read_text().replace('"passage": 1, "quote": text', '"passage": 1.0, "quote": text'))
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl")
        assert rows(site)[0]["expected"] == TOPICS["tea"]

    def test_half_a_surrogate_pair_of_the_model_is_no_bug(self, genops, site, garden):
        garden(topics={"tea": TOPICS["tea"]})
        script = site / "talker.yaml"
        cut = script.read_text().replace('"What about "', '"What CUT about "')
        script.write_text(cut.replace("text}]} | tojson", r"text}]} | tojson | replace('CUT', '\\ud83d')"))
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl")
        assert rows(site)[0]["inputs"]["question"].startswith("What \ufffd about")

    def test_drops_quotes_that_stand_nowhere(self, genops, site, garden):
        garden(quote="text ~ ' or so'", topics={"tea": TOPICS["tea"]})
        done = genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl", code=4)
        assert "0 cases made; dropped: 4 a quote that is not in its passage" in done.err
        assert "go on with --append and another --seed" in done.err

    def test_a_try_that_came_to_nothing_is_not_in_the_way_of_another(self, genops, site, garden):
        genops("dataset", "generate", "dosc", "-n", "1", "-o", "new.jsonl", code=2)
        garden()
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl")
        assert len(rows(site)) == 1

    def test_a_broken_file_is_not_added_to(self, genops, site):
        (site / "new.jsonl").write_text('{"inputs": {}}\n{"inputs"\n')
        done = genops("dataset", "generate", "docs", "-o", "new.jsonl", "--append", code=2)
        assert "new.jsonl:2: not JSON" in done.err

    def test_adds_to_a_file_only_when_told_to(self, genops, site, garden):
        garden()
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl")
        assert "exists" in genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl", code=2).err
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl", "--append")
        assert len({row["id"] for row in rows(site)}) == 2

    def test_asks_nothing_again_that_a_person_has_edited_or_rejected(self, genops, site, garden):
        garden()
        genops("dataset", "generate", "docs", "-n", "2", "-o", "new.jsonl")
        edited, rejected = rows(site)
        genops("dataset", "review", "new.jsonl", stdin="e\nSomething else altogether, please?\n\nr\n")
        done = genops("dataset", "generate", "docs", "-n", "2", "-o", "new.jsonl", "--append")
        assert "2 asked before" in done.err
        ids = [row["id"] for row in rows(site)]
        assert ids[0] == edited["id"]
        assert len(set(ids)) == 3
        assert rejected["id"] not in ids

    def test_knows_cases_that_a_person_wrote_as_flat_rows(self, genops, site, garden):
        garden()
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl")
        question = rows(site)[0]["inputs"]["question"]
        (site / "own.jsonl").write_text(json.dumps({"question": question, "source": "support"}) + "\n")
        done = genops("dataset", "generate", "docs", "-n", "1", "-o", "own.jsonl", "--append")
        assert "1 asked before" in done.err

    def test_a_last_line_without_its_end_is_ended_first(self, genops, site, garden):
        garden()
        (site / "new.jsonl").write_text('{"inputs": {"question": "mine"}, "expected": "x"}')
        genops("dataset", "generate", "docs", "-n", "1", "-o", "new.jsonl", "--append")
        assert [row["inputs"]["question"] == "mine" for row in rows(site)] == [True, False]

    def test_is_not_added_to_a_file_under_review(self, genops, site, garden, waiting):
        garden()
        before = (site / waiting).read_text()
        with changing(site / waiting):
            done = genops("dataset", "generate", "docs", "-n", "1", "-o", waiting, "--append", code=4)
        assert "new.jsonl is being reviewed or added to in another process" in done.err
        assert (site / waiting).read_text() == before

    def test_a_model_that_fails_ends_it_and_keeps_what_was_made(self, genops, site, garden):
        garden()
        script = SCRIPT.replace("QUOTE", "text").replace(
            "rules:\n", 'rules:\n  - {when: {user: "Sirius"}, fault: {kind: refuse, message: no}}\n', 1
        )
        (site / "talker.yaml").write_text(script)
        done = genops("dataset", "generate", "docs", "-n", "6", "-o", "new.jsonl", code=4)
        assert "gave no answer" in done.err
        assert "the cases that were made are in new.jsonl; make the others with --append" in done.err
        assert rows(site)

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_asks_about_every_passage_of_an_index_in_a_database_or_on_a_server(
        self, genops, site, garden, backend, new_url, monkeypatch
    ):
        settings = site / "genops.toml"
        settings.write_text(settings.read_text() + 'backend_env = "TEST_INDEX_URL"\n')
        monkeypatch.setenv("TEST_INDEX_URL", new_url(backend))
        garden()
        done = genops("dataset", "generate", "docs", "-n", "5", "-o", "new.jsonl")
        assert "5 cases made" in done.err
        asked = {source["uri"] for row in rows(site) for source in row["metadata"]["sources"]}
        assert len(asked) >= 4
        for row in rows(site):
            for source in row["metadata"]["sources"]:
                document = (site / source["uri"]).read_text()
                assert document[source["start"] : source["end"]] == source["text"]
        (site / "again.jsonl").unlink(missing_ok=True)
        genops("dataset", "generate", "docs", "-n", "5", "-o", "again.jsonl")
        assert [row["inputs"] for row in rows(site, "again.jsonl")] == [row["inputs"] for row in rows(site)]

    def test_of_an_index_with_nothing_to_ask_says_so(self, genops, site, garden):
        garden(topics={"short": "Nothing."})
        assert "no passage of 80 characters" in genops("dataset", "generate", "docs", "-o", "n.jsonl", code=2).err


CASE = {"inputs": {"question": "what?"}, "expected": "that", "tags": ["edge"]}
SOURCE = {"document": "d", "uri": "docs/d.md", "start": 3, "end": 7, "text": "that"}


@pytest.fixture
def waiting(site):
    """A file with a case of a person's own between three that wait."""

    def case(number):
        metadata = {"reviewed": False, "sources": [SOURCE]}
        return json.dumps({**CASE, "id": f"g{number}", "metadata": metadata}) + "\n"

    (site / "new.jsonl").write_text(case(1) + '{"id":"own",   "question":"mine"}\n' + case(2) + case(3))
    return "new.jsonl"


class TestReview:
    def states(self, site):
        return {row["id"]: row.get("metadata", {}).get("reviewed") for row in rows(site)}

    def test_shows_the_case_and_keeps_what_the_person_says(self, genops, site, waiting):
        done = genops("dataset", "review", waiting, stdin="a\nr\ns\n")
        assert "docs/d.md 3-7" in done.out
        assert "1 of 3  edge" in done.out
        assert "2 of 3 cases are done with, 1 still wait" in done.err
        assert self.states(site) == {"g1": True, "own": None, "g3": False}
        assert [row["id"] for row in rows(site, "new.rejected.jsonl")] == ["g2"]
        assert '{"id":"own",   "question":"mine"}\n' in (site / "new.jsonl").read_text()

    def test_of_a_link_is_kept_in_its_file(self, genops, site, waiting):
        (site / "link.jsonl").symlink_to(waiting)
        genops("dataset", "review", "link.jsonl", stdin="a\nq\n")
        assert (site / "link.jsonl").is_symlink()
        assert self.states(site) == {"g1": True, "own": None, "g2": False, "g3": False}

    def test_edits(self, genops, site, waiting):
        genops("dataset", "review", waiting, stdin="e\nwhich?\n\nedit\n\nthis\nq\n")
        first, _, second, _ = rows(site)
        assert (first["inputs"], first["expected"], first["metadata"]["edited"]) == (
            {"question": "which?"},
            "that",
            True,
        )
        assert (second["inputs"], second["expected"]) == ({"question": "what?"}, "this")

    @pytest.mark.parametrize("end", ["q\n", "", "nonsense\n", "e\n"])
    def test_goes_on_where_it_ended(self, genops, site, waiting, end):
        genops("dataset", "review", waiting, stdin="accept\n" + end)
        assert self.states(site) == {"g1": True, "own": None, "g2": False, "g3": False}
        done = genops("dataset", "review", waiting, stdin="a\na\n")
        assert "2 of 2 cases are done with" in done.err
        assert "g1" not in done.out
        assert set(self.states(site).values()) == {True, None}

    def test_one_at_a_time_so_that_no_decision_is_overwritten(self, genops, site, waiting):
        with changing(site / waiting):
            done = genops("dataset", "review", waiting, stdin="a\n", code=4)
        assert "new.jsonl is being reviewed or added to in another process" in done.err
        assert self.states(site) == {"g1": False, "own": None, "g2": False, "g3": False}
        genops("dataset", "review", waiting, stdin="a\nq\n")
        assert self.states(site)["g1"] is True
        assert [path.name for path in site.glob(".new*")] == []

    def test_a_file_in_no_folder_is_refused(self, genops):
        assert "gone/new.jsonl: cannot be changed" in genops("dataset", "review", "gone/new.jsonl", code=2).err

    def test_what_cannot_be_kept_is_asked_for_again(self, genops, site, waiting):
        done = genops("dataset", "review", waiting, stdin=b"e\ncaf\xe9?\ncaf\xc3\xa9?\n\nq\n")
        assert "that is not UTF-8; say it again" in done.err
        assert rows(site)[0]["inputs"] == {"question": "café?"}

    def test_of_what_is_no_file_of_cases_is_refused(self, genops, site):
        assert "gone.jsonl: cannot be read" in genops("dataset", "review", "gone.jsonl", code=2).err
        (site / "bad.jsonl").write_text('{"a": 1}\n{')
        assert "bad.jsonl:2: not JSON" in genops("dataset", "review", "bad.jsonl", code=2).err

    def test_reads_a_file_with_a_byte_order_mark(self, genops, site, waiting):
        path = site / waiting
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        genops("dataset", "review", waiting, stdin="a\nq\n")
        assert self.states(site)["g1"] is True

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ({"inputs": ["a"]}, "`inputs` is a mapping"),
            ({"inputs": {"question": "q"}, "tags": [1, None]}, "`tags`"),
            ({"question": "q"}, "a case that waits for a review has `inputs` and `metadata`"),
        ],
    )
    def test_of_a_line_that_is_no_case_says_which(self, genops, site, row, problem):
        line = json.dumps({**row, "metadata": {"reviewed": False}})
        (site / "new.jsonl").write_text(f'{{"question": "mine"}}\n{line}\n')
        done = genops("dataset", "review", "new.jsonl", code=2)
        assert "new.jsonl:2: " in done.err
        assert problem in done.err

    def test_passes_over_no_case_that_a_suite_would_refuse(self, genops, site):
        (site / "new.jsonl").write_text('{"question": "q", "metadata.reviewed": false}\n')
        assert "has `inputs` and `metadata`" in genops("dataset", "review", "new.jsonl", code=2).err

    def test_decides_whether_a_suite_takes_the_cases(self, genops, site, waiting):
        settings = load_settings(site)
        with pytest.raises(InputError, match=r"new.jsonl:1: a generated case that no person has reviewed"):
            DatasetSpec(file=waiting).open(settings, site)
        assert len(DatasetSpec(file=waiting, unreviewed=True).open(settings, site)) == 4
        genops("dataset", "review", waiting, stdin="a\na\na\n")
        assert len(DatasetSpec(file=waiting).open(settings, site)) == 4
