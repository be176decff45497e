"""axnb.surrogate."""
