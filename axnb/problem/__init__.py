"""axnb.problem."""
