"""Scorers of form: JSON, SQL, XML, HTML, Python."""

import contextlib
import json

import jsonschema
import pytest

from genops.evals import Unscored, find_scorer
from genops.evals.scorers.html import html
from genops.evals.scorers.is_json import is_json
from genops.evals.scorers.json_path import json_path
from genops.evals.scorers.json_schema import json_schema
from genops.evals.scorers.python_code import python_code
from genops.evals.scorers.sql import sql
from genops.evals.scorers.xml import xml

SCHEMA = {
    "type": "object",
    "properties": {"answers": {"type": "array", "items": {"type": "object", "required": ["text"]}}},
    "required": ["answers"],
}


@pytest.mark.parametrize("output", ['{"a": 1}', " [1, 2]\n", "null", '"text"', {"a": 1}, None])
def test_json_is_json(output):
    assert is_json(output).value == 1


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "Expecting value at line 1, column 1"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": 1,}', "line 1"),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ('```json\n{"a": 1}\n```', "line 1, column 1"),
        ('Here: {"a": 1}', "line 1, column 1"),
        ("[" * 100_000, "nests too deep"),
    ],
)
def test_other_text_is_not(output, why):
    score = is_json(output)
    assert score.value == 0
    assert why in score.explanation


@pytest.mark.parametrize(
    "output",
    [
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```\n',
        '{"a": 1}',
        '````json\n{"a": 1}\n````',
        '~~~json\n{"a": 1}\n~~~',
    ],
)
def test_a_fence_may_be_allowed(output):
    assert is_json(output, fenced=True).value == 1
    assert json_path(output, "$.a", 1, fenced=True).value == 1
    assert json_schema(output, {"required": ["a"]}, fenced=True).value == 1


def test_a_number_may_have_any_number_of_digits():
    assert is_json("9" * 5_000).value == 1
    assert json_path("9" * 400, "$", 1.5).value == 0


@pytest.mark.parametrize("value", [{"answers": []}, {"answers": [{"text": "a"}]}, {}, {"answers": [{}]}, [], "x"])
def test_a_schema_is_judged_as_the_library_does(value):
    fits = jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
    assert json_schema(json.dumps(value), SCHEMA).value == float(fits)


def test_a_schema_says_where_it_is_not_fitted():
    score = json_schema('{"answers": [{"text": "a"}, {"txt": "b"}]}', SCHEMA)
    assert score.explanation == "$.answers[1]: 'text' is a required property"


def test_nothing_that_a_schema_refers_to_is_fetched():
    with pytest.raises(Exception, match="Unresolvable"):
        json_schema("{}", {"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_broken_schema_is_refused_when_the_suite_is_read():
    with pytest.raises(ValueError, match=r"`schema`: .*not a JSON Schema"):
        find_scorer("json_schema").settings["schema"].check({"type": "strang"})


@pytest.mark.parametrize(
    ("output", "path", "expected", "explanation"),
    [
        ('{"a": {"b": 2}}', "$.a.b", 2, ""),
        ('{"a": {"b": 2}}', "$.a", {"b": 2}, ""),
        ('{"a": [{"id": 1}, {"id": 2}]}', "$.a[*].id", [1, 2], ""),
        ('{"a": [{"id": 1}]}', "$.a[*].id", [1], ""),
        ('{"a": [1, 2]}', "$.a", [1, 2], ""),
        ('{"a": null}', "$.a", "x", "$.a: is None, not 'x'"),
        ('{"a": 1}', "$.b", 1, "there is nothing at $.b"),
        ('{"a": {"b": 2}}', "$.a", {"b": 3}, "$.a: $.b is 2, not 3"),
        ("4", "$", 4, ""),
        ("4", "$.a", 4, "there is nothing at $.a"),
        ("no", "$.a", 4, "not JSON: Expecting value at line 1, column 1"),
        ({"a": "Paris"}, "$.a", "Paris", ""),
    ],
)
def test_json_path(output, path, expected, explanation):
    score = json_path(output, path, expected)
    assert (score.value, score.explanation) == (float(not explanation), explanation)


def test_a_path_of_several_values_may_lead_to_none():
    assert json_path('{"items": []}', "$.items[*].id", []).value == 1
    assert json_path('{"items": []}', "$.items[*].id", [1]).explanation == "there is nothing at $.items[*].id"


def test_a_broken_path_is_refused_when_the_suite_is_read():
    with pytest.raises(ValueError, match=r"`path`: .*not a JSONPath"):
        find_scorer("json_path").settings["path"].check("$.a[")


@pytest.mark.parametrize(
    ("output", "dialect"),
    [
        ("SELECT a, count(*) FROM t WHERE b > 1 GROUP BY a", ""),
        ("WITH x AS (SELECT 1) SELECT * FROM x;", ""),
        ("(SELECT 1) UNION (SELECT 2)", ""),
        ("INSERT INTO t VALUES (1); DELETE FROM t", ""),
        ("UPDATE t SET a = 1", ""),
        ("CREATE TABLE t (a int)", ""),
        ("SELECT a::int FROM t LIMIT 3", "postgres"),
        ("SELECT `a` FROM `t`", "mysql"),
    ],
)
def test_sql(output, dialect):
    assert sql(output, dialect).value == 1
    assert sql(f"```sql\n{output}\n```", dialect, fenced=True).value == 1


@pytest.mark.parametrize("output", ["", "-- nothing", "hello world", "Paris", "a + b", "SELEC 1", "SELECT FROM WHERE"])
def test_other_text_is_no_sql(output):
    score = sql(output)
    assert score.value == 0
    assert score.explanation


def test_sql_that_cannot_be_judged_is_unscored():
    with pytest.raises(Unscored, match="EXPLAIN"):
        sql("EXPLAIN SELECT 1")
    with pytest.raises(Unscored, match="too long"):
        sql("SELECT 1;" * 100_000)


def test_an_unknown_dialect_is_refused_when_the_suite_is_read():
    with pytest.raises(ValueError, match="Unknown dialect 'postgre'"):
        find_scorer("sql").settings["dialect"].check("postgre")


@pytest.mark.parametrize(
    ("output", "elements", "explanation"),
    [
        ("<a><b>1</b></a>", None, ""),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<a/>', ["a"], ""),
        ('<?xml version="1.0" encoding="utf-16"?>\n<a>é</a>', ["a"], ""),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>\n<é/>', ["é"], ""),
        ('<a xmlns="urn:x"><b><c/></b></a>', ["a", "b/c"], ""),
        ("<a><b/></a>", ["c", "b/d"], "lacks c, b/d"),
        ("<a><b></a>", None, "not well-formed"),
        ("text", None, "not well-formed"),
        ("", None, "not well-formed"),
    ],
)
def test_xml(output, elements, explanation):
    score = xml(output, elements)
    assert score.value == float(not explanation)
    assert explanation in score.explanation


def test_xml_expands_no_entity_and_reads_no_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<found/>")
    outside = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'
    assert xml(outside, ["found"]).explanation == "lacks found"
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    assert xml(f"<!DOCTYPE a [{laughs}]><a>&a11;</a>").value in (0, 1)


def test_xml_that_the_parser_gives_up_on_is_unscored():
    with pytest.raises(Unscored, match="nests too deep"):
        xml("<a>" * 300 + "</a>" * 300)


@pytest.mark.parametrize(
    ("output", "elements", "explanation"),
    [
        ("<p>One<br>two <b>three</b></p>", None, ""),
        ("<ul><li>One<li>Two</ul>", ["ul > li"], ""),
        ("<!DOCTYPE html><html><body><p>x</body></html>", ["p"], ""),
        ("<script>if (a < b) { '<b>' }</script>", None, ""),
        ('<a href="x">y</a>', ["a[href]", "table"], "lacks table"),
        ("<div><span></div></span>", None, "<span> in line 1 is not closed before </div>"),
        ("<div>\n<b>", None, "<b> in line 2 is not closed"),
        ("</div>", None, "</div> in line 1 closes nothing"),
        ("plain text", None, "there is no element"),
        ("", None, "there is no element"),
        ("<div>" * 2000, None, "it nests deeper than 1000"),
    ],
)
def test_html(output, elements, explanation):
    score = html(output, elements)
    assert (score.value, score.explanation) == (float(not explanation), explanation)


def test_a_broken_selector_is_refused_when_the_suite_is_read():
    with pytest.raises(ValueError, match="not a CSS selector"):
        find_scorer("html").settings["elements"].check(["a[["])


@pytest.mark.parametrize(
    ("output", "explanation"),
    [
        ("def f(x):\n    return x + 1\n", ""),
        ("x = '\\d'", ""),
        ("def f(:\n    pass", "invalid syntax in line 1"),
        ("x = 1\nreturn x", "'return' outside function in line 2"),
        ("a\0b", "null bytes"),
        ("", "there is no statement"),
        ("The capital is Paris.", "invalid syntax in line 1"),
    ],
)
def test_python_code(output, explanation):
    score = python_code(output)
    assert score.value == float(not explanation)
    assert explanation in score.explanation


def test_python_code_is_never_run(tmp_path):
    flag = tmp_path / "ran"
    assert python_code(f"open({str(flag)!r}, 'w').close()").value == 1
    assert not flag.exists()


@pytest.mark.parametrize("source", ["(" * 5000 + ")" * 5000, "-" * 100_000 + "1", "x = 1\n" * 200_000])
def test_python_code_that_is_too_much_to_compile_is_no_crash(source):
    with contextlib.suppress(Unscored):
        assert python_code(source).value in (0, 1)


@pytest.mark.parametrize(
    ("output", "explanation"),
    [
        ('<p title="a > b">x</p>', ""),
        ("<p title='it\"s'>x</p>", ""),
        ("1 < 2 and <b>3</b> > 2", ""),
        ("<svg><path d='M0'/></svg>", ""),
        ("<TEXTAREA><b></TEXTAREA>", ""),
        ("<!-- <b> --><i>x</i>", ""),
        ("<b>x</B>", ""),
        ("<p>\n<a href='x>y</a>", "the tag in line 2 does not end"),
        ("<script>x", "<script> in line 1 is not closed"),
    ],
)
def test_html_in_its_corners(output, explanation):
    assert html(output).explanation == explanation


@pytest.mark.parametrize("part", ["<!--", "<?", "<a ", "</", "<a b='", "<!x", "<b></b>", "<textarea>", "&#"])
def test_html_of_a_million_signs_ends(part):
    assert html(part * (1_000_000 // len(part)), ["i"]).value == 0
