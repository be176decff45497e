"""The protocol of a runner, and the statuses that it tells."""

from axnb.record.trial import TrialStatus
from axnb.run.protocols import IRunner

__all__ = ["IRunner", "TrialStatus"]
