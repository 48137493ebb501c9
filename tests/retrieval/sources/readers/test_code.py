import pytest


@pytest.mark.parametrize(
    ("uri", "language"), [("a.py", "python"), ("a.GO", "go"), ("x/a.tsx", "typescript"), ("a.h", "c")]
)
def test_the_language_is_known_by_the_suffix(write, read_one, uri, language):
    write(uri, "x = 1\n")
    document = read_one(uri)
    assert (document.format, document.language, document.text) == ("code", language, "x = 1\n")


def test_code_in_an_unknown_language_is_code(write, read_one):
    write("a.zz", "x")
    document = read_one("a.zz", reader="code")
    assert (document.format, document.language) == ("code", "")
