"""Older names of the Orchestrator and its options."""

from axnb.service.orchestrator import Orchestrator as Scheduler
from axnb.service.orchestrator import OrchestratorOptions as SchedulerOptions

__all__ = ["Scheduler", "SchedulerOptions"]
