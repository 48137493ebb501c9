"""From an alias's ``vllm`` block to a server's command line and environment, checked against the installed vLLM."""

from genops.serving.engine.command import FlagProblem, Launch, flag_problems, launch_of, served_name
from genops.serving.engine.flags import Flags, flags_of
from genops.serving.engine.installation import Installation, find_installation

__all__ = [
    "FlagProblem",
    "Flags",
    "Installation",
    "Launch",
    "find_installation",
    "flag_problems",
    "flags_of",
    "launch_of",
    "served_name",
]
