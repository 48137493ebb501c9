"""Running a campaign."""

from genops.fuzz.runner.opening import open_campaign, unfinished_campaign
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.progress import FuzzProgress
from genops.fuzz.runner.run import CampaignRunner
from genops.fuzz.runner.trying import Arena, Try

__all__ = [
    "Arena",
    "CampaignPlan",
    "CampaignRunner",
    "FuzzProgress",
    "Try",
    "open_campaign",
    "unfinished_campaign",
]
