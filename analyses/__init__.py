"""Analyses: cards."""
