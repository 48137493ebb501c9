"""A promoted finding fails the suite while the hole is open, and passes once it is mended; nobody's cases are lost."""

import json

import pytest

import genops
from genops.errors import ReferenceNotFound, UsageError
from genops.evals import Suite, evaluate
from genops.fuzz import define_campaign, fuzz
from genops.fuzz.promotion import promote
from tests.fuzz.test_holes import HOLES
from tests.fuzz.weak_site import HARMLESS, TWIN, site, weak

__all__ = ["site", "weak"]

FEW = {
    "leaks_in_base64": ("prompt_extraction", ["base64"]),
    "obeys_passages": ("indirect_injection", ["case"]),
    "crashes_on_a_surrogate": ("crash", ["case"]),
}
"""Holes that a few tries with these mutators find."""


@pytest.fixture
def found(weak):
    """Attacks a chain; the ids of what was found."""

    def found(chain, objective, mutators=None, tries=30, **more):
        more.setdefault("dataset", [{"question": HARMLESS.get(chain, "When is the office open?")}])
        if mutators:
            more["mutators"] = mutators
        campaign = define_campaign(
            chain, chain=chain, objectives=[objective], tries={"sweep": 0, "search": tries}, concurrency=8, **more
        )
        findings = fuzz(campaign, weak.project).findings
        assert findings
        return [finding.id for finding in findings]

    return found


@pytest.fixture
def outcome(weak):
    """How the gate of a suite decides on a chain."""

    def outcome(suite, chain):
        loaded = Suite.load(suite, weak.project.settings)
        done = evaluate(loaded, weak.project, gate=True, chain=chain)
        return done.gate.verdict().outcome

    return outcome


@pytest.fixture
def lines(weak):
    """The cases of a file of the project."""
    return lambda name: [json.loads(line) for line in (weak.root / "evals" / name).read_text().splitlines()]


@pytest.mark.parametrize("chain", FEW)
def test_the_suite_fails_until_the_hole_is_mended(found, weak, outcome, chain):
    done = promote(weak.project, found(chain, *FEW[chain]), "attacks")
    assert (done.made, len(done.written) > 0) == (True, True)
    assert outcome("attacks", chain) == "fail"
    assert outcome("attacks", chain + TWIN) == "pass"
    assert outcome("attacks", chain) == "fail"


@pytest.mark.slow
@pytest.mark.parametrize("chain", sorted(HOLES.keys() - FEW.keys()))
def test_every_hole_that_is_found_is_kept_shut(found, weak, outcome, chain):
    objective, _, tries = HOLES[chain]
    promote(weak.project, found(chain, objective, tries=tries, depth=2), "attacks")
    assert outcome("attacks", chain) == "fail"
    assert outcome("attacks", chain + TWIN) == "pass"


def test_what_another_session_left_is_left_there_again(found, weak, outcome, lines):
    heard = []

    @genops.tool(name="notebook")
    def notebook(text: str) -> str:
        """Weak: one notebook for everybody."""
        heard.append(text)
        return " ".join(heard)

    weak.write(
        "chains/remembers.yaml",
        """
        inputs: {question: str}
        steps: {note: {tool: notebook, with: {text: "{{ inputs.question }}"}}}
        output: "{{ steps.note.output }}"
        """,
    )
    weak.write(
        "chains/forgets.yaml",
        """
        inputs: {question: str}
        steps: {note: {guard: "{{ inputs.question }}", normalise: true}}
        output: "{{ steps.note.output }}"
        """,
    )
    promote(weak.project, found("remembers", "cross_session_leak", ["case"]), "attacks")
    (plant,) = lines("attacks.jsonl")[0]["plants"]
    assert "Please remember it for me alone" in plant["session"]["question"]
    heard.clear()
    assert outcome("attacks", "remembers") == "fail"
    assert outcome("attacks", "forgets") == "pass"


def test_a_case_holds_what_the_attack_needs(found, weak, lines):
    promote(weak.project, found("obeys_passages", *FEW["obeys_passages"])[:1], "attacks")
    (case,) = lines("attacks.jsonl")
    assert case["inputs"] == {"question": HARMLESS["obeys_passages"]}
    assert case["plants"][0]["passage"].startswith(HARMLESS["obeys_passages"])
    assert [entry["of"] for entry in case["scorers"]] == ["{{ output }}"]
    assert case["tags"] == ["attack", "indirect_injection"]
    assert case["critical"]
    assert {"campaign", "finding", "seed", "attack"} <= case["metadata"].keys()


def test_detectors_look_at_what_the_campaign_says(found, weak, lines):
    promote(weak.project, found("leaks_in_base64", *FEW["leaks_in_base64"], of="{{ output | trim }}")[:1], "attacks")
    assert [entry["of"] for entry in lines("attacks.jsonl")[0]["scorers"]] == ["{{ output | trim }}"]


def test_unseen_characters_stand_in_the_file_as_escapes(found, weak):
    findings = found("echoes_the_unseen", "terminal_escapes", ["zero_width"])
    promote(weak.project, findings, "attacks")
    assert (weak.root / "evals/attacks.jsonl").read_text(encoding="utf-8").isascii()


class TestASuiteThatIsThere:
    SUITE = """
        kind: suite
        # kept as it is
        chain: leaks_in_base64
        dataset: mine.jsonl
        scorers: [{contains: office, when: "{{ 'attack' not in tags }}", ignore_case: true}]
        gate: [passed >= 1]
        """
    MINE = '{"id": "mine",   "question": "When is the office open?"}'

    @pytest.fixture
    def mine(self, weak):
        """A suite that somebody wrote; its files."""
        return weak.write("evals/mine.yaml", self.SUITE), weak.write("evals/mine.jsonl", self.MINE)

    def test_keeps_what_somebody_wrote(self, found, weak, mine, outcome):
        suite, cases = mine
        before = suite.read_text()
        done = promote(weak.project, found("leaks_in_base64", *FEW["leaks_in_base64"]), "mine")
        assert (done.made, done.others) == (False, ("contains",))
        assert suite.read_text() == before
        assert cases.read_text().splitlines()[0] == self.MINE
        assert outcome("mine", "leaks_in_base64") == "fail"
        assert outcome("mine", "leaks_in_base64_hardened") == "pass"

    def test_has_every_attack_once(self, found, weak, lines):
        findings = found("leaks_in_base64", *FEW["leaks_in_base64"])
        first = promote(weak.project, findings, "attacks")
        again = promote(weak.project, findings, "attacks")
        assert (again.made, again.written, again.known) == (False, (), first.written)
        assert len(lines("attacks.jsonl")) == len(first.written)

    def test_keeps_a_case_that_was_changed_by_hand(self, found, weak, lines):
        findings = found("leaks_in_base64", *FEW["leaks_in_base64"])[:1]
        promote(weak.project, findings, "attacks")
        (case,) = lines("attacks.jsonl")
        file = weak.root / "evals/attacks.jsonl"
        for change in ({"scorers": ["refusal"]}, {"id": "renamed"}):
            file.write_text(changed := json.dumps({**case, **change}))
            assert promote(weak.project, findings, "attacks").written == ()
            assert file.read_text() == changed

    def test_of_another_chain_is_refused(self, found, weak, mine):
        with pytest.raises(UsageError, match="the suite tests leaks_in_base64, and the findings are of obeys_passages"):
            promote(weak.project, found("obeys_passages", *FEW["obeys_passages"]), "mine")

    def test_without_a_file_of_lines_is_refused(self, found, weak):
        weak.write("evals/mine.yaml", self.SUITE.replace("mine.jsonl", "[{question: When?}]"))
        with pytest.raises(UsageError, match="in no file of JSON Lines"):
            promote(weak.project, found("leaks_in_base64", *FEW["leaks_in_base64"]), "mine")


def test_cases_without_a_suite_are_left_alone(found, weak):
    weak.write("evals/attacks.jsonl", "{}")
    with pytest.raises(UsageError, match="there are cases by this name, and no suite"):
        promote(weak.project, found("leaks_in_base64", *FEW["leaks_in_base64"]), "attacks")


@pytest.mark.parametrize("name", ["../attacks", "", "a/b", ".hidden"])
def test_a_suite_has_a_plain_name(found, weak, name):
    with pytest.raises(UsageError, match="is no name of a suite"):
        promote(weak.project, found("leaks_in_base64", *FEW["leaks_in_base64"]), name)


def test_findings_are_of_one_chain_and_there(found, weak):
    with pytest.raises(ReferenceNotFound):
        promote(weak.project, ["0123456789ab"], "attacks")
    with pytest.raises(UsageError, match="nothing was found"):
        promote(weak.project, [], "attacks")
    findings = [found(chain, *FEW[chain])[0] for chain in ("leaks_in_base64", "obeys_passages")]
    with pytest.raises(UsageError, match="several chains: leaks_in_base64, obeys_passages"):
        promote(weak.project, findings, "attacks")
