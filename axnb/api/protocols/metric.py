"""The protocol of a metric."""

from axnb.run.protocols import IMetric

__all__ = ["IMetric"]
