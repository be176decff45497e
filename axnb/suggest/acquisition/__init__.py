"""Acquisition functions: how much a point promises, and the one that the next suggestion maximises."""
