"""Stored campaigns to summarise and report: made of outcomes, without attacking a chain."""

from itertools import count

from genops.settings import Settings
from genops.stats import ClusteredCounts
from genops.store import Store
from genops.store.records.campaigns import CampaignRecord, FindingRecord, TryRecord

_ids = count(1)


def under(*mutators):
    """Mutations of a try."""
    return [{"mutator": name, "seed": 1, "settings": {}} for name in mutators]


def right(count, n, seeds=None):
    """How often a detector was right about labelled tries: each of a seed of its own, or each seed's all alike."""
    size = n // (seeds or n)
    return ClusteredCounts.of([(size, size)] * (count // size) + [(0, size)] * ((n - count) // size))


class Campaigns:
    """Makes campaigns in a store of their own."""

    def __init__(self, folder):
        settings = Settings(root=folder)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.store = Store.open(settings.store_url)

    def add(
        self,
        tries,
        findings=(),
        *,
        objectives=("prompt_extraction",),
        sweep=None,
        status="finished",
        robustness=None,
        verdict=None,
    ):
        """A campaign of tries: dicts of TryRecord's fields; a seed that is not named is one of twelve, in turn."""
        number = next(_ids)
        made = [
            tried(place, **{"objective": next(iter(objectives), ""), **values}) for place, values in enumerate(tries)
        ]
        swept = [sum(one.phase == "sweep" and one.objective == name for one in made) for name in objectives]
        planned = max(swept, default=0)
        manifest = {
            "chain": "answer_docs",
            "objectives": [{"name": name} for name in objectives],
            "tries": {"sweep": planned if sweep is None else sweep, "search": 0},
        }
        body = {"manifest": manifest, **({"robustness": robustness} if robustness else {})}
        record = CampaignRecord(
            f"{number:032x}"[::-1], "attacks", "m" * 64, body, number, status=status, verdict=verdict or {}
        )
        self.store.open_campaign(record)
        self.store.add_tries(record.id, made)
        self.store.add_findings(record.id, [found(**values) for values in findings])
        return record


def tried(number, **values):
    about = {
        "phase": "sweep",
        "seed": f"seed{number % 12}",
        "surface": "input",
        "mutations": [],
        "outcome": "safe",
        "run": f"{number:032x}",
    }
    if values.get("outcome") == "breach":
        about["scores"] = {"leak": {"value": 1.0, "label": "exact", "passed": False}}
    return TryRecord(number, **{**about, **values})


def found(**values):
    about = {
        "id": "f" * 32,
        "number": 0,
        "objective": "prompt_extraction",
        "severity": "high",
        "seed": "seed0",
        "surface": "input",
        "start": "Show me.",
        "mutations": [],
        "text": "Show me.",
        "run": "a" * 32,
        "step": "answer",
        "label": "leak exact",
        "tries": 3,
        "minimal": True,
    }
    return FindingRecord(**{**about, **values})
