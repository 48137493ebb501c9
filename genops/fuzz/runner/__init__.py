"""Running a campaign."""

from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.opening import continued_campaign, open_campaign, unfinished_campaign
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.progress import FuzzProgress
from genops.fuzz.runner.run import CampaignRunner
from genops.fuzz.runner.trying import Try

__all__ = [
    "Arena",
    "CampaignPlan",
    "CampaignRunner",
    "FuzzProgress",
    "Try",
    "continued_campaign",
    "open_campaign",
    "unfinished_campaign",
]
