"""axnb.store."""
