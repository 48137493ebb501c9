"""Servers under supervision: started, followed, found to be ready, watched, restarted, drained."""

from genops.serving.supervisor.plan import Pace, Plan, folder_of
from genops.serving.supervisor.standing import settle
from genops.serving.supervisor.supervisor import Supervisor, serve

__all__ = ["Pace", "Plan", "Supervisor", "folder_of", "serve", "settle"]
