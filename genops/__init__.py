"""genops: versioned prompts and chains, run through a tracing executor.

The public names below are imported when first used, so that ``import genops`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
    from genops.chains import ChainBuilder, tool
    from genops.drift import check_drift, define_drift
    from genops.drift.descriptor import descriptor
    from genops.drift.two_sample import two_sample
    from genops.errors import GenopsError
    from genops.evals import Score, define_suite, evaluate, scorer
    from genops.executor import Chain, Project, RunOptions, RunResult, trace
    from genops.fuzz import Objective, Plant, Seed, Tags, Target, define_campaign, mutator, objective
    from genops.prompts import Prompt
    from genops.settings import Settings, load_settings
    from genops.tracing.trace import Trace

_PUBLIC = {
    "Chain": "genops.executor",
    "ChainBuilder": "genops.chains",
    "GenopsError": "genops.errors",
    "Objective": "genops.fuzz",
    "Plant": "genops.fuzz",
    "Project": "genops.executor",
    "Prompt": "genops.prompts",
    "RunOptions": "genops.executor",
    "RunResult": "genops.executor",
    "Score": "genops.evals",
    "Seed": "genops.fuzz",
    "Settings": "genops.settings",
    "Tags": "genops.fuzz",
    "Target": "genops.fuzz",
    "Trace": "genops.tracing.trace",
    "check_drift": "genops.drift",
    "define_campaign": "genops.fuzz",
    "define_drift": "genops.drift",
    "descriptor": "genops.drift.descriptor",
    "define_suite": "genops.evals",
    "evaluate": "genops.evals",
    "load_settings": "genops.settings",
    "mutator": "genops.fuzz",
    "objective": "genops.fuzz",
    "scorer": "genops.evals",
    "tool": "genops.chains",
    "trace": "genops.executor",
    "two_sample": "genops.drift.two_sample",
}

__all__ = [
    "Chain",
    "ChainBuilder",
    "GenopsError",
    "Objective",
    "Plant",
    "Project",
    "Prompt",
    "RunOptions",
    "RunResult",
    "Score",
    "Seed",
    "Settings",
    "Tags",
    "Target",
    "Trace",
    "check_drift",
    "define_campaign",
    "define_drift",
    "define_suite",
    "descriptor",
    "evaluate",
    "load_settings",
    "mutator",
    "objective",
    "scorer",
    "tool",
    "trace",
    "two_sample",
]

__getattr__ = late(__name__, _PUBLIC)
