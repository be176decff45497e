"""axnb.suggest."""
