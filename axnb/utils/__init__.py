"""Helpers under the paths that users know."""
