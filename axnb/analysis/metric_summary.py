"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import MetricSummary

__all__ = ["MetricSummary"]
