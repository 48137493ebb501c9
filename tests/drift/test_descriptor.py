import subprocess
import sys
from collections.abc import Sequence

import pytest

from genops.drift.descriptor import Descriptor, Reference, find_descriptor
from genops.errors import DefinitionError, ReferenceNotFound


def made(function, of="number"):
    return Descriptor("mine", function, of, "marks", None)


def test_a_function_of_a_text_is_asked_text_by_text():
    def marks(text: str, mark: str = "!") -> float:
        """Exclamation marks."""
        return text.count(mark)

    mine = made(marks)
    assert (mine.description, mine.learns, list(mine.settings)) == ("Exclamation marks.", False, ["mark"])
    assert mine.describe(["a!", "b", "!!"], Reference.of([])) == [1, 0, 2]
    assert mine.describe(["a?"], Reference.of([]), {"mark": "?"}) == [1]
    assert mine("!!!") == 3


def test_one_of_all_texts_is_asked_once_and_may_learn_from_the_reference():
    asked = []

    def known(texts: Sequence[str], reference: Reference) -> list[float | None]:
        asked.append(len(texts))
        return [None if not text else float(text in reference.vocabulary) for text in texts]

    mine = made(known)
    assert mine.learns
    assert mine.describe(["Order", "order", ""], Reference.of(["My order"])) == [0, 1, None]
    assert asked == [3]


def test_the_vocabulary_counts_groups():
    reference = Reference.of(["My order", "my ORDER", "your order"], ["ann", "ann", "bob"])
    assert dict(reference.vocabulary) == {"my": 1, "order": 2, "your": 1}


def test_a_number_that_is_none_a_category_and_a_wrong_count_are_refused():
    def nan(text: str) -> float:
        return float("nan")

    def raises(text: str) -> float:
        return 1 / 0

    def short(texts: Sequence[str]) -> list[float]:
        return [1.0]

    with pytest.raises(DefinitionError, match="gave nan of text 1, which is no number"):
        made(nan).describe(["a"], Reference.of([]))
    with pytest.raises(DefinitionError, match="descriptor 'mine' failed: ZeroDivisionError"):
        made(raises).describe(["a"], Reference.of([]))
    with pytest.raises(DefinitionError, match="gave 1 values of 2 texts"):
        made(short).describe(["a", "b"], Reference.of([]))


def no_text(number: int) -> float: ...


def no_number(text: str) -> str: ...


def no_list(texts: Sequence[str]) -> float: ...


def no_default(text: str, mark: str) -> float: ...


def no_type(text: str, mark="!") -> float: ...


def no_names(text: str, *marks: str) -> float: ...


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (no_text, "its first parameter is the text"),
        (no_number, "of a number, it gives"),
        (no_list, "of a number, it gives"),
        (no_default, "the setting mark has no default"),
        (no_type, "mark has no type"),
        (no_names, "marks says nothing of what may be set"),
    ],
)
def test_what_is_no_descriptor_is_refused_at_once(function, what):
    with pytest.raises(DefinitionError, match=what):
        made(function)


def test_an_unknown_name_has_near_ones_told():
    with pytest.raises(ReferenceNotFound, match="no descriptor is called 'langauge'") as caught:
        find_descriptor("langauge")
    assert "language" in (caught.value.hint or "")


def test_the_libraries_of_descriptors_are_loaded_when_a_text_needs_them():
    """Naming and importing all descriptors loads none of them."""
    program = (
        "import sys\n"
        "from genops.drift.descriptor import find_descriptor\n"
        "from genops.plugins import registry\n"
        "print(*(find_descriptor(name).unit for name in registry.names('descriptor')))\n"
        "print(sorted({'py3langid', 'nltk', 'vaderSentiment', 'tiktoken', 'torch'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
