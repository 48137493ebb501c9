"""Files, functions and traces give the same cases."""

import datetime
import sys

import pytest

from genops.errors import DefinitionError, InputError, ReferenceNotFound
from genops.evals.datasets import DatasetSpec
from genops.plugins import registry


class TestJsonLines:
    def test_are_read_with_a_byte_order_mark_and_blank_lines(self, opened, folder):
        (folder / "c.jsonl").write_bytes(b'\xef\xbb\xbf{"question": "caf\xc3\xa9"}\r\n\r\n{"question": "b"}')
        assert [case.inputs["question"] for case in opened("c.jsonl")] == ["café", "b"]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('{"question": "a"}\n{"question": \n', "c.jsonl:2: not JSON"),
            ('{"question": "a"}\n\n["b"]\n', "c.jsonl:3: a row is a JSON object"),
            ('{"question": "a", "weight": NaN}\n', "c.jsonl:1: NaN is no number"),
            ('{"question": "a", "expected": [-Infinity]}\n', "c.jsonl:1: -Infinity is no number"),
            ('{"question": "a"}\n{"question": 1}\n', "c.jsonl:2: input 'question'"),
            ("\0\0\0", "c.jsonl:1: a binary file"),
            ("", "c.jsonl: the dataset has no cases"),
        ],
    )
    def test_are_refused_with_the_line(self, opened, write, text, problem):
        write("c.jsonl", text)
        with pytest.raises(InputError, match=problem):
            opened("c.jsonl")

    def test_may_hold_half_of_a_surrogate_pair(self, opened, write):
        write("c.jsonl", '{"question": "otter \\ud800"}\n{"question": "\\uD83D\\uDE00"}\n')
        assert [case.inputs["question"] for case in opened("c.jsonl")] == ["otter \ud800", "\U0001f600"]
        write("c.jsonl", '{"question": "\\ud800", "weight": NaN}\n')
        with pytest.raises(InputError, match=r"c.jsonl:1: NaN is no number"):
            opened("c.jsonl")

    @pytest.mark.parametrize(("name", "text"), [("c.jsonl", "{}"), ("c.json", "[{}]")])
    def test_keep_every_digit_of_a_whole_number(self, opened, write, name, text):
        row = '{"question": "25!", "expected": 15511210043330985984000000, "size": [-9223372036854775809, 1e-20]}'
        write(name, text.replace("{}", row))
        (case,) = opened(name)
        assert (case.expected, case.metadata["size"]) == (15511210043330985984000000, [-9223372036854775809, 1e-20])
        write(name, text.replace("{}", row.replace("1e-20", "NaN")))
        with pytest.raises(InputError, match=r"c\.json"):
            opened(name)

    def test_in_another_encoding_are_refused_or_read_as_told(self, opened, folder):
        lines = ['{"question": "a"}\n'] * 2000 + ['{"question": "café"}\n']
        (folder / "c.jsonl").write_bytes("".join(lines).encode("latin-1"))
        with pytest.raises(InputError, match=r"c.jsonl:2001: not UTF-8 text \(byte 0xe9\)"):
            opened("c.jsonl")
        assert opened("{file: c.jsonl, encoding: latin-1}")[2000].inputs == {"question": "café"}

    def test_without_the_mark_that_their_encoding_begins_with_are_refused(self, opened, write):
        write("c.jsonl", '{"question": "a"}\n')
        with pytest.raises(InputError, match=r"c.jsonl:1: not UTF-16 text: UTF-16 stream does not start with BOM"):
            opened("{file: c.jsonl, encoding: utf-16}")

    def test_of_enormous_length_are_refused(self, settings, folder, write):
        small = settings.model_copy(update={"limits": settings.limits.model_copy(update={"payload_bytes": 2000})})
        write("c.jsonl", '{"question": "a"}\n{"question": "' + "x" * 3000 + '"}\n')
        with pytest.raises(InputError, match=r"c.jsonl:2: a line of more than 2,000 characters"):
            DatasetSpec(file="c.jsonl").open(small, folder)


class TestCsv:
    def test_is_typed_by_the_chains_inputs(self, opened, write):
        write(
            "c.csv",
            """
            question,limit,words,expected,tags,weight,critical,source
            what?,7,"[""a"", ""b""]",42,hard; new,2.5,true,page 1
            "a, ""b""
            c",,,,,,,
            """,
        )
        first, second = opened("c.csv")
        assert first.inputs == {"question": "what?", "limit": 7, "words": ["a", "b"]}
        assert (first.expected, first.tags, first.weight, first.critical) == ("42", ("hard", "new"), 2.5, True)
        assert first.metadata == {"source": "page 1"}
        assert second.inputs == {"question": 'a, "b"\nc'}
        assert (second.expected, second.weight, second.metadata) == (None, 1.0, {})

    @pytest.mark.parametrize("sep", [";", "\t", "|"])
    def test_finds_its_separator(self, opened, write, sep):
        write("c.csv", f"question{sep}expected{sep}id\na, b{sep}c{sep}1\n")
        assert opened("c.csv")[0].inputs == {"question": "a, b"}

    def test_takes_the_separator_that_is_said(self, opened, write):
        write("c.csv", "question:expected\na,b:c\n")
        assert opened('{file: c.csv, sep: ":"}')[0].expected == "c"

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("question,limit\na,1\nb,many\n", "c.csv:3: input 'limit': expected int"),
            ("question,expected\na,1,2\n", "c.csv:2: 3 fields, and the header has 2"),
            ("question,question\na,1\n", "c.csv:1: two columns are called 'question'"),
            ('question,expected\n"a,1\n', "c.csv:2: not CSV: unexpected end of data"),
            ("expected,id\na,1\n", "c.csv:2: input 'question'"),
            ("question,weight\na,heavy\n", "c.csv:2: column 'weight': 'heavy' is no number"),
            ("question,weight\na,nan\n", "c.csv:2: `weight`: input should be"),
            ("question,critical\na,perhaps\n", "c.csv:2: column 'critical': 'perhaps' is neither"),
            ("question\n", "c.csv: the dataset has no cases"),
        ],
    )
    def test_is_refused_with_the_line(self, opened, write, text, problem):
        write("c.csv", text)
        with pytest.raises(InputError, match=problem):
            opened("c.csv")

    def test_keeps_the_empty_text_where_text_must_be(self, opened, write):
        write("c.csv", "question,expected\n,nothing\n")
        assert opened("c.csv")[0].inputs == {"question": ""}


class TestParquet:
    def test_gives_typed_values_and_no_nulls(self, opened, folder):
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = [
            {"question": "a", "limit": 7, "words": ["x"], "when": datetime.date(2026, 1, 2), "weight": 2.0},
            {"question": "b", "limit": None, "words": None, "when": None, "weight": None},
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / "c.parquet")
        first, second = opened("c.parquet")
        assert first.inputs == {"question": "a", "limit": 7, "words": ["x"]}
        assert first.metadata == {"when": "2026-01-02"}
        assert (second.inputs, second.weight) == ({"question": "b"}, 1.0)

    def test_that_is_none_is_refused(self, opened, write):
        write("c.parquet", "question\n")
        with pytest.raises(InputError, match=r"c.parquet: not Parquet"):
            opened("c.parquet")

    def test_refuses_what_is_no_number_with_the_row(self, opened, folder):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({"question": ["a", "b"], "expected": [1.0, float("nan")]})
        pq.write_table(table, folder / "c.parquet")
        with pytest.raises(InputError, match=r"c.parquet:2: `expected` holds nan"):
            opened("c.parquet")

    def test_refuses_two_columns_of_one_name(self, opened, folder):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table([["a"], ["b"]], names=["question", "question"])
        pq.write_table(table, folder / "c.parquet")
        with pytest.raises(InputError, match=r"c.parquet: two columns are called 'question'"):
            opened("c.parquet")

    def test_refuses_a_time_that_python_does_not_have(self, opened, folder):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({"question": ["a"], "when": pa.array([3 * 10**17], type=pa.timestamp("us"))})
        pq.write_table(table, folder / "c.parquet")
        with pytest.raises(InputError, match=r"c.parquet: a value of the rows 1 to 1,024 cannot be read: date value"):
            opened("c.parquet")


class TestYamlAndJson:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("c.yaml", "- {question: a, expected: NO}\n- question: b\n"),
            ("c.yaml", "rows:\n  - {question: a, expected: NO}\n  - question: b\n"),
            ("c.json", '[{"question": "a", "expected": "NO"}, {"question": "b"}]'),
        ],
    )
    def test_hold_a_list_of_rows(self, opened, write, name, text):
        write(name, text)
        assert [(case.inputs["question"], case.expected) for case in opened(name)] == [("a", "NO"), ("b", None)]

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("c.yaml", "question: a\n", "c.yaml: a dataset is a list of rows"),
            ("c.yaml", "- question: a\n- question: 1\n", "c.yaml:2: input 'question'"),
            ("c.yaml", "- a\n", "c.yaml:1: a row is a mapping"),
            ("c.yaml", "- {question: a, expected: .nan}\n", "c.yaml:1: `expected` holds nan"),
            ("c.json", '[{"question": "a"}, {}]', "c.json, row 2: input 'question'"),
            ("c.json", "[{]", "c.json:1:3: not JSON"),
        ],
    )
    def test_are_refused_with_the_place(self, opened, write, name, text, problem):
        write(name, text)
        with pytest.raises(InputError, match=problem):
            opened(name)


class TestInlineRows:
    def test_stand_in_the_suite_with_its_lines(self, opened):
        assert opened("[{question: a}]")[0].inputs == {"question": "a"}
        with pytest.raises(InputError, match=r"suite.yaml:4: input 'question'"):
            opened("rows:\n- question: a\n\n- {limit: 3}\n")


class TestFunctions:
    def test_give_rows_by_their_registered_name(self, opened):
        registry.add("dataset", "numbers", lambda count: ({"question": str(n)} for n in range(count)))
        assert len(opened("{call: numbers, with: {count: 3}}")) == 3

    def test_that_fail_are_named(self, opened):
        def broken():
            yield {"question": "a"}
            raise KeyError("gone")

        registry.add("dataset", "broken", broken)
        with pytest.raises(InputError, match="broken: it failed: KeyError: 'gone'"):
            opened("call: broken")
        registry.add("dataset", "leaving", lambda: sys.exit(3))
        with pytest.raises(InputError, match="leaving: it failed: SystemExit: 3"):
            opened("call: leaving")
        registry.add("dataset", "text", lambda: "abc")
        with pytest.raises(InputError, match="text: it gave str"):
            opened("call: text")

    def test_that_are_unknown_are_refused(self, opened):
        registry.add("dataset", "numbers", list)
        with pytest.raises(ReferenceNotFound, match="no dataset is called 'number'\n  did you mean numbers"):
            opened("call: number")


class TestASpec:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("{}", "suite.yaml: dataset: give one of file, rows, call, traces"),
            ("\nfile: a.csv\nrows: []\n", "not file and rows"),
            ("\nfile: a.csv\nsplitt: test\n", "suite.yaml:3: dataset: unknown key 'splitt'\n  did you mean split"),
            ("traces: {chain: a, sinse: 7d}", "suite.yaml:1: dataset: unknown key 'sinse'\n  did you mean since"),
            ("{file: a.csv, encoding: utf-9}", "`encoding`: there is no encoding"),
            ("{file: a.csv, sample: 0}", "`sample`: 0 is neither a count"),
            ("{file: a.csv, sample: 1.5}", "`sample`: 1.5 is neither a count"),
            ("{file: a.csv, sample: true}", "`sample`: True is neither a count"),
            ("{file: a.csv, where: hard}", "where: 'hard' is no condition"),
            ("{file: a.csv, where: '{{ tag }}'}", "where: there is no variable 'tag'"),
            ("{file: a.csv, where: '{{ tags'}", "unexpected end of template"),
            ("{file: a.csv, with: {a: 1}}", "`with` goes with `call`"),
            ("7", "dataset: "),
        ],
    )
    def test_that_is_broken_is_refused_with_the_line(self, opened, text, problem):
        with pytest.raises(DefinitionError, match=problem):
            opened(text)

    def test_names_the_nearest_file(self, opened, write):
        write("questions.jsonl", "")
        with pytest.raises(InputError, match=r"there is no such file\n  did you mean questions.jsonl"):
            opened("question.jsonl")
        write("c.txt", "")
        with pytest.raises(InputError, match="say `format`"):
            opened("c.txt")
        with pytest.raises(InputError, match="a folder"):
            opened(".")

    def test_has_a_json_schema(self):
        import jsonschema

        schema = DatasetSpec.json_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        assert validator.is_valid("a.csv")
        assert validator.is_valid({"call": "f", "with": {"a": 1}, "sample": 0.5})
        assert not validator.is_valid({"fle": "a.csv"})
        assert validator.is_valid([{"question": "a", "plants": [{"system": "b"}, {"session": {"question": "c"}}]}])
        assert not validator.is_valid([{"question": "a", "plants": [{"sistem": "b"}]}])


class TestDefaults:
    """``defaults`` fill up what rows lack, and take nothing away."""

    def test_are_for_rows_without_that_column(self, opened):
        one, other = opened("""
            rows: [{question: a}, {question: b, limit: 1, tags: [own]}]
            defaults: {limit: 9, tags: [easy]}
            """)
        assert (one.inputs["limit"], one.tags) == (9, ("easy",))
        assert (other.inputs["limit"], other.tags) == (1, ("own",))

    def test_fill_up_inputs_and_metadata_name_by_name(self, opened):
        (case,) = opened("""
            rows: [{inputs: {question: a}, metadata: {team: ours}}]
            defaults: {inputs: {limit: 9}, metadata: {team: docs, level: 1}}
            """)
        assert case.inputs == {"question": "a", "limit": 9}
        assert case.metadata == {"team": "ours", "level": 1}

    def test_stand_in_for_empty_cells_of_a_table(self, opened, write):
        write("cases.csv", "question,expected\na,\nb,two\n")
        cases = opened("{file: cases.csv, defaults: {expected: one}}")
        assert [case.expected for case in cases] == ["one", "two"]

    def test_keep_their_types_beside_the_text_of_a_table(self, opened, write):
        write("cases.csv", 'question,tags,weight,metadata\na,,,"{""team"": ""ours""}"\nb,x;y,3,\n')
        one, other = opened("""
            file: cases.csv
            defaults: {tags: [easy], weight: 2, critical: true, limit: 9, metadata: {team: docs, level: 1}}
            """)
        assert (one.tags, one.weight, one.critical, one.inputs["limit"]) == (("easy",), 2.0, True, 9)
        assert one.metadata == {"team": "ours", "level": 1}
        assert (other.tags, other.weight, other.metadata) == (("x", "y"), 3.0, {"team": "docs", "level": 1})

    def test_that_are_text_are_read_like_the_cells_of_a_table(self, opened, write):
        write("cases.csv", "question,tags\na,\n")
        (case,) = opened('{file: cases.csv, defaults: {tags: a;b, critical: "yes", limit: "9"}}')
        assert (case.tags, case.critical, case.inputs["limit"]) == (("a", "b"), True, 9)

    def test_are_for_what_a_column_means_whatever_it_is_called(self, opened):
        one, other = opened("""
            rows: [{question: a, answer: own, labels: [own], metadata: {team: own}, inputs.limit: 1}, {question: b}]
            columns: {expected: answer, tags: labels}
            defaults: {expected: given, tags: [given], metadata.team: given, limit: 9}
            """)
        assert (one.expected, one.tags, one.metadata, one.inputs["limit"]) == ("own", ("own",), {"team": "own"}, 1)
        assert (other.expected, other.tags, other.metadata) == ("given", ("given",), {"team": "given"})
        assert other.inputs["limit"] == 9

    def test_fill_up_flat_rows_and_others_alike(self, opened):
        cases = opened("""
            rows: [{question: a}, {inputs: {question: b, limit: 1}}, {inputs: null}]
            defaults: {inputs: {question: c, limit: 9}}
            """)
        assert [case.inputs for case in cases] == [
            {"question": "a", "limit": 9},
            {"question": "b", "limit": 1},
            {"question": "c", "limit": 9},
        ]

    @pytest.mark.parametrize("name", ["inputs", "metadata"])
    def test_of_another_form_are_refused(self, opened, name):
        with pytest.raises(InputError, match=f"`defaults`: `{name}` is a mapping"):
            opened(f"{{rows: [{{question: a}}], defaults: {{{name}: text}}}}")
