"""Helpers for notebooks under the paths that users know."""
