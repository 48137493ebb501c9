"""Made-up labels: judges of known character on the same 160 pairs."""

import json
import random

CASES = 160


def pairs(seed=0, **judges):
    """Rows of a labels file; a judge is a function of (better, longer, place of the first text, random)."""
    random_ = random.Random(seed)
    rows = []
    for n in range(CASES):
        better, longer = random_.choice("12"), random_.choice("12")
        lengths = {"length_1": 200 if longer == "1" else 100, "length_2": 200 if longer == "2" else 100}
        for name, judge in judges.items():
            verdicts = {
                order: judge(better, longer, first, random_) for order, first in (("forward", "1"), ("swapped", "2"))
            }
            rows.append({"id": f"c{n}", "judge": name, "human": better, **verdicts, **lengths})
    return rows


def good(better, longer, first, random_):
    return better if random_.random() < 0.95 else other(better)


def coin(better, longer, first, random_):
    return random_.choice("12")


def front(better, longer, first, random_):
    return first if random_.random() < 0.6 else better


def long(better, longer, first, random_):
    return longer if random_.random() < 0.5 else better


def silent(better, longer, first, random_):
    return None if random_.random() < 0.3 else better


def contrary(better, longer, first, random_):
    return other(better) if random_.random() < 0.9 else better


def other(word):
    return {"1": "2", "2": "1"}[word]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
