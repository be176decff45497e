"""axnb.record."""
