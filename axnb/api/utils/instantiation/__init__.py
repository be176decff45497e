"""Configs to parameters."""
