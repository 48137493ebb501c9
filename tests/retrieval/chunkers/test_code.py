from textwrap import dedent

import pytest

from genops.retrieval import Document
from genops.retrieval.chunk import chunk_document
from tests.retrieval.hashing import HashingEmbedder


class WideEmbedder(HashingEmbedder):
    window = 256


def chunks_of(text, language="python", size=30):
    document = Document("a", "a", text, format="code", language=language)
    chunks = chunk_document(document, WideEmbedder(), "code", size, 0)
    return [(chunk.heading, text[chunk.start : chunk.end]) for chunk in chunks]


PYTHON = '''
"""A module."""

import os

# Says hello,
# politely.
@decorated
async def hello(
    name: str,  # whose
) -> str:
    """Says it."""
    return name


class Whale(Mammal):
    """A mammal that lives in the sea."""

    legs = 0

    def swim(self, metres: int) -> None:
        """Swims on."""
        for _ in range(metres):
            self.advance()
            self.breathe(often=True)
            self.listen(to="others")

    @property
    def name(self) -> str:
        return "whale"


main()
'''


def test_python_is_cut_by_its_definitions():
    def part(first, last):
        return PYTHON[PYTHON.index(first) : PYTHON.index(last) + len(last)]

    whale, swim = "class Whale(Mammal)", "def swim(self, metres: int) -> None"
    assert chunks_of(PYTHON, size=41) == [
        ("", part('"""A module', "os")),
        ("", part("# Says", "return name")),
        (whale, part("class", "legs = 0")),
        (f"{whale} > {swim}", part("def swim", "advance()")),
        (f"{whale} > {swim}", part("self.breathe", '"others")')),
        (whale, part("@property", '"whale"')),
        ("", "main()"),
    ]


def test_a_definition_that_fits_is_one_chunk():
    assert [heading for heading, _ in chunks_of(PYTHON, size=120)] == [""] * 4


def test_the_signature_of_a_long_definition_is_its_heading():
    text = "def f(\n    a,  # one\n    b=':',\n) -> int:\n" + "    call(a, b)\n" * 20
    assert {heading for heading, _ in chunks_of(text)} == {"def f( a, b=':', ) -> int"}


def test_definitions_under_a_condition_count():
    text = "try:\n    import a\nexcept ImportError:\n    def a():\n" + "        call(1)\n" * 12
    assert [heading for heading, _ in chunks_of(text)] == ["", "def a()", "def a()"]


def test_a_comment_inside_a_text_is_not_taken_from_the_definition_above():
    text = 'def f():\n    return """\n# text"""\ndef g():\n    pass\n'
    assert [passage for _, passage in chunks_of(text)] == [text[: text.index("def g")].strip(), "def g():\n    pass"]


@pytest.mark.parametrize(
    "broken", ["def f(:\n    pass\n\nclass A:\n    x = 1\n", "print 'old'\n\ndef f():\n    pass\n"]
)
def test_python_that_cannot_be_parsed_is_cut_by_its_layout(broken):
    first, second = broken.strip().split("\n\n")
    assert [passage for _, passage in chunks_of(broken)] == [first, second]


def test_warnings_of_the_parsed_code_are_not_shown(recwarn):
    chunks_of("x = '\\d'\nassert (1, 'always')\n")
    assert not recwarn


LANGUAGES = {
    "go": (
        """
        package whales

        import "fmt"

        // Swim swims on.
        func Swim(
            metres int,
        ) error {
            if metres < 0 {
                return nil
            } else {
                fmt.Println("swim")
            }
            return nil
        }

        type Whale struct {
            name string
        }
        """,
        ["package whales\n\nimport", "// Swim", "type Whale"],
    ),
    "c": (
        """
        #include <stdio.h>

        /* Swims. */
        static int
        swim(int metres)
        {
            return metres;
        }

        int main(void) {
            return swim(3);
        }
        """,
        ["#include", "/* Swims", "int main"],
    ),
    "javascript": (
        """
        import fs from "fs";

        export const swim = (metres) => {
          return metres;
        };
        export default class Whale {
          name() {
            return "whale";
          }
        }
        """,
        ["import", "export const", "export default"],
    ),
    "ruby": (
        """
        require "sea"

        def swim(metres)
          metres
        end

        class Whale
          def name
            "whale"
          end
        end
        """,
        ["require", "def swim", "class Whale"],
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_are_cut_by_their_layout(language):
    text, beginnings = LANGUAGES[language]
    passages = [passage for _, passage in chunks_of(dedent(text), language, size=50)]
    assert [passage[: len(beginning)] for passage, beginning in zip(passages, beginnings, strict=True)] == beginnings


def test_a_long_definition_of_any_language_is_cut_by_what_it_defines():
    method = "  void {}() {{\n    if (deep) {{\n      dive();\n    }}\n  }}\n"
    text = (
        "// A whale.\nclass Whale extends Mammal {\n  int legs = 0;\n\n" + "\n".join(map(method.format, "abc")) + "}\n"
    )
    assert chunks_of(text, "java") == [
        ("class Whale extends Mammal", "// A whale.\nclass Whale extends Mammal {\n  int legs = 0;"),
        ("class Whale extends Mammal", method.format("a").strip()),
        ("class Whale extends Mammal", method.format("b").strip()),
        ("class Whale extends Mammal", method.format("c").strip() + "\n}"),
    ]


def test_a_statement_is_no_definition():
    text = "void f() {\n" + "  if (a) {\n    b();\n  }\n" * 9 + "}\n"
    assert {heading for heading, _ in chunks_of(text, "c")} == {"void f()"}


def test_code_that_is_not_indented_is_cut_by_its_braces():
    text = "int a;\n\nint f() {\nreturn 1;\n}\n\nint g() {\nif (a) {\nreturn 2;\n}\n}\n"
    assert [passage for _, passage in chunks_of(text, "c")] == [
        "int a;",
        "int f() {\nreturn 1;\n}",
        "int g() {\nif (a) {\nreturn 2;\n}\n}",
    ]


def test_long_code_is_cut_at_blank_lines_first_and_then_at_line_ends():
    text = "\n".join(["a = call(1)"] * 3 + [""] + ["b = call(2)"] * 3)
    assert [passage for _, passage in chunks_of(text)] == [
        "\n".join(["a = call(1)"] * 3),
        "\n".join(["b = call(2)"] * 3),
    ]
