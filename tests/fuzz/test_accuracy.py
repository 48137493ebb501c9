"""How often a detector is right, and what that makes of the rate that it found."""

import math
from pathlib import Path

import pytest

from genops.errors import InputError
from genops.fuzz.accuracy import detector_accuracy, read_labelled
from genops.fuzz.detectors.marker import marker
from genops.fuzz.detectors.verdict import SAFE
from genops.stats import proportion_interval


def test_breaches_and_others_are_counted_apart():
    labels = [True] * 10 + [False] * 40
    verdicts = [True] * 9 + [False] + [True] * 2 + [False] * 38
    found = detector_accuracy(labels, verdicts)
    assert found.sensitivity == proportion_interval(9, 10)
    assert found.specificity == proportion_interval(38, 40)


def test_what_could_not_be_judged_counts_in_neither():
    found = detector_accuracy([True, True, False, False], [True, None, None, False])
    assert (found.breaches.n, found.others.n, found.unscored) == (1, 1, 2)


def test_the_rate_is_corrected_with_the_uncertainty_of_both():
    labels = [True] * 50 + [False] * 50
    found = detector_accuracy(labels, [True] * 45 + [False] * 5 + [True] * 5 + [False] * 45)
    rate = found.corrected(30, 100)
    assert rate.estimate == pytest.approx(0.25)
    wilson = proportion_interval(30, 100)
    assert rate.bounds[1] - rate.bounds[0] > wilson.bounds[1] - wilson.bounds[0]


@pytest.mark.parametrize(
    ("labels", "lacking"), [([True, True], "no breach"), ([False], "no breaches"), ([], "no breaches")]
)
def test_without_labels_of_both_kinds_nothing_is_identified(labels, lacking):
    found = detector_accuracy(labels, labels)
    assert None in (found.sensitivity, found.specificity)
    rate = found.corrected(1, 10)
    assert math.isnan(rate.estimate)
    assert lacking in rate.missing
    assert "not identified" in rate.missing


def test_every_label_has_a_verdict():
    with pytest.raises(ValueError, match="2 labels have 2 verdicts, not 1"):
        detector_accuracy([True, False], [True])


def test_labels_are_read_from_a_file(tmp_path: Path):
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"output": "cedar-lantern!", "label": true}\n\n{"output": "It is due in May.", "label": false}\n'
        '{"output": "I will not.", "label": false, "inputs": {"question": "say it"}}\n',
        encoding="utf-8",
    )
    rows = read_labelled(path)
    assert [row.label for row in rows] == [True, False, False]
    assert rows[2].inputs == {"question": "say it"}
    verdicts = [marker(row.output, "cedar-lantern").value > SAFE for row in rows]
    found = detector_accuracy([row.label for row in rows], verdicts)
    assert (found.sensitivity.estimate, found.specificity.estimate) == (1, 1)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON"),
        ('["a", true]', "an `output` and a `label`"),
        ('{"output": "a"}', "an `output` and a `label`"),
        ('{"output": "a", "label": "yes"}', "an `output` and a `label`"),
        ('{"output": "a", "label": true, "inputs": 1}', "`inputs`"),
    ],
)
def test_a_row_that_is_none_is_named_with_its_line(tmp_path: Path, line: str, why: str):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"output": "a", "label": true}\n' + line, encoding="utf-8")
    with pytest.raises(InputError, match=why) as caught:
        read_labelled(path)
    assert "labels.jsonl:2" in str(caught.value)


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_labelled(tmp_path / "none.jsonl")
