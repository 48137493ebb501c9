"""The report for a terminal: what changed and what failed first, and no number without its interval."""

from tests.evals.stored import contains


def test_differences_and_failures_come_before_the_other_numbers(written, mixed):
    text = written("terminal", mixed)
    places = [
        text.index(words) for words in ("DIFFERENCE, 95%", "FAILED ", "INFRASTRUCTURE FAILED", "MEAN, 95%", "P50")
    ]
    assert places == sorted(places)


def test_a_failed_sample_comes_with_the_command_that_shows_its_trace(written, mixed):
    line = next(
        line for line in written("terminal", mixed).splitlines() if line.startswith("bad output") and "c1" in line
    )
    assert "genops trace show 0000" in line
    assert "contains 0 (lacks '50%'" in line


def test_data_cannot_steer_the_terminal(written, mixed):
    text = written("terminal", mixed)
    assert "\x1b" not in text
    assert "\x00" not in text


def test_the_three_counts_are_shown_when_they_are_0(evaluations, written):
    text = written("terminal", evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}]))
    lines = text.splitlines()
    head = next(place for place, line in enumerate(lines) if "INFRASTRUCTURE FAILED" in line)
    assert lines[head + 1].split() == ["one", "1", "0", "0", "0"]


def test_what_was_corrected_for_what_is_named(written, mixed):
    assert "p corrected by Holm, family-wise error rate, over 1 test: new: contains" in written("terminal", mixed)


def test_another_evaluation_is_named_in_the_comparison(evaluations, written):
    before, after = (evaluations.add([{"case": 0, "scores": {"contains": contains(n)}}]) for n in (1, 0))
    text = written("terminal", after, before)
    assert f"one of {before.id[:12]}" in text
    assert "−1.000" in text


def test_few_values_have_no_interval_and_say_so(evaluations, written):
    samples = [{"case": n, "seconds": 1.0 + n, "scores": {"contains": {"value": 0.5}}} for n in range(2)]
    assert "2.00 s [no interval]" in written("terminal", evaluations.add(samples))


def test_an_empty_evaluation_has_a_report(evaluations, written):
    text = written("terminal", evaluations.add([], status="running"))
    assert "it is running, or its process was killed: 0 of 1 samples are there" in text


def test_what_failed_in_hundreds_of_variants_is_counted_and_not_all_listed(evaluations, written):
    variants = tuple(f"v{n}" for n in range(200))
    samples = [{"case": 0, "variant": v, "scores": {"contains": contains(0)}} for v in variants]
    text = written("terminal", evaluations.add(samples, variants=variants))
    assert sum(line.startswith("bad output") for line in text.splitlines()) == 60
    assert "… and 140 more: genops eval show" in text


def test_scores_that_labels_correct_say_by_how_many_and_the_others_why_not(written, labelled):
    text = written("terminal", labelled)
    assert "corrected by 30 labels 0.545 [" in text
    assert "not corrected by labels: new contains, new passed: no case of it has a label" in text


def test_what_a_passing_sample_costs_stands_with_its_interval_and_what_is_unknown(evaluations, written):
    samples = [{"case": n, "scores": {"contains": contains(n % 4 > 0)}, "cost": 0.01 * (1 + n % 3)} for n in range(24)]
    record = evaluations.add([*samples, {"case": 24, "scores": {"contains": contains(1)}, "cost": None}])
    (line,) = [line for line in written("terminal", record).splitlines() if "cost per passing sample" in line]
    assert "0.0267 [" in line
    assert "(1 unknown)" in line
    assert line.rstrip().endswith("24")
    assert "(1 unknown), n 24 |" in written("markdown", record)


def test_where_nothing_passes_it_says_so(evaluations, written):
    record = evaluations.add([{"case": 0, "scores": {"contains": contains(0)}, "cost": 0.01}])
    assert "nothing passed" in written("terminal", record)
