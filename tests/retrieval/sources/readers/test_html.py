import hypothesis
import pytest
from hypothesis import strategies as st

from genops.errors import InputError
from genops.index_settings import FileSource
from genops.retrieval.sources import SourceFile
from genops.retrieval.sources.readers.html import read_html

PAGE = """\
<!doctype html>
<html lang="id"><head>
<title>How to
  replay</title>
<meta name="author" content="Ana"><meta property="article:published_time" content="2026-01-02">
<style>p { color: red }</style><script>track()</script>
</head><body>
<header>Site</header><nav><a href="/">Home</a></nav>
<main>
<h1>Replay<a class="headerlink" href="#replay">¶</a></h1>
<p>Text with <b>bold</b>, a <a href="https://example.org/long">link</a> and snake_case * 2.<br>Next line.
<p>Non&nbsp;breaking, soft&shy;hyphen.
<h2>Steps</h2>
<ul><li>one<li>two</ul>
<pre><code class="language-python">def f():
    return 1
</code></pre>
<table><tr><th>a<th>b<tr><td>1<td>2</table>
<img src="data:image/png;base64,AAAA" alt="A picture">
<p hidden>secret</p><template>later</template>
</main>
<footer>Imprint</footer>
</body></html>
"""


def test_a_page_is_its_main_content_as_markdown(write, read_one):
    write("a.html", PAGE)
    document = read_one("a.html")
    assert document.format == "markdown"
    assert document.title == "How to replay"
    assert document.text == (
        "# Replay\n\n"
        "Text with **bold**, a link and snake_case * 2.\nNext line.\n\n"
        "Non breaking, softhyphen.\n\n"
        "## Steps\n\n- one\n- two\n\n"
        "```python\ndef f():\n    return 1\n```\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n"
        "A picture"
    )


def test_metadata_comes_from_the_head_where_the_source_names_it(write, read_one):
    write("a.htm", PAGE)
    assert read_one("a.htm").metadata == {}
    document = read_one("a.htm", metadata=["author", "lang"], modified="article:published_time")
    assert document.metadata == {"author": "Ana", "lang": "id"}
    assert document.modified == 1767312000 * 10**9


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<article><p>One</p></article><div>Rest</div>", "One"),
        ("<article><p>One</p></article><article><p>Two</p></article>", "One\n\nTwo"),
        ("<div role=main>Main</div><div>Rest</div>", "Main"),
        ("<div>All <nav>menu</nav><aside>note</aside></div><footer>no</footer>", "All note"),
        ("just text", "just text"),
        ("<p>a<p>b", "a\n\nb"),
        ("", ""),
    ],
)
def test_the_main_content_is_found_without_being_marked(write, read, body, text):
    write("a.html", f"<title>T</title>{body}")
    write("b.txt", "so that the corpus is not empty")
    assert read("*")[0].text == text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="cp1251">', "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ('<?xml version="1.0" encoding="cp1251"?>', "cp1251"),
        ('<meta charset="cp1252">', "utf-8-sig"),
        ('<meta charset="utf-16">', "utf-8"),
        ("", "utf-8"),
        ("", "utf-16"),
    ],
)
def test_the_charset_is_that_of_the_mark_then_of_the_page_then_of_the_source(write, read_one, head, encoding):
    write("a.html", f"{head}<p>Привет</p>".encode(encoding))
    assert read_one("a.html").text == "Привет"


def test_latin_1_is_read_as_browsers_do(write, read_one):
    write("a.html", b'<meta charset="ISO-8859-1"><p>\x93quoted\x94</p>')
    assert read_one("a.html").text == "“quoted”"


def test_a_wrong_charset_is_an_error_with_its_line(write, read_one):
    write("a.html", b'<meta charset="utf-8">\n<p>caf\xe9</p>')
    with pytest.raises(InputError, match=r"a\.html:2: not UTF-8 text \(byte 0xe9\)"):
        read_one("a.html")


def test_an_unknown_charset_is_an_error(write, read_one):
    write("a.html", '<meta charset="nonsense"><p>x</p>')
    with pytest.raises(Exception, match=r"a\.html: there is no encoding of text called 'nonsense'"):
        read_one("a.html")


def test_a_page_that_nests_too_deep_is_refused(write, read_one):
    write("a.html", "<div>" * 5000 + "x")
    with pytest.raises(InputError, match=r"a\.html: its elements nest too deep"):
        read_one("a.html")


words = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=8)


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=5))
def test_all_words_are_in_the_text_in_order(tmp_path_factory, paragraphs):
    path = tmp_path_factory.mktemp("html") / "a.html"
    path.write_text("".join(f"<p>{' '.join(paragraph)}</p>" for paragraph in paragraphs), encoding="utf-8")
    (document,) = read_html(SourceFile(path.parent, "a.html", FileSource(path="*"), 0, 10_000))
    assert document.text == "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
