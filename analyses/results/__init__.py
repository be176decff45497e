"""What came out: trials, the best, trade-offs, feasibility, and whether to go on."""
