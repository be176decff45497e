"""A path of Ax for our choice of a strategy; nothing decides here."""

from axnb.service.utils.dispatch import choose_generation_strategy as choose_generation_strategy_legacy

__all__ = ["choose_generation_strategy_legacy"]
