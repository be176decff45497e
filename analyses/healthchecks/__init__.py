"""Checks that pass or ask for attention."""
