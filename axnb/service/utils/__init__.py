"""Helpers of the older faces, under the paths that users know."""
