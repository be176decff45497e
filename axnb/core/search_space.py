"""A path of Ax for our classes of values; nothing decides here."""

from axnb.problem.space import SearchSpace
from axnb.surrogate.model_config import SearchSpaceDigest

__all__ = ["SearchSpace", "SearchSpaceDigest"]
