"""Protocols that users implement, under the paths that they know."""

from axnb.api.protocols.metric import IMetric
from axnb.api.protocols.runner import IRunner

__all__ = ["IMetric", "IRunner"]
