"""The protocol of a runner."""

from axnb.run.protocols import IRunner

__all__ = ["IRunner"]
