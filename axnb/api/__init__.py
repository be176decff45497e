"""axnb.api."""
